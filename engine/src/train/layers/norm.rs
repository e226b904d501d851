//! RMS normalisation.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{lend, numbers};
use crate::ops::training::{rms_norm, rms_norm_backward};
use crate::train::parameter::Parameter;

/// Rows that one thread takes at a time. The gradient of the weights is summed by these chunks, in
/// order, so it does not depend on the threads.
const CHUNK: usize = 256;

/// (tokens, hidden) to the same.
pub struct NormOp {
    pub weight: Arc<Parameter>,
    pub eps: f32,
}

impl CustomOp1 for NormOp {
    fn name(&self) -> &'static str {
        "rms norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout)?;
        let mut out = vec![0.0; x.len()];
        self.weight.lend(0, |w| {
            out.par_chunks_mut(CHUNK * w.len()).zip(x.par_chunks(CHUNK * w.len())).for_each(|(out, x)| {
                for (x, out) in x.chunks_exact(w.len()).zip(out.chunks_exact_mut(w.len())) {
                    rms_norm(x, w, self.eps, out);
                }
            });
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        let shares = lend([x, dy], |[x, dy]| {
            self.weight.lend(0, |w| {
                let n = w.len();
                let chunks = dx.par_chunks_mut(CHUNK * n).zip(x.par_chunks(CHUNK * n)).zip(dy.par_chunks(CHUNK * n));
                let share = |((dx, x), dy): ((&mut [f32], &[f32]), &[f32])| {
                    let mut dw = vec![0.0; n];
                    let rows = x.chunks_exact(n).zip(dy.chunks_exact(n)).zip(dx.chunks_exact_mut(n));
                    rows.for_each(|((x, dy), dx)| rms_norm_backward(x, w, self.eps, dy, dx, &mut dw));
                    dw
                };
                chunks.map(share).collect::<Vec<_>>()
            })
        })?;
        if let Some(mut gradient) = self.weight.gradient(0) {
            shares.iter().for_each(|dw| gradient.iter_mut().zip(dw).for_each(|(g, d)| *g += d));
        }
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}
