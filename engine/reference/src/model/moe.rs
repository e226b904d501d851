//! The mixture of experts.

use candle_core::Tensor;

use crate::error::Result;
use crate::ops::{self, Expert, Matrix};

/// One layer's experts and the router that chooses among them.
#[derive(Debug)]
pub struct Moe {
    /// (experts, hidden)
    pub router: Matrix,
    pub experts: Vec<Expert>,
    pub top: usize,
}

impl Moe {
    /// (tokens, hidden) to the same.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let router = ops::linear(&self.router, x)?; // (tokens, experts)
        ops::experts(x, &router, self.top, &self.experts)
    }
}
