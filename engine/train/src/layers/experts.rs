//! The mixture of experts, with its norm and the way around it: tokens are sorted by expert, and each expert multiplies one dense block.
//! An expert without tokens does nothing.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::norm::Norm;
use super::{Kept, Pass, numbers, with_weights};
use crate::kernels::{add_scaled, dot, swiglu, swiglu_backward};
use crate::profiler::Share;
use crate::projection::Projection;
use mixtral_engine::ops::ExpertAssignments;

#[derive(Clone, Debug)]
pub struct ExpertsLayer {
    /// w1
    pub gate: Projection,
    /// w3
    pub up: Projection,
    /// w2
    pub down: Projection,
}

/// (tokens, hidden) and the weights by place (slots) to (tokens, hidden).
pub struct ExpertsOp {
    pub norm: Norm,
    pub layer: ExpertsLayer,
    pub routes: Arc<ExpertAssignments>,
    pub pass: Pass,
    pub kept: Kept<Vec<Saved>>,
}

/// What one active expert computed: its inputs, and both halves before SwiGLU.
pub struct Saved {
    expert: usize,
    slots: Range<usize>,
    x: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
}

impl ExpertsOp {
    fn widths(&self) -> (usize, usize) {
        (self.layer.gate.cols(), self.layer.gate.rows())
    }

    fn work(&self) -> usize {
        let (hidden, ffn) = self.widths();
        self.routes.tokens().len() * hidden * ffn * 3
    }

    /// The rows of `x` at an expert's slots.
    fn gather(&self, x: &[f32], slots: Range<usize>) -> Vec<f32> {
        let hidden = self.widths().0;
        let mut out = Vec::with_capacity(slots.len() * hidden);
        for &token in &self.routes.tokens()[slots] {
            out.extend_from_slice(&x[token as usize * hidden..][..hidden]);
        }
        out
    }

    /// What an expert computes before SwiGLU, for its tokens.
    fn enter(&self, normed: &[f32], expert: usize, slots: Range<usize>) -> Saved {
        let (x, first, len) = (self.gather(normed, slots.clone()), slots.start, slots.len());
        let ffn = self.widths().1;
        let (mut gate, mut up) = (vec![0.0; len * ffn], vec![0.0; len * ffn]);
        self.layer.gate.forward(expert, &x, first, self.pass.drops, &mut gate);
        self.layer.up.forward(expert, &x, first, self.pass.drops, &mut up);
        Saved { expert, slots, x, gate, up }
    }

    /// Adds up each token's slots, in order of weight.
    fn combine(&self, rows: &[&[f32]], starts: &[usize], weight: impl Fn(usize) -> f32 + Sync, out: &mut [f32]) {
        let hidden = self.widths().0;
        let slots: Vec<&[usize]> = self.routes.slots().collect();
        out.par_chunks_mut(hidden).zip(slots).with_min_len(128).for_each(|(out, slots)| {
            for &place in slots {
                // The expert whose block holds the place.
                let block = starts.partition_point(|&s| s <= place) - 1;
                add_scaled(out, weight(place), &rows[block][(place - starts[block]) * hidden..][..hidden]);
            }
        });
    }

    fn forward(&self, input: &[f32], weights: &[f32]) -> Vec<f32> {
        let (hidden, ffn) = self.widths();
        let normed = self.norm.forward(input);
        let active: Vec<_> = self.routes.active().collect();
        let done: Vec<(Saved, Vec<f32>)> = active
            .into_par_iter()
            .with_max_len(1)
            .map(|(expert, slots)| {
                let saved = self.enter(&normed, expert, slots);
                let (first, len) = (saved.slots.start, saved.slots.len());
                let mut a = vec![0.0; len * ffn];
                swiglu(&saved.gate, &saved.up, &mut a);
                let mut y = vec![0.0; len * hidden];
                self.layer.down.forward(expert, &a, first, self.pass.drops, &mut y);
                (saved, y)
            })
            .collect();
        // The way around the experts: their results are added to the input.
        let mut out = input.to_vec();
        let (rows, starts): (Vec<&[f32]>, Vec<usize>) = done.iter().map(|(s, y)| (y.as_slice(), s.slots.start)).unzip();
        self.combine(&rows, &starts, |place| weights[place], &mut out);
        if self.pass.keeps() {
            self.kept.put(done.into_iter().map(|(saved, _)| saved).collect());
        }
        out
    }

    /// The gradients of one expert: of its inputs, and of its slots' weights.
    fn backward(&self, saved: Saved, weights: &[f32], dy: &[f32]) -> (usize, Vec<f32>, Vec<f32>) {
        let (hidden, ffn) = self.widths();
        let drops = self.pass.drops;
        let l = &self.layer;
        let Saved { expert, slots, x, mut gate, mut up } = saved;
        let (first, weights) = (slots.start, &weights[slots.clone()]);
        let mut a = vec![0.0; gate.len()];
        swiglu(&gate, &up, &mut a);
        // The output was weight * down(a): the weight's gradient is <dy, down(a)> = <dy . W2, a>.
        let mut dy = self.gather(dy, slots);
        let mut da = vec![0.0; gate.len()];
        l.down.input_gradient(expert, &dy, first, drops, 0.0, &mut da);
        let dw = da.chunks_exact(ffn).zip(a.chunks_exact(ffn)).map(|(d, a)| dot(d, a)).collect();
        for ((dy, da), w) in dy.chunks_exact_mut(hidden).zip(da.chunks_exact_mut(ffn)).zip(weights) {
            crate::kernels::scale(dy, *w);
            crate::kernels::scale(da, *w);
        }
        l.down.weight_gradient(expert, &a, &dy, first, drops, 1);
        swiglu_backward(&mut gate, &mut up, &da);
        let mut dx = dy; // its contents are done with; the size is right
        l.gate.input_gradient(expert, &gate, first, drops, 0.0, &mut dx);
        l.up.input_gradient(expert, &up, first, drops, 1.0, &mut dx);
        l.gate.weight_gradient(expert, &x, &gate, first, drops, 1);
        l.up.weight_gradient(expert, &x, &up, first, drops, 1);
        (first, dx, dw)
    }
}

impl CustomOp2 for ExpertsOp {
    fn name(&self) -> &'static str {
        "experts"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, w: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, w) = (numbers(x, lx)?, numbers(w, lw)?);
        let out = self.pass.profiler.time(Share::Experts, self.work(), || self.forward(x, w));
        Ok((CpuStorage::F32(out), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, dy: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let kept = if self.pass.recomputes { None } else { Some(self.kept.take()?) };
        let mut dw = vec![0.0; w.elem_count()];
        let work = 2 * self.work() + if kept.is_some() { 0 } else { self.work() * 2 / 3 };
        let dx = with_weights([x, w, dy], |[x, w, dy]| {
            self.pass.profiler.time(Share::Experts, work, || {
                let done: Vec<_> = match kept {
                    Some(kept) => {
                        kept.into_par_iter().with_max_len(1).map(|saved| self.backward(saved, w, dy)).collect()
                    }
                    None => {
                        let normed = self.norm.forward(x);
                        let active: Vec<_> = self.routes.active().collect();
                        let again = |(expert, slots)| self.backward(self.enter(&normed, expert, slots), w, dy);
                        active.into_par_iter().with_max_len(1).map(again).collect()
                    }
                };
                for (first, _, share) in &done {
                    dw[*first..first + share.len()].copy_from_slice(share);
                }
                let (rows, starts): (Vec<&[f32]>, Vec<usize>) =
                    done.iter().map(|(first, dx, _)| (dx.as_slice(), *first)).unzip();
                let mut dn = vec![0.0; x.len()];
                self.combine(&rows, &starts, |_| 1.0, &mut dn);
                self.norm.backward_around(x, &dn, dy)
            })
        })?;
        Ok((Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?), Some(Tensor::from_vec(dw, w.shape(), &Device::Cpu)?)))
    }
}

/// The router's logits (tokens, experts) to the weight of each place (slots).
pub struct RouteWeights {
    pub routes: Arc<ExpertAssignments>,
}

impl CustomOp1 for RouteWeights {
    fn name(&self) -> &'static str {
        "route weights"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        let weights = self.routes.weights().to_vec();
        let shape = weights.len().into();
        Ok((CpuStorage::F32(weights), shape))
    }

    /// The weights are a softmax over the chosen logits; the others have no part in them.
    fn bwd(&self, logits: &Tensor, _: &Tensor, dw: &Tensor) -> Result<Option<Tensor>> {
        let experts = logits.dim(1)?;
        let mut dl = vec![0.0; logits.elem_count()];
        let mut expert_of = vec![0; self.routes.tokens().len()];
        self.routes.active().for_each(|(e, slots)| expert_of[slots].fill(e));
        with_weights([dw], |[dw]| {
            let w = self.routes.weights();
            for (dl, slots) in dl.chunks_exact_mut(experts).zip(self.routes.slots()) {
                let mean: f32 = slots.iter().map(|&p| w[p] * dw[p]).sum();
                slots.iter().for_each(|&p| dl[expert_of[p]] = w[p] * (dw[p] - mean));
            }
        })?;
        Ok(Some(Tensor::from_vec(dl, logits.shape(), &Device::Cpu)?))
    }
}
