//! Whole vectors out of memory and into it.

use std::arch::x86_64::*;

/// Bytes `at..at + 64`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn load(bytes: &[u8], at: usize) -> __m512i {
    debug_assert!(at + 64 <= bytes.len());
    // SAFETY: the callers ask for parts of a layout alone, in bytes that they found to be as many as the layout's.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().add(at).cast()) }
}

/// Bytes `at..at + 32`.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn half_load(bytes: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= bytes.len());
    // SAFETY: the same.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().add(at).cast()) }
}

/// The sums of 16 rows that are being added up.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn read(sums: &[f32; 16]) -> __m512 {
    // SAFETY: sixteen numbers.
    unsafe { _mm512_loadu_ps(sums.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
pub fn write(sums: &mut [f32; 16], values: __m512) {
    // SAFETY: the same.
    unsafe { _mm512_storeu_ps(sums.as_mut_ptr(), values) }
}
