//! The innermost loops of attention, for one tile of 16 positions.
//!
//! Each query's numbers are made by the same operations in the same order, whatever is computed beside it.

#![expect(unsafe_code, reason = "a kernel")]

#[cfg(target_arch = "x86_64")]
use super::avx512;
use crate::cpu::cache::TILE;
use crate::ops::{Level, exp, level, leveled};

/// Queries that share what is loaded.
pub const GROUP: usize = 4;

/// Scores of `GROUP` queries for a tile: (queries, 16). `queries`: (queries, dim); `keys`: (dim, 16).
pub fn scores(queries: [&[f32]; GROUP], keys: &[f32], out: &mut [[f32; TILE]; GROUP]) {
    let dim = queries[0].len();
    assert!(queries.iter().all(|query| query.len() == dim) && keys.len() == dim * TILE);
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::scores(queries, keys, dim, out) },
        // SAFETY: the processor has AVX2 and FMA; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { scores_avx2(queries, keys, dim, out) },
        _ => {
            for (query, out) in queries.iter().zip(out) {
                *out = [0.0; TILE];
                for (number, keys) in query.iter().zip(keys.as_chunks::<TILE>().0) {
                    out.iter_mut().zip(keys).for_each(|(out, key)| *out += number * key);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn scores_avx2(queries: [&[f32]; GROUP], keys: &[f32], dim: usize, out: &mut [[f32; TILE]; GROUP]) {
    use std::arch::x86_64::*;
    let mut sums = [[_mm256_setzero_ps(); 2]; GROUP];
    for i in 0..dim {
        // SAFETY: `keys` has 16 numbers for each of `dim`.
        let (low, high) = unsafe {
            let at = keys.as_ptr().add(i * TILE);
            (_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8)))
        };
        for (sum, query) in sums.iter_mut().zip(&queries) {
            // SAFETY: each query has `dim` numbers.
            let number = unsafe { _mm256_broadcast_ss(query.get_unchecked(i)) };
            sum[0] = _mm256_fmadd_ps(number, low, sum[0]);
            sum[1] = _mm256_fmadd_ps(number, high, sum[1]);
        }
    }
    for (out, [low, high]) in out.iter_mut().zip(sums) {
        // SAFETY: a row has 16 numbers.
        unsafe {
            _mm256_storeu_ps(out.as_mut_ptr(), low);
            _mm256_storeu_ps(out.as_mut_ptr().add(8), high);
        }
    }
}

/// Adds a tile's values, weighted, to the sums of `GROUP` queries. `weights`: (queries, 16); `values`: (16, width);
/// `sums`: (queries, width), one after the other. The width is a multiple of 16.
pub fn mix(weights: &[[f32; TILE]; GROUP], values: &[f32], sums: &mut [f32]) {
    let width = values.len() / TILE;
    assert!(width.is_multiple_of(TILE) && values.len() == width * TILE && sums.len() == GROUP * width);
    match level() {
        // SAFETY: the processor has AVX-512 F; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { avx512::mix(weights, values, width, sums) },
        // SAFETY: the processor has AVX2 and FMA; the lengths were just checked.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { mix_avx2(weights, values, width, sums) },
        _ => {
            for (weights, sums) in weights.iter().zip(sums.chunks_exact_mut(width)) {
                for (weight, values) in weights.iter().zip(values.chunks_exact(width)) {
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn mix_avx2(weights: &[[f32; TILE]; GROUP], values: &[f32], width: usize, sums: &mut [f32]) {
    use std::arch::x86_64::*;
    for first in (0..width).step_by(TILE) {
        let mut row = [[_mm256_setzero_ps(); 2]; GROUP];
        for (r, row) in row.iter_mut().enumerate() {
            // SAFETY: each of the queries has `width` sums, of which 16 begin at `first`.
            unsafe {
                let at = sums.as_ptr().add(r * width + first);
                *row = [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8))];
            }
        }
        for j in 0..TILE {
            // SAFETY: each of 16 positions has `width` values, of which 16 begin at `first`.
            let (low, high) = unsafe {
                let at = values.as_ptr().add(j * width + first);
                (_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(8)))
            };
            for (row, weights) in row.iter_mut().zip(weights) {
                let weight = _mm256_broadcast_ss(&weights[j]);
                row[0] = _mm256_fmadd_ps(weight, low, row[0]);
                row[1] = _mm256_fmadd_ps(weight, high, row[1]);
            }
        }
        for (r, row) in row.iter().enumerate() {
            // SAFETY: as they were loaded.
            unsafe {
                let at = sums.as_mut_ptr().add(r * width + first);
                _mm256_storeu_ps(at, row[0]);
                _mm256_storeu_ps(at.add(8), row[1]);
            }
        }
    }
}

leveled! {
    /// Turns the first `seen` of a tile's scores, times `scale`, into weights relative to the largest score so far, the others
    /// into zeros.
    /// `state` is that largest score and the sum of the weights. Returns by how much earlier sums shrink.
    fn weigh(scores: &mut [f32; 16], scale: f32, seen: usize, state: &mut [f32; 2]) -> f32 {
        for (i, score) in scores.iter_mut().enumerate() {
            *score = if i < seen { *score * scale } else { f32::NEG_INFINITY };
        }
        let mut highest = [f32::NEG_INFINITY; 4];
        for (i, score) in scores.iter().enumerate() {
            highest[i % 4] = highest[i % 4].max(*score);
        }
        let highest = highest[0].max(highest[1]).max(highest[2]).max(highest[3]);
        let most = state[0].max(highest);
        let shrink = if most == state[0] { 1.0 } else { exp(state[0] - most) };
        for score in scores.iter_mut() {
            *score = exp(*score - most);
        }
        let mut sums = [0f32; 4];
        for (i, weight) in scores.iter().enumerate() {
            sums[i % 4] += *weight;
        }
        *state = [most, state[1] * shrink + ((sums[0] + sums[1]) + (sums[2] + sums[3]))];
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

/// Halves as numbers; as many of each.
pub fn widen(halves: &[u16], out: &mut [f32]) {
    assert_eq!(halves.len(), out.len());
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("f16c") && halves.len().is_multiple_of(8) {
        // SAFETY: the processor has F16C; both have the same length, of whole vectors.
        return unsafe { widen_f16c(halves, out) };
    }
    for (out, half) in out.iter_mut().zip(halves) {
        *out = half::f16::from_bits(*half).to_f32();
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "f16c,avx")]
unsafe fn widen_f16c(halves: &[u16], out: &mut [f32]) {
    use std::arch::x86_64::*;
    for at in (0..halves.len()).step_by(8) {
        // SAFETY: eight of both begin at `at`.
        unsafe {
            let eight = _mm_loadu_si128(halves.as_ptr().add(at).cast());
            _mm256_storeu_ps(out.as_mut_ptr().add(at), _mm256_cvtph_ps(eight));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 37 + seed * 101) % 23) as f32 / 11.0 - 1.0).collect()
    }

    #[test]
    fn scores_and_sums_are_those_of_plain_loops() {
        for dim in [1, 8, 24, 128] {
            let queries: Vec<Vec<f32>> = (0..GROUP).map(|seed| numbers(dim, seed)).collect();
            let keys = numbers(dim * TILE, 9);
            let mut out = [[0.0; TILE]; GROUP];
            scores(std::array::from_fn(|i| queries[i].as_slice()), &keys, &mut out);
            for (query, out) in queries.iter().zip(&out) {
                for (lane, score) in out.iter().enumerate() {
                    let exact: f32 = query.iter().enumerate().map(|(i, number)| number * keys[i * TILE + lane]).sum();
                    assert!((score - exact).abs() < 1e-4);
                }
            }
            let width = dim.next_multiple_of(TILE);
            let (values, before) = (numbers(width * TILE, 4), numbers(width * GROUP, 5));
            let mut sums = before.clone();
            mix(&out, &values, &mut sums);
            for (r, weights) in out.iter().enumerate() {
                for i in 0..width {
                    let exact: f32 = weights.iter().enumerate().map(|(j, weight)| weight * values[j * width + i]).sum();
                    let exact = before[r * width + i] + exact;
                    assert!((sums[r * width + i] - exact).abs() < 1e-3 * (1.0 + exact.abs()));
                }
            }
        }
    }

    #[test]
    fn weights_of_two_tiles_are_a_softmax() {
        let all = numbers(32, 3);
        let mut state = [f32::NEG_INFINITY, 0.0];
        let (mut one, mut two) = ([0.0; 16], [0.0; 16]);
        one.copy_from_slice(&all[..16]);
        two.copy_from_slice(&all[16..]);
        assert_eq!(weigh(&mut one, 1.0, 16, &mut state), 0.0);
        let shrink = weigh(&mut two, 1.0, 5, &mut state);
        assert!(two[5..].iter().all(|weight| *weight == 0.0));
        let total: f64 = all[..21].iter().map(|score| f64::from(*score).exp()).sum();
        for (i, score) in all[..21].iter().enumerate() {
            let weight = if i < 16 { one[i] * shrink } else { two[i - 16] } / state[1];
            assert!((f64::from(weight) - f64::from(*score).exp() / total).abs() < 1e-6);
        }
    }

    #[test]
    fn halves_widen_exactly() {
        for len in [5, 16, 24] {
            let halves: Vec<u16> = (0..len).map(|i| half::f16::from_f32(i as f32 * 0.37 - 3.0).to_bits()).collect();
            let mut out = vec![0.0; len];
            widen(&halves, &mut out);
            assert!(halves.iter().zip(&out).all(|(half, out)| half::f16::from_bits(*half).to_f32() == *out));
        }
    }
}
