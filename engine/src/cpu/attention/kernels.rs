//! The innermost loops of attention, for one tile of 16 positions of any type of cache.
//!
//! Each query's numbers are made by the same operations in the same order, whatever is computed beside it and however the tile
//! is stored: cached numbers become F32 exactly, in registers or, where many queries meet them, once in memory.

#![expect(unsafe_code, reason = "a kernel")]

use super::seen::Seen;
use super::tile::Part;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::cpu::cache::{Stored, TILE};
use crate::ops::{Level, exp, level, leveled};

/// Queries that share what is loaded.
pub const GROUP: usize = 4;

/// Scores of `GROUP` queries for a tile: (queries, 16). `queries`: (queries, dim); `keys`: (dim, 16). Even and odd numbers are
/// added up apart.
pub fn scores<T: Stored>(queries: [&[f32]; GROUP], keys: Part<'_, T>, out: &mut [[f32; TILE]; GROUP]) {
    let dim = queries[0].len();
    assert!(queries.iter().all(|query| query.len() == dim) && keys.tile.len() == T::tile(dim));
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::scores(queries, keys, dim, out) },
        // SAFETY: the processor has AVX2, FMA and F16C; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::scores(queries, keys, dim, out) },
        _ => {
            for (query, out) in queries.iter().zip(out) {
                for (position, out) in out.iter_mut().enumerate() {
                    let mut sums = [0f32; 2];
                    for (i, number) in query.iter().enumerate() {
                        sums[i % 2] += number * T::key(keys.tile, dim, position, i);
                    }
                    *out = sums[0] + sums[1];
                }
            }
        }
    }
}

/// Adds a tile's values, weighted, to the sums of `GROUP` queries. `weights`: (queries, 16); `values`: (16, width);
/// `sums`: (queries, width), one after the other. The width is a multiple of 16.
pub fn mix<T: Stored>(weights: &[[f32; TILE]; GROUP], values: Part<'_, T>, width: usize, sums: &mut [f32]) {
    assert!(width.is_multiple_of(TILE) && values.tile.len() == T::tile(width) && sums.len() == GROUP * width);
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::mix(weights, values, width, sums) },
        // SAFETY: the processor has AVX2, FMA and F16C; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::mix(weights, values, width, sums) },
        _ => {
            for (weights, sums) in weights.iter().zip(sums.chunks_exact_mut(width)) {
                for (position, weight) in weights.iter().enumerate() {
                    for (i, sum) in sums.iter_mut().enumerate() {
                        *sum += weight * T::value(values.tile, width, position, i);
                    }
                }
            }
        }
    }
}

/// A tile's keys as F32, (dim, 16).
pub fn unpack_keys<T: Stored>(keys: &[T::Unit], dim: usize, out: &mut Vec<f32>) {
    out.resize(dim * TILE, 0.0);
    assert_eq!(keys.len(), T::tile(dim));
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::unpack_keys::<T>(keys, dim, out) },
        // SAFETY: the processor has AVX2, FMA and F16C; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::unpack_keys::<T>(keys, dim, out) },
        _ => {
            for (at, out) in out.iter_mut().enumerate() {
                *out = T::key(keys, dim, at % TILE, at / TILE);
            }
        }
    }
}

/// A tile's values as F32, (16, width). The width is a multiple of 16.
pub fn unpack_values<T: Stored>(values: &[T::Unit], width: usize, out: &mut Vec<f32>) {
    out.resize(width * TILE, 0.0);
    assert!(width.is_multiple_of(TILE) && values.len() == T::tile(width));
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::unpack_values::<T>(values, width, out) },
        // SAFETY: the processor has AVX2, FMA and F16C; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { avx2::unpack_values::<T>(values, width, out) },
        _ => {
            for (at, out) in out.iter_mut().enumerate() {
                *out = T::value(values, width, at / width, at % width);
            }
        }
    }
}

/// Turns the first `count` of a tile's scores, times `scale`, into weights relative to the largest score so far, the others
/// into zeros. Returns by how much earlier sums shrink.
pub fn weigh(scores: &mut [f32; TILE], scale: f32, count: usize, seen: &mut Seen) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if level() == Level::Avx512 {
        // SAFETY: the processor has AVX-512 F.
        return unsafe { avx512::weigh(scores, scale, count, seen) };
    }
    weigh_plainly(scores, scale, count, seen)
}

leveled! {
    /// [`weigh`] in loops, to the same bits.
    fn weigh_plainly(scores: &mut [f32; 16], scale: f32, count: usize, seen: &mut Seen) -> f32 {
        for (i, score) in scores.iter_mut().enumerate() {
            *score = if i < count { *score * scale } else { f32::NEG_INFINITY };
        }
        let most = scores.iter().fold(seen.most, |most, score| most.max(*score));
        let shrink = if most == seen.most { 1.0 } else { exp(seen.most - most) };
        for (score, total) in scores.iter_mut().zip(&mut seen.total) {
            *score = exp(*score - most);
            *total = *total * shrink + *score;
        }
        seen.most = most;
        shrink
    }
}

leveled! {
    /// `x *= by`
    fn scale(x: &mut [f32], by: f32) {
        for x in x.iter_mut() {
            *x *= by;
        }
    }
}

leveled! {
    /// `out = out * a + x * b`
    fn blend(out: &mut [f32], a: f32, x: &[f32], b: f32) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = *out * a + x * b;
        }
    }
}

#[cfg(test)]
mod tests;
