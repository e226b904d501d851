//! Grouped-query attention over the paged cache.

use candle_core::Tensor;

use super::kv_cache::LayerCache;
use crate::error::Result;
use crate::ops::{self, Batch, Matrix};

/// One layer's attention.
#[derive(Debug)]
pub struct Attention {
    /// (heads * dim, hidden); rows in the order of interleaved rotary pairs, as GGUF has them
    pub q: Matrix,
    /// (kv heads * dim, hidden); the same order
    pub k: Matrix,
    /// (kv heads * dim, hidden)
    pub v: Matrix,
    /// (hidden, heads * dim)
    pub output: Matrix,
    pub heads: usize,
    pub kv_heads: usize,
    pub dim: usize,
}

impl Attention {
    /// (tokens, hidden) to the same. Keys and values of the batch enter the cache first, so that
    /// its tokens see themselves and each other.
    pub fn forward(
        &self,
        x: &Tensor,
        (cos, sin): (&Tensor, &Tensor),
        batch: &Batch<'_>,
        cache: &LayerCache,
    ) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let q = ops::linear(&self.q, x)?.reshape((tokens, self.heads, self.dim))?;
        let k = ops::linear(&self.k, x)?.reshape((tokens, self.kv_heads, self.dim))?;
        let v = ops::linear(&self.v, x)?.reshape((tokens, self.kv_heads, self.dim))?;
        let q = ops::rope(&q, cos, sin)?;
        let k = ops::rope(&k, cos, sin)?;
        ops::write_kv(&cache.keys, &k, batch)?;
        ops::write_kv(&cache.values, &v, batch)?;
        let scale = 1.0 / (self.dim as f32).sqrt();
        let y = ops::attention(&q, &cache.keys, &cache.values, batch, scale)?; // (tokens, heads * dim)
        ops::linear(&self.output, &y)
    }
}
