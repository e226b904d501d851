//! Products in plain loops, for processors without kernels of their own; and what the kernels are held against.

use super::activations::{Rows, View};
use super::layout::{GROUP, Layout, TILE_ROWS};
use super::matrix::{PackedMatrix, Strip};
use super::rounded::{Rounded32, Rounded256};
use super::terms::{self, Line, STEP};
use super::tile::RowGroup;
use crate::quant::{GgmlType, SignedCodes, is_decoded};

/// Columns of weights in floating point whose products are added up before they are added to the others.
pub const BLOCK: usize = 256;

/// Sums of 16 rows, for each token.
pub type Sums = [f32; TILE_ROWS];

/// The products of 16 rows with `sums.len()` tokens; `tokens` are rows of `x`.
pub fn strip(w: &PackedMatrix, strip: Strip<'_>, x: View<'_>, tokens: &[u32], sums: &mut [Sums]) {
    sums.fill([0.0; TILE_ROWS]);
    match (Layout::of(w.kind()), x) {
        (Some(layout), View::Rounded256(x)) => {
            quantised(layout, strip, sums, |group, row, i, sum| {
                large(layout, row, &x.row(tokens[i] as usize)[group], sum)
            });
        }
        (Some(layout), View::Rounded32(x)) => {
            quantised(layout, strip, sums, |group, row, i, sum| {
                small(layout, row, &x.row(tokens[i] as usize)[group], sum);
            });
        }
        (None, View::Rounded256(x)) => signed(w.kind(), strip, x, tokens, sums),
        (None, View::F32(x)) if is_decoded(w.kind()) => decoded(w.kind(), strip, x, tokens, sums),
        (None, View::F32(x)) => numbers(w.kind(), strip, x, tokens, sums),
        (None, View::Terms(x)) => terms(w.kind(), strip, x, tokens, sums),
        _ => panic!("activations in another form than weights"),
    }
}

fn quantised(
    layout: Layout,
    strip: Strip<'_>,
    sums: &mut [Sums],
    multiply: impl Fn(usize, &RowGroup, usize, &mut f32),
) {
    let mut weights = RowGroup::ZERO;
    for (group, tiles) in strip.bytes.chunks(GROUP / layout.columns * layout.bytes()).enumerate() {
        for row in 0..strip.count {
            weights.first = [0.0; 8];
            weights.second = [0.0; 8];
            weights.read(layout, tiles, row);
            for (i, sums) in sums.iter_mut().enumerate() {
                multiply(group, &weights, i, &mut sums[row]);
            }
        }
    }
}

fn dot(w: &[i8], x: &[i8]) -> i32 {
    w.iter().zip(x).map(|(w, x)| i32::from(*w) * i32::from(*x)).sum()
}

/// K types and IQ4_XS.
fn large(layout: Layout, w: &RowGroup, x: &Rounded256, sum: &mut f32) {
    let blocks = w.values.chunks_exact(layout.sub).zip(x.codes.chunks_exact(layout.sub));
    let products: i32 = blocks.zip(w.scales).map(|((w, x), scale)| scale * dot(w, x)).sum();
    *sum = (products as f32).mul_add(w.first[0] * x.scale, *sum);
    if layout.minimums {
        let sums: &[i16] = if layout.sub == 16 { &x.sums16 } else { &x.sums32 };
        let minimums: i32 = w.minimums.iter().zip(sums).map(|(w, x)| w * i32::from(*x)).sum();
        *sum = (-(minimums as f32)).mul_add(w.second[0] * x.scale, *sum);
    }
}

/// Types whose blocks lie as in their file and are whole numbers.
fn signed(kind: GgmlType, strip: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let mut weights = SignedCodes::ZERO;
    for (group, blocks) in strip.bytes.chunks_exact(TILE_ROWS * kind.block_bytes()).enumerate() {
        for (row, block) in blocks.chunks_exact(kind.block_bytes()).enumerate().take(strip.count) {
            weights.read(kind, block);
            for (token, sums) in tokens.iter().zip(sums.iter_mut()) {
                let x = &x.row(*token as usize)[group];
                let subs = weights.values.as_chunks::<16>().0.iter().zip(x.codes.as_chunks::<16>().0);
                let products: i32 = subs.zip(weights.scales).map(|((w, x), scale)| i32::from(scale) * dot(w, x)).sum();
                sums[row] = (products as f32).mul_add(weights.unit * x.scale, sums[row]);
            }
        }
    }
}

/// Types with a scale in floating point for each block of 32.
fn small(layout: Layout, w: &RowGroup, x: &Rounded32, sum: &mut f32) {
    let blocks = w.values.as_chunks::<32>().0.iter().zip(x.codes.as_chunks::<32>().0).enumerate();
    for (i, (w_codes, x_codes)) in blocks {
        *sum = (dot(w_codes, x_codes) as f32).mul_add(w.first[i] * x.scales[i], *sum);
        if layout.minimums {
            *sum = (x.sums[i] as f32).mul_add(w.second[i] * x.scales[i], *sum);
        }
    }
}

/// Weights in floating point: even and odd columns of a block are added up apart.
fn numbers(kind: GgmlType, strip: Strip<'_>, x: &Rows<f32>, tokens: &[u32], sums: &mut [Sums]) {
    let size = if kind == GgmlType::F32 { 4 } else { 2 };
    let cols = strip.bytes.len() / (TILE_ROWS * size);
    for row in 0..strip.count {
        for (token, sums) in tokens.iter().zip(sums.iter_mut()) {
            let x = x.row(*token as usize);
            for first in (0..cols).step_by(BLOCK) {
                let mut parts = [0f32; 2];
                for col in first..cols.min(first + BLOCK) {
                    let part = &mut parts[col % 2];
                    *part = strip.number(kind, col, row).mul_add(x[col], *part);
                }
                sums[row] += parts[0] + parts[1];
            }
        }
    }
}

/// Weights in F16 or BF16 with activations that are sums of two BF16, as tiles multiply them: of 32 columns first the products
/// of both first terms, then of the second term of activations, then of the second term of weights; even and odd columns
/// apart. What is too small for an ordinary F32 is zero.
fn terms(kind: GgmlType, strip: Strip<'_>, x: &Rows<Line>, tokens: &[u32], sums: &mut [Sums]) {
    let cols = strip.bytes.len() / (TILE_ROWS * 2);
    let mut weights = vec![[0f32; 2]; cols];
    for row in 0..strip.count {
        for (col, weight) in weights.iter_mut().enumerate() {
            *weight = terms::split(strip.number(kind, col, row)).map(terms::widen);
        }
        for (token, sums) in tokens.iter().zip(sums.iter_mut()) {
            let x = x.row(*token as usize);
            for (step, weights) in weights.chunks(STEP).enumerate() {
                let x = terms::both(x, step);
                for (of_x, of_weight) in [(0, 0), (1, 0), (0, 1)] {
                    let mut parts = [0f32; 2];
                    for (col, weight) in weights.iter().enumerate() {
                        let part = &mut parts[col % 2];
                        *part = terms::flush(weight[of_weight].mul_add(terms::widen(x[of_x].0[col]), *part));
                    }
                    sums[row] = terms::flush(sums[row] + terms::flush(parts[0] + parts[1]));
                }
            }
        }
    }
}

/// Weights that become F32 first; added up as [`numbers`] are.
fn decoded(kind: GgmlType, strip: Strip<'_>, x: &Rows<f32>, tokens: &[u32], sums: &mut [Sums]) {
    strip.panels(kind, |group, cols, panel| {
        for (token, sums) in tokens.iter().zip(sums.iter_mut()) {
            let x = &x.row(*token as usize)[group * GROUP..][..cols];
            for (row, sum) in sums.iter_mut().enumerate().take(strip.count) {
                let mut parts = [0f32; 2];
                for (col, (x, weights)) in x.iter().zip(panel).enumerate() {
                    let part = &mut parts[col % 2];
                    *part = weights[row].mul_add(*x, *part);
                }
                *sum += parts[0] + parts[1];
            }
        }
    });
}

/// The two cut columns into the same blocks.
const _: () = assert!(BLOCK == GROUP);
