//! Every operation in candle's own: readable, slow, right.

use candle_core::{D, DType, Device, Tensor};
use mixtral_engine::arch::Rope;
use mixtral_engine::ops::ExpertAssignments;

use super::batch::Batch;
use super::host::{check_finite, check_normalised};
use super::matrix::{Expert, Matrix};
use crate::error::Result;

/// The rows of `weights` that `ids` name: (ids, cols).
pub fn embed(weights: &Matrix, ids: &[u32], device: &Device) -> Result<Tensor> {
    weights.select(ids, device)
}

/// `x . weights^T`: (tokens, cols) to (tokens, rows).
pub fn linear(weights: &Matrix, x: &Tensor) -> Result<Tensor> {
    weights.multiply(x)
}

/// `x / sqrt(mean(x^2) + eps) * weight`, row by row.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    check_normalised(x)?;
    let mean = x.sqr()?.mean_keepdim(D::Minus1)?; // (tokens, 1)
    Ok(x.broadcast_div(&(mean + f64::from(eps))?.sqrt()?)?.broadcast_mul(weight)?)
}

/// Rotates neighbouring pairs. `x`: (tokens, heads, dim); `cos`, `sin`: (tokens, dim / 2).
pub fn rope(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let (tokens, heads, dim) = x.dims3()?;
    let pairs = x.reshape((tokens, heads, dim / 2, 2))?;
    let (a, b) = (pairs.narrow(3, 0, 1)?, pairs.narrow(3, 1, 1)?); // (tokens, heads, dim / 2, 1)
    let angle = |t: &Tensor| t.reshape((tokens, 1, dim / 2, 1));
    let (cos, sin) = (angle(cos)?, angle(sin)?);
    let first = (a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?;
    let second = (a.broadcast_mul(&sin)? + b.broadcast_mul(&cos)?)?;
    Ok(Tensor::cat(&[first, second], 3)?.reshape((tokens, heads, dim))?)
}

/// Cosines and sines for a batch of positions: twice (tokens, dim / 2).
///
/// # Errors
/// The device has no room for them.
pub fn angles(rope: &Rope, positions: &[u32], device: &Device) -> candle_core::Result<(Tensor, Tensor)> {
    let (cos, sin) = rope.angles(positions);
    let on = |numbers: Vec<f32>| {
        let pairs = numbers.len() / positions.len().max(1);
        Tensor::from_vec(numbers, (positions.len(), pairs), device)
    };
    Ok((on(cos)?, on(sin)?))
}

/// Writes rows (tokens, kv heads, dim) into their slots of (slots, kv heads, dim).
pub fn write_kv(cache: &Tensor, rows: &Tensor, batch: &Batch<'_>) -> Result<()> {
    let slots = batch.slots();
    let index = slots.reshape((slots.elem_count(), 1, 1))?.broadcast_as(rows.shape())?.contiguous()?;
    Ok(cache.scatter_set(&index, &rows.to_dtype(cache.dtype())?.contiguous()?, 0)?)
}

/// Causal attention of each sequence over its cached context; several query heads share a key head.
/// `q`: (tokens, query heads, dim); `keys`, `values`: (slots, kv heads, dim); result: (tokens, query heads * dim).
pub fn attention(q: &Tensor, keys: &Tensor, values: &Tensor, batch: &Batch<'_>, scale: f32) -> Result<Tensor> {
    let (_, heads, dim) = q.dims3()?;
    let kv = keys.dim(1)?;
    let group = heads / kv;
    let mut outs = Vec::with_capacity(batch.sequences().len());
    for (span, slots) in batch.sequences() {
        let (len, context) = (span.len, span.context);
        let read = |store: &Tensor| store.index_select(slots, 0)?.to_dtype(DType::F32)?.transpose(0, 1)?.contiguous();
        let (k, v) = (read(keys)?, read(values)?); // (kv, context, dim)
        let q = q.narrow(0, span.start, len)?.reshape((len, kv, group, dim))?;
        let q = q.permute((1, 2, 0, 3))?.reshape((kv, group * len, dim))?;
        let scores = (q.contiguous()?.matmul(&k.transpose(1, 2)?.contiguous()?)? * f64::from(scale))?;
        let scores = scores.reshape((kv, group, len, context))?.broadcast_add(&mask(len, context, q.device())?)?;
        let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        let out = weights.reshape((kv, group * len, context))?.matmul(&v)?;
        let out = out.reshape((kv, group, len, dim))?.permute((2, 0, 1, 3))?;
        outs.push(out.reshape((len, heads * dim))?);
    }
    Ok(Tensor::cat(&outs, 0)?)
}

/// (len, context): 0 where a token may look, minus infinity where the future is.
fn mask(len: usize, context: usize, device: &Device) -> candle_core::Result<Tensor> {
    let past = context - len;
    let mask: Vec<f32> =
        (0..len).flat_map(|i| (0..context).map(move |p| if p <= past + i { 0.0 } else { f32::NEG_INFINITY })).collect();
    Tensor::from_vec(mask, (len, context), device)
}

/// Sends each token through its `top` best experts and adds up what they say, weighted.
/// `x`: (tokens, hidden); `router`: (tokens, experts), before softmax.
pub fn experts(x: &Tensor, router: &Tensor, top: usize, experts: &[Expert]) -> Result<Tensor> {
    check_finite("an expert's input", x)?;
    check_finite("what the router says", router)?;
    let device = x.device();
    // The counts decide which products run, so they must be known on this side.
    let logits = router.flatten_all()?.to_vec1::<f32>()?;
    let routes = ExpertAssignments::new(&logits, experts.len(), top);
    let mut out = x.zeros_like()?;
    for (expert, slots) in routes.active() {
        let tokens = Tensor::from_slice(&routes.tokens()[slots.clone()], slots.len(), device)?;
        let weights = Tensor::from_slice(&routes.weights()[slots.clone()], (slots.len(), 1), device)?;
        let expert = &experts[expert];
        let x = x.index_select(&tokens, 0)?; // (slots, hidden)
        let inner = (linear(&expert.gate, &x)?.silu()? * linear(&expert.up, &x)?)?; // (slots, ffn)
        let y = linear(&expert.down, &inner)?.broadcast_mul(&weights)?; // (slots, hidden)
        out = out.index_add(&tokens, &y, 0)?;
    }
    Ok(out)
}
