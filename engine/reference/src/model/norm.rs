//! RMS normalisation.

use candle_core::Tensor;

use crate::error::Result;
use crate::ops;

/// A norm's weights.
#[derive(Debug)]
pub struct Norm {
    /// (hidden)
    pub weight: Tensor,
    pub eps: f32,
}

impl Norm {
    /// (tokens, hidden) to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(x, &self.weight, self.eps)
    }
}
