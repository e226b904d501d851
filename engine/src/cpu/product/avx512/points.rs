//! IQ2_XXS, IQ2_XS and IQ3_XXS with a few tokens, by the shuffles of AVX-512 VBMI and the bit matrices of GFNI.
//!
//! 64 points at once, four of each of 16 rows, are looked up in tables that fill a few registers: an entry has the numbers of some
//! weights' levels, and another shuffle makes a level of each. So a vector holds one weight of each of 64 points, and activations
//! are put into the order that meets them. Signs are given to activations.

use std::arch::x86_64::*;

use super::levels::{IQ2_XS, IQ2_XXS, IQ3_XXS, THREE_BITS, TWO_BITS, Table, load};
use super::units::units;
use super::vectors::write;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::format::{self, Block};
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;
use crate::quant::GgmlType as T;

/// Whether there is a kernel for a type, on this processor.
pub fn serves(kind: T) -> bool {
    let has_kernel = matches!(kind, T::IQ2_XXS | T::IQ2_XS | T::IQ3_XXS);
    has_kernel && is_x86_feature_detected!("avx512vbmi") && is_x86_feature_detected!("gfni")
}

/// # Safety
/// This [`serves`] the type.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni,avx512vbmi,gfni")]
pub unsafe fn strip<B: Block, const N: usize>(w: Strip<'_>, x: [&[Rounded256]; N], out: [&mut Sums; N]) {
    let mut sums = [_mm512_setzero_ps(); N];
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * B::BYTES).enumerate() {
        read_ahead(w, group * TILE_ROWS * B::BYTES, TILE_ROWS * B::BYTES);
        let x = x.map(|x| &x[group]);
        let units = units::<B>(blocks);
        let turned = x.map(|x| turned::<B>(x));
        let whole = match B::KIND {
            T::IQ2_XS => words(blocks, &turned),
            _ => bytes::<B, N>(blocks, &turned),
        };
        for ((sum, whole), x) in sums.iter_mut().zip(whole).zip(x) {
            *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(units, _mm512_set1_ps(x.scale)), *sum);
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// Codes of 256 columns: for each weight of four points those that it meets.
type Turned = [u32; 64];

/// Puts codes into the order of points.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn turned<B: Block>(x: &Rounded256) -> Turned {
    let order: Table<64> = const {
        let weights = if matches!(B::KIND, T::IQ3_XXS) { 4 } else { 8 };
        let mut order = [0; 64];
        let mut at = 0;
        while at < 64 {
            // Four points after the other, of each weight after weight.
            let (four, weight, point) = (at / (4 * weights), at / 4 % weights, at % 4);
            order[at] = (four * 4 * weights + point * weights + weight) as u8;
            at += 1;
        }
        Table(order)
    };
    let order = load(&order.0, 0);
    let mut out = [0; 64];
    for part in 0..4 {
        // SAFETY: 64 of 256 codes, and 16 words of 64.
        unsafe {
            let codes = _mm512_loadu_si512(x.codes.as_ptr().add(64 * part).cast());
            _mm512_storeu_si512(out.as_mut_ptr().add(16 * part).cast(), _mm512_permutexvar_epi8(order, codes));
        }
    }
    out
}

/// Types whose points are bytes, with a word of signs and a scale for each 32 columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vbmi,gfni")]
fn bytes<B: Block, const N: usize>(blocks: &[u8], x: &[Turned; N]) -> [__m512i; N] {
    let mut whole = [_mm512_setzero_si512(); N];
    let is_two = matches!(B::KIND, T::IQ2_XXS);
    // Words of the first and the last 32 bytes behind a block's unit; and of the others, where points fill those.
    let parts: [[__m512i; 8]; 3] = [
        rows_of_words::<B>(blocks, 2),
        rows_of_words::<B>(blocks, 34),
        if is_two { [_mm512_setzero_si512(); 8] } else { rows_of_words::<B>(blocks, 66) },
    ];
    for chunk in 0..8 {
        let word = |at: usize| parts[at / 8][at % 8];
        let rest = if is_two { word(2 * chunk + 1) } else { word(16 + chunk) };
        let signs = signs_of_sevens(rest);
        let scales = _mm512_slli_epi32::<1>(_mm512_srli_epi32::<28>(rest));
        let scales = _mm512_or_si512(scales, _mm512_set1_epi32(1));
        let mut sums = [_mm512_setzero_si512(); N];
        let mut add = |weights: __m512i, at: usize, negative: __mmask64| {
            for (sum, x) in sums.iter_mut().zip(x) {
                let x = _mm512_set1_epi32(x[8 * chunk + at] as i32);
                let x = _mm512_mask_sub_epi8(x, negative, _mm512_setzero_si512(), x);
                *sum = _mm512_dpbusd_epi32(*sum, weights, x);
            }
        };
        if is_two {
            let [first, second] = numbers_of_256(&IQ2_XXS, word(2 * chunk));
            for (half, numbers) in [first, second].into_iter().enumerate() {
                for (at, weights) in of_two_bits(numbers).into_iter().enumerate() {
                    let at = 4 * half + at;
                    add(weights, at, _mm512_test_epi8_mask(signs, _mm512_set1_epi8((1 << at) as i8)));
                }
            }
        } else {
            // Of each byte of signs the lower half is a point's, the upper half the next one's.
            for half in 0..2 {
                let numbers = numbers_of_256(&IQ3_XXS, word(2 * chunk + half));
                let signs = signs_of_fours(signs, half);
                for (pair, numbers) in numbers.into_iter().enumerate() {
                    for (i, table) in THREE_BITS.iter().enumerate() {
                        let at = 2 * pair + i;
                        let negative = _mm512_test_epi8_mask(signs, _mm512_set1_epi8(1 << at));
                        add(_mm512_permutexvar_epi8(numbers, load(&table.0, 0)), 4 * half + at, negative);
                    }
                }
            }
        }
        for (whole, sum) in whole.iter_mut().zip(sums) {
            *whole = _mm512_add_epi32(*whole, _mm512_mullo_epi32(sum, scales));
        }
    }
    whole
}

/// IQ2_XS: points of nine bits beside seven signs, and a scale for each 16 columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx512vbmi,gfni")]
fn words<const N: usize>(blocks: &[u8], x: &[Turned; N]) -> [__m512i; N] {
    let mut whole = [_mm512_setzero_si512(); N];
    let parts = [rows_of_words::<format::IQ2_XS>(blocks, 2), rows_of_words::<format::IQ2_XS>(blocks, 34)];
    let mut scales = [[0u32; TILE_ROWS]; 2];
    for (row, block) in blocks.chunks_exact(format::IQ2_XS::BYTES).enumerate() {
        for (scales, bytes) in scales.iter_mut().zip(block[66..].as_chunks::<4>().0) {
            scales[row] = u32::from_le_bytes(*bytes);
        }
    }
    for chunk in 0..8 {
        let word = |at: usize| parts[at / 8][at % 8];
        let (a, b) = (word(2 * chunk), word(2 * chunk + 1));
        // The lower and the upper bytes of four points each.
        let low = _mm512_set1_epi16(255);
        let numbers = bytes_of_pairs(_mm512_and_si512(a, low), _mm512_and_si512(b, low));
        let upper = bytes_of_pairs(_mm512_srli_epi16::<8>(a), _mm512_srli_epi16::<8>(b));
        let ninth = _mm512_test_epi8_mask(upper, _mm512_set1_epi8(1));
        // Bits 1 to 7 as 0 to 6, and whether they are odd.
        let signs = _mm512_gf2p8affine_epi64_epi8::<0>(upper, _mm512_set1_epi64(0x0204_0810_2040_80fe_u64 as i64));
        // SAFETY: 16 words.
        let scales = unsafe { _mm512_loadu_si512(scales[chunk / 4].as_ptr().cast()) };
        let scales = _mm512_srl_epi32(scales, _mm_cvtsi32_si128(8 * (chunk % 4) as i32));
        let scales = _mm512_and_si512(scales, _mm512_set1_epi32(255));
        let scales = _mm512_or_si512(scales, _mm512_slli_epi32::<12>(scales));
        let scales = _mm512_slli_epi16::<1>(_mm512_and_si512(scales, _mm512_set1_epi32(0x000f_000f)));
        let scales = _mm512_or_si512(scales, _mm512_set1_epi16(1));
        for (half, table) in IQ2_XS.iter().enumerate() {
            let numbers = numbers_of_512(table, numbers, ninth);
            let weights = of_two_bits(numbers);
            for two in 0..2 {
                let at = [0, 1].map(|i| 4 * half + 2 * two + i);
                let negative = at.map(|at| _mm512_test_epi8_mask(signs, _mm512_set1_epi8((1 << at) as i8)));
                for (whole, x) in whole.iter_mut().zip(x) {
                    let product = |i: usize| {
                        let x = _mm512_set1_epi32(x[8 * chunk + at[i]] as i32);
                        let x = _mm512_mask_sub_epi8(x, negative[i], _mm512_setzero_si512(), x);
                        _mm512_maddubs_epi16(weights[2 * two + i], x)
                    };
                    // Four products of up to 43 by 127 fit into 16 bits.
                    *whole = _mm512_dpwssd_epi32(*whole, _mm512_add_epi16(product(0), product(1)), scales);
                }
            }
        }
    }
    whole
}

/// The bytes of pairs of 16 bits: of each word of `a` two, then two of the word of `b`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn bytes_of_pairs(a: __m512i, b: __m512i) -> __m512i {
    let order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
    _mm512_shuffle_epi8(_mm512_packus_epi16(a, b), order)
}

/// Levels by numbers of two bits, four in each byte.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi")]
fn of_two_bits(numbers: __m512i) -> [__m512i; 4] {
    let level = |numbers, at: usize| _mm512_permutexvar_epi8(numbers, load(&TWO_BITS[at].0, 0));
    // A shuffle looks at six bits: the last two must come down.
    let last = _mm512_srli_epi16::<2>(numbers);
    [level(numbers, 0), level(numbers, 1), level(numbers, 2), level(last, 2)]
}

/// What two tables have for 64 bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn numbers_of_256(tables: &[Table<256>; 2], at: __m512i) -> [__m512i; 2] {
    let (seventh, eighth) = (_mm512_test_epi8_mask(at, _mm512_set1_epi8(64)), _mm512_movepi8_mask(at));
    let entry = |table: &Table<256>| {
        let part = |part: usize| {
            let low = _mm512_permutexvar_epi8(at, load(&table.0, 2 * part));
            _mm512_mask_permutexvar_epi8(low, seventh, at, load(&table.0, 2 * part + 1))
        };
        _mm512_mask_mov_epi8(part(0), eighth, part(1))
    };
    [entry(&tables[0]), entry(&tables[1])]
}

/// What a table has for 64 numbers of nine bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn numbers_of_512(table: &Table<512>, at: __m512i, ninth: __mmask64) -> __m512i {
    let (seventh, eighth) = (_mm512_test_epi8_mask(at, _mm512_set1_epi8(64)), _mm512_movepi8_mask(at));
    let part = |part: usize| {
        let low = _mm512_permutexvar_epi8(at, load(&table.0, 2 * part));
        _mm512_mask_permutexvar_epi8(low, seventh, at, load(&table.0, 2 * part + 1))
    };
    let half = |half: usize| _mm512_mask_mov_epi8(part(2 * half), eighth, part(2 * half + 1));
    _mm512_mask_mov_epi8(half(0), ninth, half(1))
}

/// Four times seven signs as bytes, of which the eighth bit makes their number even.
#[inline]
#[target_feature(enable = "avx512f,avx512vbmi,gfni")]
fn signs_of_sevens(words: __m512i) -> __m512i {
    // Bytes from bits 0, 7, 14 and 21 of both halves on.
    let bytes = _mm512_multishift_epi64_epi8(_mm512_set1_epi64(0x352e_2720_150e_0700), words);
    _mm512_gf2p8affine_epi64_epi8::<0>(bytes, _mm512_set1_epi64(0x0102_0408_1020_407f))
}

/// Of four bytes, each the signs of two points of four, those of the first four points or of the last.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn signs_of_fours(signs: __m512i, half: usize) -> __m512i {
    let first = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 1, 1, 4, 4, 5, 5, 8, 8, 9, 9, 12, 12, 13, 13));
    let order = _mm512_add_epi8(first, _mm512_set1_epi8(2 * half as i8));
    let twice = _mm512_shuffle_epi8(signs, order);
    // The upper half of each second byte.
    _mm512_mask_mov_epi8(twice, 0xaaaa_aaaa_aaaa_aaaa, _mm512_srli_epi16::<4>(twice))
}

/// Eight words of each of 16 rows, from byte `at` of their blocks on: (words, rows).
#[inline]
#[target_feature(enable = "avx512f")]
fn rows_of_words<B: Block>(blocks: &[u8], at: usize) -> [__m512i; 8] {
    assert!(blocks.len() == TILE_ROWS * B::BYTES && at + 32 <= B::BYTES, "blocks of 16 rows");
    let row = |row: usize| {
        // SAFETY: 32 bytes of a block.
        let load = |row: usize| unsafe { _mm256_loadu_si256(blocks.as_ptr().add(row * B::BYTES + at).cast()) };
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(load(row)), load(row + 8))
    };
    // Pairs of rows, then fours, then all eight, in both halves alike.
    let two = |a: usize| {
        let (a, b) = (row(a), row(a + 1));
        [_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b)]
    };
    let four = |a: usize| {
        let (p, q) = (two(a), two(a + 2));
        [
            _mm512_unpacklo_epi64(p[0], q[0]),
            _mm512_unpackhi_epi64(p[0], q[0]),
            _mm512_unpacklo_epi64(p[1], q[1]),
            _mm512_unpackhi_epi64(p[1], q[1]),
        ]
    };
    let (p, q) = (four(0), four(4));
    let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    let take = |i: usize, order| _mm512_permutex2var_epi64(p[i], order, q[i]);
    [take(0, low), take(1, low), take(2, low), take(3, low), take(0, high), take(1, high), take(2, high), take(3, high)]
}
