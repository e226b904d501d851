//! Output layer and cross-entropy in one: the logits of a chunk of tokens live only as long as it
//! takes to turn them into gradients, so nothing of the vocabulary's width outlasts its chunk.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{Kept, Pass, numbers};
use crate::kernels::cross_entropy;
use crate::profiler::Share;
use crate::projection::{DropoutKey, Projection};
use mixtral_engine::ops::gemm::{Mat, gemm};

/// Tokens whose logits exist at one time, in parts of which each is one thread's.
const CHUNK: usize = 512;
const PART: usize = 128;

/// Where the loss itself is told: its sum over the targets.
pub type LossSum = Arc<Mutex<f64>>;

/// What the losses of targets are multiplied by before they are summed.
#[derive(Clone, Debug)]
pub enum TargetWeights {
    /// All by one number: 1 / targets of the whole step.
    Same(f32),
    /// Each by that of its input.
    Each(Vec<f32>),
}

impl TargetWeights {
    fn at(&self, input: usize) -> f32 {
        match self {
            Self::Same(weight) => *weight,
            Self::Each(weights) => weights[input],
        }
    }
}

/// (tokens, hidden) to the sum of weighed losses: one number, which must be the root of the backward
/// pass or enter it by a plain sum, for its gradients are computed on the way forward.
pub struct LossOp {
    pub output: Projection,
    pub targets: Arc<Vec<Option<u32>>>,
    pub weights: TargetWeights,
    pub sum: LossSum,
    pub pass: Pass,
    pub kept: Kept<Vec<f32>>,
}

impl LossOp {
    /// The sum of all losses, and of what each weighs.
    fn forward(&self, x: &[f32]) -> (f64, f64) {
        let hidden = self.output.cols();
        let rows: Vec<(usize, usize)> =
            self.targets.iter().enumerate().filter_map(|(at, t)| Some((at, (*t)? as usize))).collect();
        let mut dx = if self.pass.has_loss { vec![0.0; x.len()] } else { Vec::new() };
        let (mut total, mut weighed) = (0f64, 0f64);
        for chunk in rows.chunks(CHUNK) {
            let mut inputs = Vec::with_capacity(chunk.len() * hidden);
            chunk.iter().for_each(|(at, _)| inputs.extend_from_slice(&x[at * hidden..][..hidden]));
            let (sums, gradient) = self.chunk(&inputs, chunk);
            total += sums.0;
            weighed += sums.1;
            for ((at, _), d) in chunk.iter().zip(gradient.chunks_exact(hidden)) {
                dx[at * hidden..][..hidden].copy_from_slice(d);
            }
        }
        if self.pass.has_loss {
            self.kept.put(dx);
        }
        (total, weighed)
    }

    /// The sums of losses of some tokens, and the gradients of their inputs (nothing when evaluating).
    fn chunk(&self, x: &[f32], targets: &[(usize, usize)]) -> ((f64, f64), Vec<f32>) {
        let (rows, cols) = (self.output.rows(), self.output.cols());
        let has_loss = self.pass.has_loss;
        let mut logits = vec![0.0; targets.len() * rows];
        let mut dx = if has_loss { vec![0.0; x.len()] } else { Vec::new() };
        let places: Vec<&mut [f32]> = if has_loss {
            dx.chunks_mut(PART * cols).collect()
        } else {
            targets.chunks(PART).map(|_| Default::default()).collect()
        };
        // Lent once for all parts: weights that are kept quantised are made plain once a chunk. No adapter stands here.
        let sums: Vec<(f64, f64)> = self.output.weight.with_weights(0, |w| {
            logits
                .par_chunks_mut(PART * rows)
                .zip(x.par_chunks(PART * cols))
                .zip(targets.par_chunks(PART))
                .zip(places)
                .map(|(((logits, x), targets), dx)| {
                    gemm(1.0, Mat::new(x, cols), Mat::new(w, cols).t(), 0.0, logits, rows);
                    let losses = logits
                        .chunks_exact_mut(rows)
                        .zip(targets)
                        .map(|(row, (at, target))| {
                            let weight = self.weights.at(*at);
                            let loss = f64::from(cross_entropy(row, *target, weight));
                            (loss, loss * f64::from(weight))
                        })
                        .fold((0.0, 0.0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
                    if has_loss {
                        gemm(1.0, Mat::new(logits, rows), Mat::new(w, cols), 0.0, dx, cols);
                    }
                    losses
                })
                .collect()
        });
        if has_loss {
            self.output.weight_gradient(0, x, &logits, 0, DropoutKey::default(), 8);
        }
        (sums.iter().fold((0.0, 0.0), |sum, next| (sum.0 + next.0, sum.1 + next.1)), dx)
    }
}

impl CustomOp1 for LossOp {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout)?;
        let targets = self.targets.iter().flatten().count();
        let work = targets * self.output.weight.len() * if self.pass.has_loss { 3 } else { 1 };
        let (sum, weighed) = self.pass.profiler.time(Share::Loss, work, || self.forward(x));
        *self.sum.lock().unwrap_or_else(PoisonError::into_inner) += sum;
        Ok((CpuStorage::F32(vec![weighed as f32]), Shape::from(())))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, d: &Tensor) -> Result<Option<Tensor>> {
        if d.to_scalar::<f32>()? != 1.0 {
            candle_core::bail!("the loss must be the root of the backward pass")
        }
        Ok(Some(Tensor::from_vec(self.kept.take()?, x.shape(), &Device::Cpu)?))
    }
}

/// The loss of every input that has a target, with its place; nothing is kept for gradients. `x`: (tokens, hidden).
pub fn losses(output: &Projection, targets: &[Option<u32>], x: &[f32]) -> Vec<(usize, f32)> {
    let (rows, cols) = (output.rows(), output.cols());
    let with: Vec<(usize, usize)> =
        targets.iter().enumerate().filter_map(|(at, target)| Some((at, (*target)? as usize))).collect();
    let mut out = Vec::with_capacity(with.len());
    for chunk in with.chunks(CHUNK) {
        let parts: Vec<Vec<(usize, f32)>> = output.weight.with_weights(0, |w| {
            let part = |part: &[(usize, usize)]| {
                let inputs: Vec<f32> = part.iter().flat_map(|(at, _)| &x[at * cols..][..cols]).copied().collect();
                let mut logits = vec![0.0; part.len() * rows];
                gemm(1.0, Mat::new(&inputs, cols), Mat::new(w, cols).t(), 0.0, &mut logits, rows);
                let rows = logits.chunks_exact_mut(rows).zip(part);
                rows.map(|(row, (at, target))| (*at, cross_entropy(row, *target, 0.0))).collect()
            };
            chunk.par_chunks(PART).map(part).collect()
        });
        out.extend(parts.into_iter().flatten());
    }
    out
}

/// The logits themselves: (tokens, hidden) to (tokens, vocabulary).
pub fn logits(output: &Projection, x: &Tensor) -> Result<Tensor> {
    let tokens = x.dim(0)?;
    let mut out = vec![0.0; tokens * output.rows()];
    super::with_weights([x], |[x]| {
        output.forward_wide(x, DropoutKey::default(), &mut out);
    })?;
    Tensor::from_vec(out, (tokens, output.rows()), &Device::Cpu)
}
