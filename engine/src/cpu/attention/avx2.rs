//! The innermost loops of attention by AVX2: each vector of 16 numbers in two halves, the order of sums that of AVX-512.

#![expect(unsafe_code, reason = "a kernel")]

use std::arch::x86_64::*;

use super::tile::{Part, Tile};
use crate::cpu::cache::{BLOCK, Stored, TILE};
use crate::model::CacheType;

/// Numbers of half a vector.
const HALF: usize = TILE / 2;

impl<T: Stored> Tile<T> {
    /// Scales of a block for the first or the second 8 positions.
    ///
    /// # Safety
    /// The processor has AVX2 and F16C; there is such a block.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn half_scales(&self, block: usize, side: usize) -> __m256 {
        match T::KIND {
            // SAFETY: the caller's promise: 16 halves stand there.
            CacheType::Q8_0 => unsafe {
                _mm256_cvtph_ps(_mm_loadu_si128(self.scales_at(block * TILE + side * HALF).cast()))
            },
            CacheType::F32 | CacheType::F16 => _mm256_set1_ps(1.0),
        }
    }

    /// Half `at` of the tile; `scale` is what its codes are multiplied with.
    ///
    /// # Safety
    /// The processor has AVX2 and F16C; there is such a half.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn load_half(&self, at: usize, scale: __m256) -> __m256 {
        // SAFETY: the caller's promise: 8 numbers stand there.
        unsafe {
            let from = self.numbers().add(Self::bytes(at * HALF));
            match T::KIND {
                CacheType::F32 => _mm256_loadu_ps(from.cast()),
                CacheType::F16 => _mm256_cvtph_ps(_mm_loadu_si128(from.cast())),
                CacheType::Q8_0 => {
                    let codes = _mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()));
                    _mm256_mul_ps(_mm256_cvtepi32_ps(codes), scale)
                }
            }
        }
    }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; each query has `dim` numbers, and the tile rows of as many.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn scores<T: Stored, const GROUP: usize>(
    queries: [&[f32]; GROUP],
    keys: Part<'_, T>,
    dim: usize,
    out: &mut [[f32; TILE]; GROUP],
) {
    let queries = queries.map(<[f32]>::as_ptr);
    let tile = Tile::new(keys, dim);
    for side in 0..2 {
        let mut sums = [[_mm256_setzero_ps(); GROUP]; 2];
        for block in 0..dim.div_ceil(BLOCK) {
            let (first, end) = (block * BLOCK, dim.min(block * BLOCK + BLOCK));
            // SAFETY: the tile has as many blocks as its rows.
            let scale = unsafe { tile.half_scales(block, side) };
            let one = |i: usize, sums: &mut [__m256; GROUP]| {
                tile.read_ahead((2 * i + side) * HALF);
                // SAFETY: i < dim: the tile has 16 numbers for each of `dim`.
                let keys = unsafe { tile.load_half(2 * i + side, scale) };
                for (sum, query) in sums.iter_mut().zip(&queries) {
                    // SAFETY: each query has `dim` numbers.
                    *sum = _mm256_fmadd_ps(_mm256_set1_ps(unsafe { *query.add(i) }), keys, *sum);
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
            unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(side * HALF), _mm256_add_ps(even, odd)) };
        }
    }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the tile has rows of `width`, which is a multiple of 16, and there are as many sums
/// for each query.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn mix<T: Stored, const GROUP: usize>(
    weights: &[[f32; TILE]; GROUP],
    values: Part<'_, T>,
    width: usize,
    sums: &mut [f32],
) {
    let tile = Tile::new(values, width);
    for first in (0..width).step_by(TILE) {
        let mut rows = [[_mm256_setzero_ps(); 2]; GROUP];
        for (r, row) in rows.iter_mut().enumerate() {
            // SAFETY: each of the queries has `width` sums, of which 16 begin at `first`.
            unsafe {
                let at = sums.as_ptr().add(r * width + first);
                *row = [_mm256_loadu_ps(at), _mm256_loadu_ps(at.add(HALF))];
            }
        }
        let mut scales = [1f32; TILE];
        if T::KIND == CacheType::Q8_0 {
            // SAFETY: these columns have a block; a row has 16 numbers.
            unsafe {
                _mm256_storeu_ps(scales.as_mut_ptr(), tile.half_scales(first / BLOCK, 0));
                _mm256_storeu_ps(scales.as_mut_ptr().add(HALF), tile.half_scales(first / BLOCK, 1));
            }
        }
        for (j, scale) in scales.iter().enumerate() {
            let at = (j * width + first) / HALF;
            tile.read_ahead(at * HALF);
            let scale = _mm256_set1_ps(*scale);
            // SAFETY: each of 16 positions has `width` values, of which 16 begin at `first`.
            let columns = unsafe { [tile.load_half(at, scale), tile.load_half(at + 1, scale)] };
            for (row, weights) in rows.iter_mut().zip(weights) {
                let weight = _mm256_set1_ps(weights[j]);
                for (row, column) in row.iter_mut().zip(columns) {
                    *row = _mm256_fmadd_ps(weight, column, *row);
                }
            }
        }
        for (r, row) in rows.iter().enumerate() {
            // SAFETY: as they were loaded.
            unsafe {
                let at = sums.as_mut_ptr().add(r * width + first);
                _mm256_storeu_ps(at, row[0]);
                _mm256_storeu_ps(at.add(HALF), row[1]);
            }
        }
    }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the tile has rows of `dim`, and `out` 16 numbers for each of them.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_keys<T: Stored>(keys: &[T::Unit], dim: usize, out: &mut [f32]) {
    let tile = Tile::<T>::new(Part { tile: keys, next: keys.as_ptr() }, dim);
    for i in 0..dim {
        for side in 0..2 {
            let at = 2 * i + side;
            // SAFETY: the tile has as many blocks as its rows, and `out` as many halves as the tile.
            unsafe {
                _mm256_storeu_ps(
                    out.as_mut_ptr().add(at * HALF),
                    tile.load_half(at, tile.half_scales(i / BLOCK, side)),
                );
            }
        }
    }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the tile has rows of `width`, a multiple of 16, and `out` as many numbers.
#[target_feature(enable = "avx2,fma,f16c")]
pub unsafe fn unpack_values<T: Stored>(values: &[T::Unit], width: usize, out: &mut [f32]) {
    let tile = Tile::<T>::new(Part { tile: values, next: values.as_ptr() }, width);
    for column in 0..width / HALF {
        let mut scales = [1f32; TILE];
        // SAFETY: the column has a block; 8 numbers are written, as many as each half of `scales` and of `out` has.
        unsafe {
            _mm256_storeu_ps(scales.as_mut_ptr(), tile.half_scales(column * HALF / BLOCK, 0));
            _mm256_storeu_ps(scales.as_mut_ptr().add(HALF), tile.half_scales(column * HALF / BLOCK, 1));
            for (j, scale) in scales.iter().enumerate() {
                let at = j * width / HALF + column;
                _mm256_storeu_ps(out.as_mut_ptr().add(at * HALF), tile.load_half(at, _mm256_set1_ps(*scale)));
            }
        }
    }
}
