//! The load-balancing loss of the Switch Transformer (arXiv 2101.03961, 2.2) in the form that
//! `MixtralForCausalLM` computes with `output_router_logits`: over the tokens of all layers at once.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

use super::{numbers, with_weights};
use crate::kernels::softmax;

/// (layers * tokens, experts) of router logits to one number: `experts * sum_e(share_e * mean_e)`,
/// where `share_e` tells how often `e` was chosen and `mean_e` its mean probability. Even load makes
/// it as small as can be: the number of experts that work on each token.
pub struct Balance {
    /// How often each expert was chosen, over the tokens of all layers.
    pub shares: Vec<f32>,
}

impl CustomOp1 for Balance {
    fn name(&self) -> &'static str {
        "load balance"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let logits = numbers(storage, layout)?;
        let experts = self.shares.len();
        let rows = (logits.len() / experts) as f64;
        let mut total = 0f64;
        let mut row = vec![0.0; experts];
        for logits in logits.chunks_exact(experts) {
            row.copy_from_slice(logits);
            softmax(&mut row);
            total += row.iter().zip(&self.shares).map(|(p, s)| f64::from(p * s)).sum::<f64>();
        }
        Ok((CpuStorage::F32(vec![(total / rows * experts as f64) as f32]), Shape::from(())))
    }

    /// The choice itself has no gradient.
    fn bwd(&self, logits: &Tensor, _: &Tensor, d: &Tensor) -> Result<Option<Tensor>> {
        let experts = self.shares.len();
        let mut dl = vec![0.0; logits.elem_count()];
        with_weights([logits, d], |[logits, d]| {
            let factor = d[0] * experts as f32 / (logits.len() / experts) as f32;
            for (row, logits) in dl.chunks_exact_mut(experts).zip(logits.chunks_exact(experts)) {
                row.copy_from_slice(logits);
                softmax(row);
                let mean: f32 = row.iter().zip(&self.shares).map(|(p, s)| p * s).sum();
                row.iter_mut().zip(&self.shares).for_each(|(p, s)| *p *= factor * (s - mean));
            }
        })?;
        Ok(Some(Tensor::from_vec(dl, logits.shape(), &Device::Cpu)?))
    }
}
