//! A plain product with a weight matrix: the router.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

use super::{Pass, lend, numbers};
use crate::train::projection::Projection;

/// (tokens, cols) to (tokens, rows).
pub struct LinearOp {
    pub projection: Projection,
    pub pass: Pass,
}

impl CustomOp1 for LinearOp {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout)?;
        let (rows, tokens) = (self.projection.rows(), x.len() / self.projection.cols());
        let mut out = vec![0.0; tokens * rows];
        self.projection.forward_wide(x, self.pass.drops, &mut out);
        Ok((CpuStorage::F32(out), (tokens, rows).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0.0; x.elem_count()];
        lend([x, dy], |[x, dy]| {
            self.projection.input_gradient_wide(dy, self.pass.drops, 0.0, &mut dx);
            self.projection.weight_gradient_wide(x, dy, self.pass.drops);
        })?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), &Device::Cpu)?))
    }
}
