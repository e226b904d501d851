//! The router: each token's logits for the experts, norm included.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

use super::norm::Norm;
use super::{Kept, Pass, numbers, with_weights};
use crate::projection::Projection;

/// (tokens, hidden) to (tokens, experts).
pub struct RouterOp {
    pub norm: Norm,
    pub projection: Projection,
    pub pass: Pass,
    /// the normed inputs
    pub kept: Kept<Vec<f32>>,
}

impl CustomOp1 for RouterOp {
    fn name(&self) -> &'static str {
        "router"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let normed = self.norm.forward(numbers(storage, layout)?);
        let (rows, tokens) = (self.projection.rows(), normed.len() / self.projection.cols());
        let mut out = vec![0.0; tokens * rows];
        self.projection.forward_wide(&normed, self.pass.drops, &mut out);
        if self.pass.keeps() {
            self.kept.put(normed);
        }
        Ok((CpuStorage::F32(out), (tokens, rows).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let kept = if self.pass.recomputes { None } else { Some(self.kept.take()?) };
        let dx = with_weights([x, dy], |[x, dy]| {
            let normed = kept.unwrap_or_else(|| self.norm.forward(x));
            let mut dn = vec![0.0; x.len()];
            self.projection.input_gradient_wide(dy, self.pass.drops, 0.0, &mut dn);
            self.projection.weight_gradient_wide(&normed, dy, self.pass.drops);
            self.norm.backward(x, &dn)
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}
