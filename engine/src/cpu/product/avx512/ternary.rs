//! TQ2_0 with one token or two: blocks are multiplied as they lie, 64 columns of one row at a time.

use std::arch::x86_64::*;

use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::avx2::signed::{across, units};
use crate::cpu::product::avx2::sums::write;
use crate::cpu::product::format::{Block, TQ2_0};
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// Sums of eight rows are made at once.
const ROWS: usize = TILE_ROWS / 2;

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub fn strip<const N: usize>(w: Strip<'_>, x: [&[Rounded256]; N], out: [&mut Sums; N]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * TQ2_0::BYTES).enumerate() {
        read_ahead(w, group * TILE_ROWS * TQ2_0::BYTES, TILE_ROWS * TQ2_0::BYTES);
        let x = x.map(|x| &x[group]);
        let units = units::<TQ2_0>(blocks);
        for (half, rows) in blocks.chunks_exact(ROWS * TQ2_0::BYTES).enumerate() {
            let whole = digits::<N>(rows, x);
            for ((sums, whole), x) in sums.iter_mut().zip(&whole).zip(x) {
                // Digits are one above what they mean.
                let above = x.sums32.iter().map(|sum| i32::from(*sum)).sum();
                let whole = _mm256_sub_epi32(across(whole), _mm256_set1_epi32(above));
                let factor = _mm256_mul_ps(units[half], _mm256_set1_ps(x.scale));
                sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), factor, sums[half]);
            }
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// Blocks of eight rows with some tokens: for each token eight sums of each row. A column has two bits, of 32 bytes the lowest
/// ones first.
#[inline]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512vnni")]
fn digits<const N: usize>(rows: &[u8], x: [&Rounded256; N]) -> [[__m256i; ROWS]; N] {
    let mut whole = [[_mm256_setzero_si256(); ROWS]; N];
    for (row, block) in rows.chunks_exact(TQ2_0::BYTES).enumerate() {
        assert!(block.len() >= 64, "a block");
        // SAFETY: 64 bytes of a block's 66.
        let bits = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let mut sums = [_mm512_setzero_si512(); N];
        let mut add = |digits: __m512i, at: usize| {
            let digits = _mm512_and_si512(digits, _mm512_set1_epi8(3));
            for (sum, x) in sums.iter_mut().zip(x) {
                let x = x.codes.as_ptr();
                // SAFETY: 32 of 256 codes from columns `32 * at` and 128 later.
                let (low, high) = unsafe {
                    (_mm256_load_si256(x.add(32 * at).cast()), _mm256_load_si256(x.add(128 + 32 * at).cast()))
                };
                let x = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
                *sum = _mm512_dpbusd_epi32(*sum, digits, x);
            }
        };
        add(bits, 0);
        add(_mm512_srli_epi16::<2>(bits), 1);
        add(_mm512_srli_epi16::<4>(bits), 2);
        add(_mm512_srli_epi16::<6>(bits), 3);
        whole.iter_mut().zip(sums).for_each(|(whole, sums)| whole[row] = fold(sums));
    }
    whole
}

/// Sixteen sums into eight.
#[inline]
#[target_feature(enable = "avx2,avx512f")]
fn fold(sums: __m512i) -> __m256i {
    _mm256_add_epi32(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64::<1>(sums))
}
