//! Rows of a weight matrix times a batch of activations: what all matrix products are made of.
//!
//! Quantised weights meet activations that are rounded to 8 bits, as in llama.cpp (the kernels are
//! candle's); F32, F16, BF16 and the types without such a kernel meet them in F32.

use std::ops::Range;

use candle_core::quantized::k_quants::{BlockQ8_0, BlockQ8_1, BlockQ8K, GgmlType as Block};

use super::simd::dots;
use crate::quant::Blocks;

/// A panel of so many weight rows is turned into F32 at once: few enough to stay in the cache with
/// rows of 4,096.
const PANEL: usize = 16;

/// Activations in the form that a weight type multiplies with.
pub enum Activations<'a> {
    /// As they are.
    F32(&'a [f32]),
    /// Rounded, in blocks of 32.
    Q8_0(Vec<BlockQ8_0>),
    /// Rounded, in blocks of 32, with their sums.
    Q8_1(Vec<BlockQ8_1>),
    /// Rounded, in blocks of 256, with sums of 16.
    Q8K(Vec<BlockQ8K>),
}

impl<'a> Activations<'a> {
    /// Prepares `x`, rows of `cols`, for products with `weights`.
    pub fn new(weights: &Blocks, x: &'a [f32]) -> Self {
        match weights {
            Blocks::F32(_) | Blocks::F16(_) | Blocks::BF16(_) | Blocks::Raw(_) => Self::F32(x),
            Blocks::Q4_0(_) | Blocks::Q5_0(_) | Blocks::Q8_0(_) => Self::Q8_0(rounded(x)),
            Blocks::Q4_1(_) | Blocks::Q5_1(_) => Self::Q8_1(rounded(x)),
            Blocks::Q2_K(_) | Blocks::Q3_K(_) | Blocks::Q4_K(_) | Blocks::Q5_K(_) | Blocks::Q6_K(_) => {
                Self::Q8K(rounded(x))
            }
        }
    }

    /// Whether `weights` multiply with this form.
    pub fn fit(&self, weights: &Blocks) -> bool {
        let wanted = Self::new(weights, &[]);
        std::mem::discriminant(self) == std::mem::discriminant(&wanted)
    }
}

fn rounded<T: Block>(x: &[f32]) -> Vec<T> {
    let mut out = vec![T::zeros(); x.len() / T::BLCK_SIZE];
    T::from_float(x, &mut out);
    out
}

/// Computes `weights[row] . activations[token]` for all `rows` and `tokens` and hands each to
/// `put(token, row, value)`. Rows have `cols` weights.
///
/// # Panics
/// If the activations were prepared for another type of weights, or a range is out of bounds.
pub fn product(
    weights: &Blocks,
    cols: usize,
    rows: Range<usize>,
    x: &Activations<'_>,
    tokens: Range<usize>,
    put: &mut impl FnMut(usize, usize, f32),
) {
    use Activations as A;
    match (weights, x) {
        (Blocks::F32(_) | Blocks::F16(_) | Blocks::BF16(_) | Blocks::Raw(_), A::F32(x)) => {
            panels(weights, cols, rows, x, tokens, put);
        }
        (Blocks::Q4_0(w), A::Q8_0(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q5_0(w), A::Q8_0(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q8_0(w), A::Q8_0(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q4_1(w), A::Q8_1(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q5_1(w), A::Q8_1(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q2_K(w), A::Q8K(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q3_K(w), A::Q8K(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q4_K(w), A::Q8K(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q5_K(w), A::Q8K(x)) => blocks(w, cols, rows, x, tokens, put),
        (Blocks::Q6_K(w), A::Q8K(x)) => blocks(w, cols, rows, x, tokens, put),
        _ => panic!("activations were not prepared for {weights:?}"),
    }
}

/// Quantised weights: block by block, in whole numbers.
fn blocks<T: Block>(
    weights: &[T],
    cols: usize,
    rows: Range<usize>,
    x: &[T::VecDotType],
    tokens: Range<usize>,
    put: &mut impl FnMut(usize, usize, f32),
) {
    let row_len = cols / T::BLCK_SIZE;
    let x_len = cols / T::VecDotType::BLCK_SIZE;
    let row = |r: usize| &weights[r * row_len..(r + 1) * row_len];
    let mut r = rows.start;
    while r < rows.end {
        if r + 4 <= rows.end {
            for t in tokens.clone() {
                let x = &x[t * x_len..(t + 1) * x_len];
                let (a, b, c, d) = T::vec_dot_4(cols, row(r), row(r + 1), row(r + 2), row(r + 3), x);
                for (i, value) in [a, b, c, d].into_iter().enumerate() {
                    put(t, r + i, value);
                }
            }
            r += 4;
        } else {
            for t in tokens.clone() {
                put(t, r, T::vec_dot(cols, row(r), &x[t * x_len..(t + 1) * x_len]));
            }
            r += 1;
        }
    }
}

/// Other weights: a panel of rows is turned into F32 and multiplied with all tokens.
fn panels(
    weights: &Blocks,
    cols: usize,
    rows: Range<usize>,
    x: &[f32],
    tokens: Range<usize>,
    put: &mut impl FnMut(usize, usize, f32),
) {
    let mut scratch = Vec::new();
    for first in rows.clone().step_by(PANEL) {
        let count = PANEL.min(rows.end - first);
        let panel = match weights {
            Blocks::F32(w) => &w[first * cols..(first + count) * cols],
            _ => {
                scratch.resize(PANEL * cols, 0.0);
                weights.dequantise(first * cols, &mut scratch[..count * cols]);
                &scratch[..count * cols]
            }
        };
        tiles(panel, cols, first, x, tokens.clone(), put);
    }
}

/// Multiplies a panel of F32 rows, the first of them number `first`, with the tokens.
fn tiles(
    panel: &[f32],
    cols: usize,
    first: usize,
    x: &[f32],
    tokens: Range<usize>,
    put: &mut impl FnMut(usize, usize, f32),
) {
    let row = |r: usize| &panel[r * cols..(r + 1) * cols];
    let token = |t: usize| &x[t * cols..(t + 1) * cols];
    let count = panel.len() / cols;
    let quads = tokens.len() / 4 * 4;
    for r in (0..count).step_by(4) {
        if r + 4 > count {
            for (r, t) in (r..count).flat_map(|r| tokens.clone().map(move |t| (r, t))) {
                put(t, first + r, dots([row(r)], [token(t)])[0][0]);
            }
            break;
        }
        let four = [row(r), row(r + 1), row(r + 2), row(r + 3)];
        for t in (tokens.start..tokens.start + quads).step_by(4) {
            let tile = dots(four, [token(t), token(t + 1), token(t + 2), token(t + 3)]);
            for (i, values) in tile.into_iter().enumerate() {
                for (j, value) in values.into_iter().enumerate() {
                    put(t + j, first + r + i, value);
                }
            }
        }
        for t in tokens.start + quads..tokens.end {
            for (i, [value]) in dots(four, [token(t)]).into_iter().enumerate() {
                put(t, first + r + i, value);
            }
        }
    }
}
