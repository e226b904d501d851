//! What blocks of types that lie as in their file are multiplied with.

use std::arch::x86_64::*;

use crate::cpu::product::avx2::signed;
use crate::cpu::product::format::Block;

/// What the whole-numbered sums of 16 rows are multiplied with.
#[target_feature(enable = "avx2,f16c,avx512f")]
pub fn units<B: Block>(blocks: &[u8]) -> __m512 {
    let [low, high] = signed::units::<B>(blocks).map(|v| _mm256_castps_si256(v));
    _mm512_castsi512_ps(_mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high))
}
