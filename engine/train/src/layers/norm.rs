//! RMS normalisation.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{numbers, with_weights};
use crate::kernels::{add_scaled, rms_norm, rms_norm_backward};
use crate::parameter::Parameter;

/// Rows that one thread takes at a time. The gradient of the weights is summed by these chunks, in
/// order, so it does not depend on the threads.
const CHUNK: usize = 256;

/// (tokens, hidden) to the same. By itself it is an operation on the tape; other operations begin with one.
#[derive(Clone, Debug)]
pub struct Norm {
    pub weight: Arc<Parameter>,
    pub eps: f32,
}

impl Norm {
    /// Rows of unit mean square, weighed.
    pub fn forward(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        self.weight.with_weights(0, |w| {
            out.par_chunks_mut(CHUNK * w.len()).zip(x.par_chunks(CHUNK * w.len())).for_each(|(out, x)| {
                for (x, out) in x.chunks_exact(w.len()).zip(out.chunks_exact_mut(w.len())) {
                    rms_norm(x, w, self.eps, out);
                }
            });
        });
        out
    }

    /// The gradient of the input; that of the weights is added to theirs.
    pub fn backward(&self, x: &[f32], dy: &[f32]) -> Vec<f32> {
        let mut dx = vec![0.0; x.len()];
        let shares: Vec<Vec<f32>> = self.weight.with_weights(0, |w| {
            let n = w.len();
            let chunks = dx.par_chunks_mut(CHUNK * n).zip(x.par_chunks(CHUNK * n)).zip(dy.par_chunks(CHUNK * n));
            let share = |((dx, x), dy): ((&mut [f32], &[f32]), &[f32])| {
                let mut dw = vec![0.0; n];
                let rows = x.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n));
                rows.for_each(|((x, dy), dx)| rms_norm_backward(x, w, self.eps, dy, dx, &mut dw));
                dw
            };
            chunks.map(share).collect()
        });
        if let Some(mut gradient) = self.weight.gradient(0) {
            shares.iter().for_each(|dw| gradient.iter_mut().zip(dw).for_each(|(g, d)| *g += d));
        }
        dx
    }

    /// [`Self::backward`] of a sub-layer's norm with the way around it: `dx = norm'(dn) + dy`.
    pub fn backward_around(&self, x: &[f32], dn: &[f32], dy: &[f32]) -> Vec<f32> {
        let mut dx = self.backward(x, dn);
        add_rows(&mut dx, dy);
        dx
    }
}

/// `out += x`, on all threads. (Candle's own sum waits in a loop for threads of its own, which costs dearly on a busy
/// machine.)
pub fn add_rows(out: &mut [f32], x: &[f32]) {
    const PART: usize = 1 << 14;
    out.par_chunks_mut(PART).zip(x.par_chunks(PART)).for_each(|(out, x)| add_scaled(out, 1.0, x));
}

impl CustomOp1 for Norm {
    fn name(&self) -> &'static str {
        "rms norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        Ok((CpuStorage::F32(self.forward(numbers(storage, layout)?)), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let dx = with_weights([x, dy], |[x, dy]| self.backward(x, dy))?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}
