//! Weights in floating point: halves become F32 in registers.

use std::arch::x86_64::*;

use super::ahead::prefetch;
use super::format::{F32, Number};
use super::sums::{even, read, write};
use super::unpack::Halves;
use crate::cpu::product::activations::Rows;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::{BLOCK, Sums};
use crate::quant::GgmlType;

/// Tokens that are multiplied at once: as many as registers hold sums for.
const TOGETHER: usize = 6;
/// For up to so many, halves become F32 again for each six of them; for more, once.
const UNPACKED_EACH_TIME: usize = 12;

#[target_feature(enable = "avx2,fma,f16c")]
pub fn strip<T: Number>(w: Strip<'_>, x: &Rows<f32>, tokens: &[u32], sums: &mut [Sums]) {
    for (block, bytes) in w.bytes.chunks(BLOCK * 16 * T::BYTES).enumerate() {
        let cols = bytes.len() / (16 * T::BYTES);
        let x = |token: u32| &x.row(token as usize)[block * BLOCK..][..cols];
        // SAFETY: the block and each part of a row of activations have `cols` columns.
        unsafe {
            if tokens.len() <= UNPACKED_EACH_TIME || T::BYTES == 4 {
                multiply::<T>(bytes.as_ptr(), w.ahead, cols, x, tokens, sums);
            } else {
                let mut panel = [[_mm256_setzero_ps(); 2]; BLOCK];
                for (col, panel) in panel.iter_mut().enumerate().take(cols) {
                    *panel = load::<T>(bytes.as_ptr(), col);
                }
                multiply::<F32>(panel.as_ptr().cast(), 0, cols, x, tokens, sums);
            }
        }
    }
}

/// Blocks of a type that becomes F32 first.
#[target_feature(enable = "avx2,fma,f16c")]
pub fn decoded(kind: GgmlType, w: Strip<'_>, x: &Rows<f32>, tokens: &[u32], sums: &mut [Sums]) {
    w.panels(kind, |block, cols, panel| {
        let x = |token: u32| &x.row(token as usize)[block * BLOCK..][..cols];
        // SAFETY: the panel and each part of a row of activations have `cols` columns; the processor has what this function
        // is compiled for.
        unsafe { multiply::<F32>(panel.as_ptr().cast(), 0, cols, x, tokens, sums) };
    });
}

/// A block of columns with all tokens.
///
/// # Safety
/// `w` are 16 rows of `cols` numbers, `x` gives as many.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn multiply<'a, T: Number>(
    w: *const u8,
    ahead: usize,
    cols: usize,
    x: impl Fn(u32) -> &'a [f32],
    tokens: &[u32],
    sums: &mut [Sums],
) {
    let mut left = (tokens, sums);
    while !left.0.is_empty() {
        let (tokens, more_tokens) = left.0.split_at(even(left.0.len(), TOGETHER));
        let (sums, more_sums) = left.1.split_at_mut(tokens.len());
        // SAFETY: the caller's promise.
        unsafe {
            match *tokens {
                [a] => both::<T, 1>(w, ahead, cols, [a].map(&x), sums),
                [a, b] => both::<T, 2>(w, ahead, cols, [a, b].map(&x), sums),
                [a, b, c] => both::<T, 3>(w, ahead, cols, [a, b, c].map(&x), sums),
                [a, b, c, d] => each::<T, 4>(w, cols, [a, b, c, d].map(&x), sums),
                [a, b, c, d, e] => each::<T, 5>(w, cols, [a, b, c, d, e].map(&x), sums),
                [a, b, c, d, e, f] => each::<T, TOGETHER>(w, cols, [a, b, c, d, e, f].map(&x), sums),
                _ => {}
            }
        }
        left = (more_tokens, more_sums);
    }
}

/// Even and odd columns in turn: the sums of both fit into registers.
///
/// # Safety
/// As [`multiply`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn both<T: Number, const N: usize>(w: *const u8, ahead: usize, cols: usize, x: [&[f32]; N], sums: &mut [Sums]) {
    let mut parts = [[[_mm256_setzero_ps(); 2]; N]; 2];
    for col in (0..cols / 2 * 2).step_by(2) {
        if ahead > 0 {
            prefetch(w.wrapping_add(ahead + col * 16 * T::BYTES), 32 * T::BYTES);
        }
        for (odd, part) in parts.iter_mut().enumerate() {
            // SAFETY: col + 1 < cols.
            unsafe { add::<T, N>(w, col + odd, x, part) };
        }
    }
    if cols % 2 == 1 {
        // SAFETY: cols - 1 < cols.
        unsafe { add::<T, N>(w, cols - 1, x, &mut parts[0]) };
    }
    finish(parts, sums);
}

/// First all even columns, then all odd ones.
///
/// # Safety
/// As [`multiply`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn each<T: Number, const N: usize>(w: *const u8, cols: usize, x: [&[f32]; N], sums: &mut [Sums]) {
    let mut parts = [[[_mm256_setzero_ps(); 2]; N]; 2];
    for (odd, part) in parts.iter_mut().enumerate() {
        let mut sums = *part;
        for col in (odd..cols).step_by(2) {
            // SAFETY: col < cols.
            unsafe { add::<T, N>(w, col, x, &mut sums) };
        }
        *part = sums;
    }
    finish(parts, sums);
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn finish<const N: usize>(parts: [[Halves<__m256>; N]; 2], sums: &mut [Sums]) {
    for ((sums, even), odd) in sums.iter_mut().zip(parts[0]).zip(parts[1]) {
        let all = read(sums);
        let part = |half: usize| _mm256_add_ps(all[half], _mm256_add_ps(even[half], odd[half]));
        write(sums, [part(0), part(1)]);
    }
}

/// # Safety
/// There is a column `col` of the weights and of each token.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add<T: Number, const N: usize>(w: *const u8, col: usize, x: [&[f32]; N], sums: &mut [Halves<__m256>; N]) {
    // SAFETY: the caller's promise.
    let w = unsafe { load::<T>(w, col) };
    for (sums, x) in sums.iter_mut().zip(x) {
        // SAFETY: the same.
        let x = _mm256_set1_ps(unsafe { *x.get_unchecked(col) });
        for (sum, w) in sums.iter_mut().zip(w) {
            *sum = _mm256_fmadd_ps(w, x, *sum);
        }
    }
}

/// A column of 16 rows.
///
/// # Safety
/// There is such a column.
#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn load<T: Number>(w: *const u8, col: usize) -> Halves<__m256> {
    // SAFETY: the caller's promise: 16 numbers stand there.
    let at = unsafe { w.add(col * 16 * T::BYTES) };
    // SAFETY: the same, in two halves of eight.
    unsafe {
        match T::KIND {
            GgmlType::F16 => {
                [_mm256_cvtph_ps(_mm_loadu_si128(at.cast())), _mm256_cvtph_ps(_mm_loadu_si128(at.add(16).cast()))]
            }
            GgmlType::BF16 => [shift_up(_mm_loadu_si128(at.cast())), shift_up(_mm_loadu_si128(at.add(16).cast()))],
            _ => [_mm256_loadu_ps(at.cast()), _mm256_loadu_ps(at.add(32).cast())],
        }
    }
}

/// BF16 is the upper half of F32.
#[inline]
#[target_feature(enable = "avx2")]
fn shift_up(v: __m128i) -> __m256 {
    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(v)))
}
