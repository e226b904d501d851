//! The innermost loops of attention by AVX-512.

#![expect(unsafe_code, reason = "a kernel")]

use std::arch::x86_64::*;

use super::seen::Seen;
use super::tile::{Part, Tile};
use crate::cpu::cache::{BLOCK, Stored, TILE};
use crate::model::CacheType;
use crate::ops;

impl<T: Stored> Tile<T> {
    /// Scales of a block for 16 positions.
    ///
    /// # Safety
    /// The processor has AVX-512 F; there is such a block.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn scales(&self, block: usize) -> __m512 {
        match T::KIND {
            // SAFETY: the caller's promise: 16 halves stand there.
            CacheType::Q8_0 => unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(self.scales_at(block * TILE).cast())) },
            CacheType::F32 | CacheType::F16 => _mm512_set1_ps(1.0),
        }
    }

    /// Vector `at` of the tile; `scale` is what its codes are multiplied with.
    ///
    /// # Safety
    /// The processor has AVX-512 F; there is such a vector.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load(&self, at: usize, scale: __m512) -> __m512 {
        // SAFETY: the caller's promise: 16 numbers stand there.
        unsafe {
            let from = self.numbers().add(Self::bytes(at * TILE));
            match T::KIND {
                CacheType::F32 => _mm512_loadu_ps(from.cast()),
                CacheType::F16 => _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())),
                CacheType::Q8_0 => {
                    let codes = _mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()));
                    _mm512_mul_ps(_mm512_cvtepi32_ps(codes), scale)
                }
            }
        }
    }
}

/// Scores of queries for a tile, summed in the order of AVX2: a processor gives the same answers whichever it has.
///
/// # Safety
/// The processor has AVX-512 F; each query has `dim` numbers, and the tile rows of as many.
#[target_feature(enable = "avx512f")]
pub unsafe fn scores<T: Stored, const GROUP: usize>(
    queries: [&[f32]; GROUP],
    keys: Part<'_, T>,
    dim: usize,
    out: &mut [[f32; TILE]; GROUP],
) {
    let queries = queries.map(<[f32]>::as_ptr);
    let tile = Tile::new(keys, dim);
    let mut sums = [[_mm512_setzero_ps(); GROUP]; 2];
    for block in 0..dim.div_ceil(BLOCK) {
        let (first, end) = (block * BLOCK, dim.min(block * BLOCK + BLOCK));
        // SAFETY: the tile has as many blocks as its rows.
        let scale = unsafe { tile.scales(block) };
        let one = |i: usize, sums: &mut [__m512; GROUP]| {
            tile.read_ahead(i * TILE);
            // SAFETY: i < dim: the tile has 16 numbers for each of `dim`.
            let keys = unsafe { tile.load(i, scale) };
            for (sum, query) in sums.iter_mut().zip(&queries) {
                // SAFETY: each query has `dim` numbers.
                *sum = _mm512_fmadd_ps(_mm512_set1_ps(unsafe { *query.add(i) }), keys, *sum);
            }
        };
        for i in (first..end - (end - first) % 2).step_by(2) {
            one(i, &mut sums[0]);
            one(i + 1, &mut sums[1]);
        }
        if (end - first) % 2 == 1 {
            one(end - 1, &mut sums[0]);
        }
    }
    for ((out, even), odd) in out.iter_mut().zip(sums[0]).zip(sums[1]) {
        // SAFETY: a row has 16 numbers.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), _mm512_add_ps(even, odd)) };
    }
}

/// As [`super::kernels::weigh`], in its order.
///
/// # Safety
/// The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub unsafe fn weigh(scores: &mut [f32; TILE], scale: f32, count: usize, seen: &mut Seen) -> f32 {
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    let sees = if count < TILE { (1 << count) - 1 } else { u16::MAX };
    // SAFETY: 16 numbers each.
    let (all, total) = unsafe { (_mm512_loadu_ps(scores.as_ptr()), _mm512_loadu_ps(seen.total.as_ptr())) };
    let all = _mm512_mask_mul_ps(lowest, sees, all, _mm512_set1_ps(scale));
    let most = seen.most.max(_mm512_reduce_max_ps(all));
    let shrink = if most == seen.most { 1.0 } else { ops::exp(seen.most - most) };
    let weights = exp(_mm512_sub_ps(all, _mm512_set1_ps(most)));
    let total = _mm512_add_ps(_mm512_mul_ps(total, _mm512_set1_ps(shrink)), weights);
    // SAFETY: the same.
    unsafe {
        _mm512_storeu_ps(scores.as_mut_ptr(), weights);
        _mm512_storeu_ps(seen.total.as_mut_ptr(), total);
    }
    seen.most = most;
    shrink
}

/// [`ops::exp`] of what is not above zero, operation by operation.
#[inline]
#[target_feature(enable = "avx512f")]
fn exp(x: __m512) -> __m512 {
    let number = |number: f32| _mm512_set1_ps(number);
    let (mul, add, sub) = (_mm512_mul_ps, _mm512_add_ps, _mm512_sub_ps);
    let least = number(-87.3);
    let clamped = _mm512_max_ps(x, least);
    let round = number(12_582_912.0);
    let n = sub(add(mul(clamped, number(std::f32::consts::LOG2_E)), round), round);
    let r = add(sub(clamped, mul(n, number(0.693_359_4))), mul(n, number(2.121_944_4e-4)));
    let mut p = number(1.987_569_1e-4);
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.500_000_1] {
        p = add(mul(p, r), number(c));
    }
    let mantissa = add(add(mul(mul(p, r), r), r), number(1.0));
    let n = _mm512_cvttps_epi32(n);
    let half = _mm512_srai_epi32::<1>(n);
    let power = |n| _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_add_epi32(n, _mm512_set1_epi32(127))));
    let y = mul(mul(mantissa, power(half)), power(_mm512_sub_epi32(n, half)));
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(x, least), y)
}

/// Adds a tile's weighted values: 64 columns at a time, where there are as many.
///
/// # Safety
/// The processor has AVX-512 F; the tile has rows of `width`, which is a multiple of 16, and there are as many sums for each
/// query.
#[target_feature(enable = "avx512f")]
pub unsafe fn mix<T: Stored, const GROUP: usize>(
    weights: &[[f32; TILE]; GROUP],
    values: Part<'_, T>,
    width: usize,
    sums: &mut [f32],
) {
    let tile = Tile::new(values, width);
    let mut first = 0;
    while first < width {
        // SAFETY: the widths are those of the caller; each part ends inside of it.
        first += unsafe {
            match width - first {
                64.. => columns::<T, GROUP, 4>(weights, &tile, width, first, sums),
                32.. => columns::<T, GROUP, 2>(weights, &tile, width, first, sums),
                _ => columns::<T, GROUP, 1>(weights, &tile, width, first, sums),
            }
        };
    }
}

/// Some columns from `first` on, which begins a block; says how many they are.
///
/// # Safety
/// As [`mix`]; `first + 16 * N` columns are no more than the width.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn columns<T: Stored, const GROUP: usize, const N: usize>(
    weights: &[[f32; TILE]; GROUP],
    tile: &Tile<T>,
    width: usize,
    first: usize,
    sums: &mut [f32],
) -> usize {
    let mut rows = [[_mm512_setzero_ps(); N]; GROUP];
    for (r, row) in rows.iter_mut().enumerate() {
        for (i, row) in row.iter_mut().enumerate() {
            // SAFETY: each of the queries has `width` sums, of which 16 begin there.
            *row = unsafe { _mm512_loadu_ps(sums.as_ptr().add(r * width + first + i * TILE)) };
        }
    }
    let mut scales = [[1f32; TILE]; N];
    if T::KIND == CacheType::Q8_0 {
        for (i, scales) in scales.iter_mut().enumerate() {
            // SAFETY: these columns have a block; a row has 16 numbers.
            unsafe { _mm512_storeu_ps(scales.as_mut_ptr(), tile.scales((first + i * TILE) / BLOCK)) };
        }
    }
    for j in 0..TILE {
        let mut columns = [_mm512_setzero_ps(); N];
        for (i, column) in columns.iter_mut().enumerate() {
            let at = (j * width + first) / TILE + i;
            tile.read_ahead(at * TILE);
            // SAFETY: each of 16 positions has `width` values, of which 16 begin there.
            *column = unsafe { tile.load(at, _mm512_set1_ps(scales[i][j])) };
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
    N * TILE
}

/// # Safety
/// The processor has AVX-512 F; the tile has rows of `dim`, and `out` 16 numbers for each of them.
#[target_feature(enable = "avx512f")]
pub unsafe fn unpack_keys<T: Stored>(keys: &[T::Unit], dim: usize, out: &mut [f32]) {
    let tile = Tile::<T>::new(Part { tile: keys, next: keys.as_ptr() }, dim);
    for block in 0..dim.div_ceil(BLOCK) {
        // SAFETY: the tile has as many blocks as its rows, and `out` as many vectors as the tile.
        unsafe {
            let scale = tile.scales(block);
            for i in block * BLOCK..dim.min(block * BLOCK + BLOCK) {
                _mm512_storeu_ps(out.as_mut_ptr().add(i * TILE), tile.load(i, scale));
            }
        }
    }
}

/// # Safety
/// The processor has AVX-512 F; the tile has rows of `width`, a multiple of 16, and `out` as many numbers.
#[target_feature(enable = "avx512f")]
pub unsafe fn unpack_values<T: Stored>(values: &[T::Unit], width: usize, out: &mut [f32]) {
    let tile = Tile::<T>::new(Part { tile: values, next: values.as_ptr() }, width);
    for column in 0..width / TILE {
        let mut scales = [1f32; TILE];
        // SAFETY: the column has a block; 16 numbers are written, as many as `scales` and each place of `out` have.
        unsafe {
            _mm512_storeu_ps(scales.as_mut_ptr(), tile.scales(column * TILE / BLOCK));
            for (j, scale) in scales.iter().enumerate() {
                let at = j * width / TILE + column;
                _mm512_storeu_ps(out.as_mut_ptr().add(at * TILE), tile.load(at, _mm512_set1_ps(*scale)));
            }
        }
    }
}
