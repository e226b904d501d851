//! Codes times activations, in whole numbers.

use std::arch::x86_64::*;

use crate::cpu::product::format::Whole;
use crate::cpu::product::rounded::Rounded256;

/// What codes without a sign are above what they mean: signed ones become unsigned, for `vpdpbusd`.
pub const fn offset<F: Whole>() -> i32 {
    if F::SIGNED { 128 } else { F::OFFSET }
}

/// How many steps of four products each fit into 16 bits, activations being up to 127, and codes of one sub-block.
pub const fn run<F: Whole>() -> usize {
    let steps = F::SUB / 4;
    let most = if F::SIGNED { 255 } else { F::MOST };
    let fit = (32767 / (4 * 127 * most)) as usize;
    // Below four, multiplying in 32 bits once costs less.
    if fit >= 4 && fit < steps { 4 } else { steps }
}

/// Whether such sums are multiplied with scales in 16 bits: by one instruction instead of two slow ones.
const fn is_narrow<F: Whole>() -> bool {
    let most = if F::SIGNED { 255 } else { F::MOST };
    (run::<F>() as i32) * 4 * 127 * most <= 32767
}

/// Scales of 32 bits as sums are multiplied with them.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn ready<F: Whole>(scale: __m512i) -> __m512i {
    // A sum's upper half is its sign, which must count nothing.
    if is_narrow::<F>() { _mm512_and_si512(scale, _mm512_set1_epi32(0xffff)) } else { scale }
}

/// Adds the products of 32 columns of 16 rows with `N` tokens, each sub-block times its scale.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn add<F: Whole, const N: usize>(
    codes: &[__m512i; 8],
    scales: &[__m512i; 2],
    x: [&[i8; 32]; N],
    sums: &mut [__m512i; N],
) {
    let steps = F::SUB / 4;
    for first in (0..8).step_by(run::<F>()) {
        let scale = scales[first / steps];
        let mut run_sums = [_mm512_setzero_si512(); N];
        for (step, codes) in codes.iter().enumerate().skip(first).take(run::<F>()) {
            for (sum, x) in run_sums.iter_mut().zip(x) {
                *sum = _mm512_dpbusd_epi32(*sum, *codes, broadcast(x, step));
            }
        }
        for (sum, run_sum) in sums.iter_mut().zip(run_sums) {
            *sum = if is_narrow::<F>() {
                _mm512_dpwssd_epi32(*sum, run_sum, scale)
            } else {
                _mm512_add_epi32(*sum, _mm512_mullo_epi32(run_sum, scale))
            };
        }
    }
}

/// The same without scales.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn add_plain<const N: usize>(codes: &[__m512i; 8], x: [&[i8; 32]; N], sums: &mut [__m512i; N]) {
    for (step, codes) in codes.iter().enumerate() {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum = _mm512_dpbusd_epi32(*sum, *codes, broadcast(x, step));
        }
    }
}

/// Four columns of a token, for each row.
#[inline]
#[target_feature(enable = "avx512f")]
fn broadcast(x: &[i8; 32], step: usize) -> __m512i {
    let four = &x.as_chunks::<4>().0[step];
    _mm512_set1_epi32(i32::from_ne_bytes(four.map(|code| code as u8)))
}

pub const fn has_minimums<F: Whole>() -> bool {
    F::MINIMUMS || offset::<F>() != 0
}

pub const fn pairs<F: Whole>() -> usize {
    256 / F::SUB / 2
}

/// Adds the products of two sub-blocks' minimums with the sums of a token.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn add_minimums<F: Whole>(minimums: __m512i, pair: usize, x: &Rounded256, less: __m512i) -> __m512i {
    let sums = if F::SUB == 16 { x.sums16.as_chunks::<2>().0[pair] } else { x.sums32.as_chunks::<2>().0[pair] };
    let sums = _mm512_set1_epi32(i32::from(sums[0]) & 0xffff | i32::from(sums[1]) << 16);
    _mm512_dpwssd_epi32(less, minimums, sums)
}

/// Brings whole-numbered sums, less minimums or what offsets made of them, to the others.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn finish<F: Whole>(
    whole: __m512i,
    less: __m512i,
    first: __m512,
    second: __m512,
    x: &Rounded256,
    sum: __m512,
) -> __m512 {
    let whole = if offset::<F>() == 0 { whole } else { _mm512_sub_epi32(whole, less) };
    finish_exact::<F>(whole, less, first, second, x, sum)
}

/// Brings whole-numbered sums, less minimums, to the others; what was multiplied had no offset.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn finish_exact<F: Whole>(
    whole: __m512i,
    less: __m512i,
    first: __m512,
    second: __m512,
    x: &Rounded256,
    sum: __m512,
) -> __m512 {
    let scale = _mm512_set1_ps(x.scale);
    let sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(first, scale), sum);
    if !F::MINIMUMS {
        return sum;
    }
    _mm512_fnmadd_ps(_mm512_cvtepi32_ps(less), _mm512_mul_ps(second, scale), sum)
}
