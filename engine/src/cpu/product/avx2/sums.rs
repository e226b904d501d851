//! Codes times activations, in whole numbers.

use std::arch::x86_64::*;

use super::format::Whole;
use super::unpack::{Chunk, Halves};

/// Sums in 32 bits, for each of `N` tokens.
pub type Sums<const N: usize> = [Halves<__m256i>; N];

/// How many of `count` tokens come next, at most `most`: the last are cut evenly, five into three and two.
#[inline]
pub const fn even(count: usize, most: usize) -> usize {
    if count >= 2 * most { most } else { count.div_ceil(count.div_ceil(most)) }
}

/// Adds the products of 32 columns of 16 rows with `N` tokens, each sub-block times its scale.
#[inline]
#[target_feature(enable = "avx2")]
pub fn add<F: Whole, const N: usize>(
    codes: &Chunk,
    scales: &[Halves<__m256i>; 2],
    x: [&[i8; 32]; N],
    sums: &mut Sums<N>,
) {
    let steps = F::SUB / 4;
    for first in (0..8).step_by(F::RUN) {
        let scale = &scales[first / steps];
        let mut run = [[_mm256_setzero_si256(); 2]; N];
        for step in first..first + F::RUN {
            for (run, x) in run.iter_mut().zip(x) {
                let x = broadcast(x, step);
                for (run, codes) in run.iter_mut().zip(codes[step]) {
                    *run = _mm256_add_epi16(*run, multiply::<F>(codes, x));
                }
            }
        }
        for (sums, run) in sums.iter_mut().zip(run) {
            for ((sum, run), scale) in sums.iter_mut().zip(run).zip(scale) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(run, *scale));
            }
        }
    }
}

/// Four columns of a token, for each row.
#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(x: &[i8; 32], step: usize) -> __m256i {
    let four = &x.as_chunks::<4>().0[step];
    _mm256_set1_epi32(i32::from_ne_bytes(four.map(|code| code as u8)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn multiply<F: Whole>(codes: __m256i, x: __m256i) -> __m256i {
    if F::SIGNED {
        _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(x, codes))
    } else {
        _mm256_maddubs_epi16(codes, x)
    }
}

/// Rows whose scale is 1.
#[inline]
#[target_feature(enable = "avx2")]
pub fn ones() -> [Halves<__m256i>; 2] {
    [[_mm256_set1_epi16(1); 2]; 2]
}

/// The sums of 16 rows that are being added up.
#[inline]
#[target_feature(enable = "avx2")]
pub fn read(sums: &[f32; 16]) -> Halves<__m256> {
    // SAFETY: eight numbers from the first and from the eighth of sixteen.
    unsafe { [_mm256_loadu_ps(sums.as_ptr()), _mm256_loadu_ps(sums.as_ptr().add(8))] }
}

#[inline]
#[target_feature(enable = "avx2")]
pub fn write(sums: &mut [f32; 16], values: Halves<__m256>) {
    // SAFETY: the same.
    unsafe {
        _mm256_storeu_ps(sums.as_mut_ptr(), values[0]);
        _mm256_storeu_ps(sums.as_mut_ptr().add(8), values[1]);
    }
}
