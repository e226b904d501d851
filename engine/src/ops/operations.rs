//! Each operation once for its callers, whichever set computes it.

use candle_core::{Device, Tensor};

use super::assignments::ExpertAssignments;
use super::backend::{Backend, cache_type};
use super::batch::Batch;
use super::cpu;
use super::host::{check_finite, check_normalised, read, scatter, write};
use super::matrix::{Expert, Matrix};
use super::reference;
use crate::error::Result;

impl Backend {
    /// The rows of `weights` that `ids` name: (ids, cols).
    pub fn embed(self, weights: &Matrix, ids: &[u32], device: &Device) -> Result<Tensor> {
        weights.select(ids, device)
    }

    /// `x . weights^T`: (tokens, cols) to (tokens, rows).
    pub fn linear(self, weights: &Matrix, x: &Tensor) -> Result<Tensor> {
        weights.multiply(x)
    }

    /// `x / sqrt(mean(x^2) + eps) * weight`, row by row.
    pub fn rms_norm(self, x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
        check_normalised(x)?;
        match self {
            Self::Reference => reference::rms_norm(x, weight, eps),
            Self::Kernels => write(x.dims(), |out| read([x, weight], |[x, weight]| cpu::rms_norm(x, weight, eps, out))),
        }
    }

    /// Rotates neighbouring pairs. `x`: (tokens, heads, dim); `cos`, `sin`: (tokens, dim / 2).
    pub fn rope(self, x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
        let (_, heads, dim) = x.dims3()?;
        match self {
            Self::Reference => reference::rope(x, cos, sin),
            Self::Kernels => write(x.dims(), |out| {
                read([x, cos, sin], |[x, cos, sin]| {
                    out.copy_from_slice(x);
                    cpu::rope(out, heads, dim, cos, sin);
                })
            }),
        }
    }

    /// Writes `rows` (tokens, kv heads, dim) into the batch's slots of `cache`
    /// (slots, kv heads, dim).
    pub fn write_kv(self, cache: &Tensor, rows: &Tensor, batch: &Batch<'_>) -> Result<()> {
        match self {
            Self::Reference => reference::write_kv(cache, rows, batch),
            Self::Kernels => scatter(cache, rows, &batch.plan().slots),
        }
    }

    /// Causal attention of each sequence over its cached context; several query heads share a key
    /// head. `q`: (tokens, query heads, dim); result: (tokens, query heads * dim).
    pub fn attention(
        self,
        q: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        batch: &Batch<'_>,
        scale: f32,
    ) -> Result<Tensor> {
        let (tokens, query, dim) = q.dims3()?;
        let heads = cpu::Heads { query, kv: keys.dim(1)?, dim };
        match self {
            Self::Reference => reference::attention(q, keys, values, batch, scale),
            Self::Kernels => write(&[tokens, query * dim], |out| {
                read([q, keys, values], |[q, keys, values]| {
                    cpu::attention(&cpu::Inputs { q, keys, values, heads, scale }, batch, out);
                })
            }),
        }
    }

    /// Sends each token through its `top` best experts and adds up what they say, weighted.
    /// `x`: (tokens, hidden); `router`: (tokens, experts), before softmax.
    pub fn experts(self, x: &Tensor, router: &Tensor, top: usize, experts: &[Expert]) -> Result<Tensor> {
        check_finite("an expert's input", x)?;
        check_finite("what the router says", router)?;
        match self {
            Self::Reference => reference::experts(x, router, top, experts),
            Self::Kernels => {
                let dense = experts.iter().map(Expert::dense).collect::<Result<Vec<_>>>()?;
                write(x.dims(), |out| {
                    read([x, router], |[x, router]| {
                        let routes = ExpertAssignments::new(router, dense.len(), top);
                        cpu::experts(x, &routes, &dense, out)
                    })?
                })
            }
        }
    }

    /// An empty cache for keys or values.
    pub fn cache(self, slots: usize, heads: usize, dim: usize, device: &Device) -> Result<Tensor> {
        Ok(Tensor::zeros((slots, heads, dim), cache_type(device), device)?)
    }
}
