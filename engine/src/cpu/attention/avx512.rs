//! The innermost loops of attention by AVX-512.

#![expect(unsafe_code, reason = "a kernel")]

use std::arch::x86_64::*;

use crate::cpu::cache::TILE;

/// Scores of queries for a tile, summed in the order of AVX2: a processor gives the same answers whichever it has.
///
/// # Safety
/// The processor has AVX-512 F; each query has `dim` numbers, and `keys` 16 for each of them.
#[target_feature(enable = "avx512f")]
pub unsafe fn scores<const GROUP: usize>(
    queries: [&[f32]; GROUP],
    keys: &[f32],
    dim: usize,
    out: &mut [[f32; TILE]; GROUP],
) {
    let queries = queries.map(<[f32]>::as_ptr);
    let mut sums = [_mm512_setzero_ps(); GROUP];
    for i in 0..dim {
        // SAFETY: `keys` has 16 numbers for each of `dim`.
        let keys = unsafe { _mm512_loadu_ps(keys.as_ptr().add(i * TILE)) };
        for (sum, query) in sums.iter_mut().zip(&queries) {
            // SAFETY: each query has `dim` numbers.
            *sum = _mm512_fmadd_ps(_mm512_set1_ps(unsafe { *query.add(i) }), keys, *sum);
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        // SAFETY: a row has 16 numbers.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sum) };
    }
}

/// Adds a tile's weighted values: 32 columns at a time, where there are as many.
///
/// # Safety
/// The processor has AVX-512 F; values are 16 times `width`, which is a multiple of 16, and sums as many for each query.
#[target_feature(enable = "avx512f")]
pub unsafe fn mix<const GROUP: usize>(weights: &[[f32; TILE]; GROUP], values: &[f32], width: usize, sums: &mut [f32]) {
    // SAFETY: the widths are those of the caller; each part ends inside of it.
    unsafe {
        for first in (0..width / 32 * 32).step_by(32) {
            mix_columns::<GROUP, 2>(weights, values, width, first, sums);
        }
        if !width.is_multiple_of(32) {
            mix_columns::<GROUP, 1>(weights, values, width, width - TILE, sums);
        }
    }
}

/// # Safety
/// As [`mix`]; `first + 16 * N` columns are no more than the width.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn mix_columns<const GROUP: usize, const N: usize>(
    weights: &[[f32; TILE]; GROUP],
    values: &[f32],
    width: usize,
    first: usize,
    sums: &mut [f32],
) {
    let mut rows = [[_mm512_setzero_ps(); N]; GROUP];
    for (r, row) in rows.iter_mut().enumerate() {
        for (i, row) in row.iter_mut().enumerate() {
            // SAFETY: each of the queries has `width` sums, of which 16 begin there.
            *row = unsafe { _mm512_loadu_ps(sums.as_ptr().add(r * width + first + i * TILE)) };
        }
    }
    for j in 0..TILE {
        let mut columns = [_mm512_setzero_ps(); N];
        for (i, column) in columns.iter_mut().enumerate() {
            // SAFETY: each of 16 positions has `width` values, of which 16 begin there.
            *column = unsafe { _mm512_loadu_ps(values.as_ptr().add(j * width + first + i * TILE)) };
        }
        for (row, weights) in rows.iter_mut().zip(weights) {
            let weight = _mm512_set1_ps(weights[j]);
            for (row, column) in row.iter_mut().zip(columns) {
                *row = _mm512_fmadd_ps(weight, column, *row);
            }
        }
    }
    for (r, row) in rows.iter().enumerate() {
        for (i, row) in row.iter().enumerate() {
            // SAFETY: as they were loaded.
            unsafe { _mm512_storeu_ps(sums.as_mut_ptr().add(r * width + first + i * TILE), *row) };
        }
    }
}
