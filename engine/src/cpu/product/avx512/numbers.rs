//! Weights in floating point: halves become F32 in registers. Even and odd columns of a block are added up apart, as in
//! the plain loops.

use std::arch::x86_64::*;

use super::vectors::{read, write};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::prefetch;
use crate::cpu::product::format::{F32, Number};
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::{BLOCK, Sums};
use crate::quant::GgmlType;

/// Tokens that are multiplied at once: as many as registers hold sums for, of even and of odd columns.
const TOGETHER: usize = 12;
/// For up to so many, halves become F32 again for each twelve of them; for more, once.
const UNPACKED_EACH_TIME: usize = 24;

#[target_feature(enable = "avx512f,avx512bw")]
pub fn strip<T: Number>(w: Strip<'_>, x: &Rows<f32>, tokens: &[u32], sums: &mut [Sums]) {
    for (block, bytes) in w.bytes.chunks(BLOCK * 16 * T::BYTES).enumerate() {
        let cols = bytes.len() / (16 * T::BYTES);
        let x = |token: u32| &x.row(token as usize)[block * BLOCK..][..cols];
        // SAFETY: the block and each part of a row of activations have `cols` columns.
        unsafe {
            if tokens.len() <= UNPACKED_EACH_TIME || T::BYTES == 4 {
                multiply::<T>(bytes.as_ptr(), w.ahead, cols, x, tokens, sums);
            } else {
                let mut panel = [_mm512_setzero_ps(); BLOCK];
                for (col, panel) in panel.iter_mut().enumerate().take(cols) {
                    *panel = load::<T>(bytes.as_ptr(), col);
                }
                multiply::<F32>(panel.as_ptr().cast(), 0, cols, x, tokens, sums);
            }
        }
    }
}

/// Blocks of a type that becomes F32 first.
#[target_feature(enable = "avx512f,avx512bw")]
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
#[target_feature(enable = "avx512f,avx512bw")]
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
        let next = match left.0.len() {
            TOGETHER.. => TOGETHER,
            8.. => 8,
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        let (tokens, more_tokens) = left.0.split_at(next);
        let (sums, more_sums) = left.1.split_at_mut(next);
        // SAFETY: the caller's promise.
        unsafe {
            match *tokens {
                [a] => several::<T, 1>(w, ahead, cols, [a].map(&x), sums),
                [a, b] => several::<T, 2>(w, ahead, cols, [a, b].map(&x), sums),
                [a, b, c, d] => several::<T, 4>(w, ahead, cols, [a, b, c, d].map(&x), sums),
                [a, b, c, d, e, f, g, h] => several::<T, 8>(w, ahead, cols, [a, b, c, d, e, f, g, h].map(&x), sums),
                [a, b, c, d, e, f, g, h, i, j, k, l] => {
                    several::<T, TOGETHER>(w, ahead, cols, [a, b, c, d, e, f, g, h, i, j, k, l].map(&x), sums);
                }
                _ => {}
            }
        }
        left = (more_tokens, more_sums);
    }
}

/// # Safety
/// As [`multiply`].
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn several<T: Number, const N: usize>(
    w: *const u8,
    ahead: usize,
    cols: usize,
    x: [&[f32]; N],
    sums: &mut [Sums],
) {
    let x = x.map(<[f32]>::as_ptr);
    let mut parts = [[_mm512_setzero_ps(); N]; 2];
    for col in (0..cols / 2 * 2).step_by(2) {
        if ahead > 0 {
            prefetch(w.wrapping_add(ahead + col * 16 * T::BYTES), 32 * T::BYTES);
        }
        for (odd, part) in parts.iter_mut().enumerate() {
            // SAFETY: col + 1 < cols.
            unsafe { add::<T, N>(w, col + odd, &x, part) };
        }
    }
    if cols % 2 == 1 {
        // SAFETY: cols - 1 < cols.
        unsafe { add::<T, N>(w, cols - 1, &x, &mut parts[0]) };
    }
    for ((sums, even), odd) in sums.iter_mut().zip(parts[0]).zip(parts[1]) {
        let all = _mm512_add_ps(read(sums), _mm512_add_ps(even, odd));
        write(sums, all);
    }
}

/// # Safety
/// There is a column `col` of the weights and of each token.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn add<T: Number, const N: usize>(w: *const u8, col: usize, x: &[*const f32; N], sums: &mut [__m512; N]) {
    // SAFETY: the caller's promise.
    let w = unsafe { load::<T>(w, col) };
    for (sum, x) in sums.iter_mut().zip(x) {
        // SAFETY: the same.
        *sum = _mm512_fmadd_ps(w, _mm512_set1_ps(unsafe { *x.add(col) }), *sum);
    }
}

/// A column of 16 rows.
///
/// # Safety
/// There is such a column.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub unsafe fn load<T: Number>(w: *const u8, col: usize) -> __m512 {
    // SAFETY: the caller's promise: 16 numbers stand there.
    let at = unsafe { w.add(col * 16 * T::BYTES) };
    // SAFETY: the same.
    unsafe {
        match T::KIND {
            GgmlType::F16 => _mm512_cvtph_ps(_mm256_loadu_si256(at.cast())),
            // The upper half of F32.
            GgmlType::BF16 => {
                let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(at.cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide))
            }
            _ => _mm512_loadu_ps(at.cast()),
        }
    }
}
