//! A low-rank pair, and what it adds to the matrix beside it.

use rayon::prelude::*;

use crate::ops::gemm::{Mat, gemm};

/// Rows that one thread takes at a time.
const CHUNK: usize = 256;

/// One module's low-rank pair, rows in GGUF's order, F32.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Rows of `a`, columns of `b`.
    pub rank: usize,
    /// (rank, cols)
    pub a: Vec<f32>,
    /// (rows, rank)
    pub b: Vec<f32>,
    /// What the product is multiplied by.
    pub scale: f32,
}

/// Adds `scale * B . A` to (rows, cols) weights, on all threads.
///
/// # Panics
/// If the pair is not of these rows and columns.
pub fn fold(pair: &Pair, weights: &mut [f32], cols: usize) {
    let rank = pair.rank;
    assert!(pair.a.len() == rank * cols && pair.b.len() * cols == weights.len() * rank, "a pair of another shape");
    weights.par_chunks_mut(CHUNK * cols).zip(pair.b.par_chunks(CHUNK * rank)).for_each(|(weights, b)| {
        gemm(pair.scale, Mat::new(b, rank), Mat::new(&pair.a, cols), 1.0, weights, cols);
    });
}

/// Columns become rows.
pub fn transposed(values: &[f32], rows: usize, cols: usize) -> Vec<f32> {
    (0..cols).flat_map(|col| (0..rows).map(move |row| values[row * cols + col])).collect()
}
