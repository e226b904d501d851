//! TQ1_0 with one token or two: blocks are multiplied as they lie, as many rows at a time as fill a vector.
//!
//! The first 32 bytes of a block, the 16 after them and the last 4 have five digits each, or four, of which each brings the next
//! by tripling. So a vector is those bytes of two rows, of four, or of all 16.

use std::arch::x86_64::*;

use super::units::units;
use super::vectors::write;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::format::{Block, TQ1_0};
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub fn strip<const N: usize>(w: Strip<'_>, x: [&[Rounded256]; N], out: [&mut Sums; N]) {
    let mut sums = [_mm512_setzero_ps(); N];
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * TQ1_0::BYTES).enumerate() {
        read_ahead(w, group * TILE_ROWS * TQ1_0::BYTES, TILE_ROWS * TQ1_0::BYTES);
        let x = x.map(|x| &x[group]);
        let units = units::<TQ1_0>(blocks);
        for ((sum, whole), x) in sums.iter_mut().zip(digits::<N>(blocks, x)).zip(x) {
            // Digits are one above what they mean.
            let above = x.sums32.iter().map(|sum| i32::from(*sum)).sum();
            let whole = _mm512_sub_epi32(whole, _mm512_set1_epi32(above));
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(units, _mm512_set1_ps(x.scale)), *sum);
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// Blocks of 16 rows with some tokens: a sum for each row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn digits<const N: usize>(blocks: &[u8], x: [&Rounded256; N]) -> [__m512i; N] {
    assert!(blocks.len() == TILE_ROWS * TQ1_0::BYTES, "blocks of 16 rows");
    let start = blocks.as_ptr();
    let zero = _mm512_setzero_si512();
    let mut fours = [[zero; 4]; N];
    for (four, first) in (0..TILE_ROWS).step_by(4).enumerate() {
        let mut twos = [[zero; 2]; N];
        for two in 0..2 {
            // SAFETY: 32 of each block's 54 bytes.
            let mut bytes = unsafe {
                let row = |row: usize| _mm256_loadu_si256(start.add((first + 2 * two + row) * TQ1_0::BYTES).cast());
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(row(0)), row(1))
            };
            for digit in 0..5 {
                let digits = highest(bytes);
                for (twos, x) in twos.iter_mut().zip(x) {
                    // SAFETY: 32 of 256 codes.
                    let x = unsafe { _mm256_load_si256(x.codes.as_ptr().add(32 * digit).cast()) };
                    twos[two] = _mm512_dpbusd_epi32(twos[two], digits, _mm512_broadcast_i64x4(x));
                }
                bytes = triple(bytes);
            }
        }
        // SAFETY: 16 of each block's 54 bytes, from byte 32 on.
        let mut bytes = unsafe {
            let row = |row: usize| _mm_loadu_si128(start.add((first + row) * TQ1_0::BYTES + 32).cast());
            let bytes = _mm512_inserti32x4::<1>(_mm512_castsi128_si512(row(0)), row(1));
            _mm512_inserti32x4::<3>(_mm512_inserti32x4::<2>(bytes, row(2)), row(3))
        };
        for digit in 0..5 {
            let digits = highest(bytes);
            for (fours, x) in fours.iter_mut().zip(x) {
                // SAFETY: 16 of 256 codes.
                let x = unsafe { _mm_load_si128(x.codes.as_ptr().add(160 + 16 * digit).cast()) };
                fours[four] = _mm512_dpbusd_epi32(fours[four], digits, _mm512_broadcast_i32x4(x));
            }
            bytes = triple(bytes);
        }
        for (fours, [a, b]) in fours.iter_mut().zip(twos) {
            // Eight sums of each row become four.
            let even = _mm512_shuffle_i32x4::<0b10_00_10_00>(a, b);
            let odd = _mm512_shuffle_i32x4::<0b11_01_11_01>(a, b);
            fours[four] = _mm512_add_epi32(fours[four], _mm512_add_epi32(even, odd));
        }
    }
    let mut whole = fours.map(|fours| across(&fours));
    let mut words = [0u32; TILE_ROWS];
    for (word, block) in words.iter_mut().zip(blocks.chunks_exact(TQ1_0::BYTES)) {
        *word = block[48..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    }
    // SAFETY: 16 words.
    let mut bytes = unsafe { _mm512_loadu_si512(words.as_ptr().cast()) };
    for digit in 0..4 {
        let digits = highest(bytes);
        for (whole, x) in whole.iter_mut().zip(x) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| x.codes[240 + 4 * digit + i] as u8);
            let x = _mm512_set1_epi32(i32::from_le_bytes([a, b, c, d]));
            *whole = _mm512_dpbusd_epi32(*whole, digits, x);
        }
        bytes = triple(bytes);
    }
    whole
}

/// The highest digit of each byte, which is a fraction of 256: whether it is at least a third, and two thirds.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn highest(bytes: __m512i) -> __m512i {
    // Three quarters of what is one less, rounded up, reach 64 at 86 and 128 at 171.
    let less = _mm512_subs_epu8(bytes, _mm512_set1_epi8(1));
    let part = _mm512_avg_epu8(less, _mm512_avg_epu8(less, _mm512_setzero_si512()));
    _mm512_and_si512(_mm512_srli_epi16::<6>(part), _mm512_set1_epi8(3))
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn triple(bytes: __m512i) -> __m512i {
    _mm512_add_epi8(bytes, _mm512_add_epi8(bytes, bytes))
}

/// Four sums of four rows in each vector: one sum for each of 16 rows.
#[inline]
#[target_feature(enable = "avx512f")]
fn across(v: &[__m512i; 4]) -> __m512i {
    let two = |a, b| _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    let (a, b) = (two(v[0], v[1]), two(v[2], v[3]));
    let sums = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    // Row by row of each four; they go to four by four.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_permutexvar_epi32(order, sums)
}
