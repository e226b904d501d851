//! Operations on the processor: plain slices in, plain slices out.

#![expect(unsafe_code, reason = "a kernel")]

mod attention;
mod experts;
mod finite;
mod parallel;
mod product;
pub(super) mod simd;

pub use attention::{Heads, Inputs, attention};
pub use experts::{Expert, experts};
pub use finite::{are_finite, can_normalise};

use parallel::{DisjointSlice, chunks, parallel_for};
use product::{Activations, product};

use crate::quant::Blocks;

/// A matrix of weights in main memory.
#[derive(Debug)]
pub struct CpuMatrix {
    pub rows: usize,
    pub cols: usize,
    pub blocks: Blocks,
}

/// `out[token] = weights . x[token]`; `x`: (tokens, cols), `out`: (tokens, rows).
pub fn linear(weights: &CpuMatrix, x: &[f32], out: &mut [f32]) {
    let CpuMatrix { rows, cols, ref blocks } = *weights;
    let tokens = x.len() / cols;
    let x = Activations::new(blocks, x);
    let out = DisjointSlice::new(out);
    parallel_for(tokens * rows * cols, chunks(rows).collect(), |chunk| {
        product(blocks, cols, chunk, &x, 0..tokens, &mut |token, row, value| {
            // SAFETY: a row belongs to exactly one task.
            unsafe { out.write(token * rows + row, value) };
        });
    });
}

/// The rows of a matrix that `ids` name, as F32.
pub fn rows(weights: &CpuMatrix, ids: &[u32], out: &mut [f32]) {
    for (id, out) in ids.iter().zip(out.chunks_exact_mut(weights.cols)) {
        weights.blocks.dequantise(*id as usize * weights.cols, out);
    }
}

/// Root-mean-square normalisation of each row.
pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(weight.len()).zip(out.chunks_exact_mut(weight.len())) {
        simd::rms_norm(x, weight, eps, out);
    }
}

/// Rotates neighbouring pairs of each head by its token's angles.
/// `x`: (tokens, heads, dim); `cos`, `sin`: (tokens, dim / 2).
pub fn rope(x: &mut [f32], heads: usize, dim: usize, cos: &[f32], sin: &[f32]) {
    let half = dim / 2;
    for (token, x) in x.chunks_exact_mut(heads * dim).enumerate() {
        let (cos, sin) = (&cos[token * half..][..half], &sin[token * half..][..half]);
        for head in x.chunks_exact_mut(dim) {
            for ((pair, cos), sin) in head.as_chunks_mut::<2>().0.iter_mut().zip(cos).zip(sin) {
                *pair = [pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos];
            }
        }
    }
}
