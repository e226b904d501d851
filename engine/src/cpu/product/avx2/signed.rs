//! Types whose blocks lie as in their file: signed codes of 256 columns with whole-numbered scales.
//!
//! For a few tokens a vector holds 32 columns of one row, as the points of a grid come out of their table, and sums are taken
//! across vectors once a block. For many, blocks of 16 rows become a tile as other types have it.

use std::arch::x86_64::*;
use std::hint::black_box;

use super::ahead::read_ahead;
use super::format::Block;
use super::large::{Unpacked, has_minimums, multiply, pairs};
use super::points::{ORDER, Ready, codes, unit};
use super::sums::write;
use super::unpack::{self, Chunk, Halves};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

#[target_feature(enable = "avx2,fma,f16c")]
pub fn strip<B: Block>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let row = |token: u32| x.row(token as usize);
    match (tokens, &mut *sums) {
        ([a], [p]) => few::<B, 1>(w, [*a].map(row), [p]),
        ([a, b], [p, q]) => few::<B, 2>(w, [*a, *b].map(row), [p, q]),
        _ => many::<B>(w, x, tokens, sums),
    }
}

/// What the whole-numbered sums of 16 rows are multiplied with.
#[target_feature(enable = "avx2,f16c")]
pub fn units<B: Block>(blocks: &[u8]) -> Halves<__m256> {
    let mut units = [0u16; TILE_ROWS];
    for (unit_of_row, block) in units.iter_mut().zip(blocks.chunks_exact(B::BYTES)) {
        *unit_of_row = unit::<B>(block);
    }
    let [low, high] = [0, 8].map(|first| {
        // SAFETY: eight halves from the first and from the eighth of sixteen.
        unsafe { _mm_loadu_si128(units.as_ptr().add(first).cast()) }
    });
    let factor = _mm256_set1_ps(B::UNIT);
    [_mm256_mul_ps(_mm256_cvtph_ps(low), factor), _mm256_mul_ps(_mm256_cvtph_ps(high), factor)]
}

#[target_feature(enable = "avx2,fma,f16c")]
fn few<B: Block, const N: usize>(w: Strip<'_>, x: [&[Rounded256]; N], out: [&mut Sums; N]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    let mut ready = [Ready::ZERO; 8];
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * B::BYTES).enumerate() {
        read_ahead(w, group * TILE_ROWS * B::BYTES, TILE_ROWS * B::BYTES);
        let x = x.map(|x| &x[group]);
        let units = units::<B>(blocks);
        for (half, rows) in blocks.chunks_exact(TILE_ROWS / 2 * B::BYTES).enumerate() {
            let whole = products::<B, N>(rows, x, &mut ready);
            for ((sums, whole), x) in sums.iter_mut().zip(&whole).zip(x) {
                let factor = _mm256_mul_ps(units[half], _mm256_set1_ps(x.scale));
                sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(across(whole)), factor, sums[half]);
            }
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// Blocks of eight rows with some tokens: for each token eight sums of each row.
#[inline]
#[target_feature(enable = "avx2")]
fn products<B: Block, const N: usize>(rows: &[u8], x: [&Rounded256; N], ready: &mut [Ready; 8]) -> [[__m256i; 8]; N] {
    for (ready, block) in ready.iter_mut().zip(rows.chunks_exact(B::BYTES)) {
        ready.set::<B>(block);
    }
    // The compiler would keep all of it in registers that are too few, and shuffle where a broadcast out of memory costs less.
    let ready = black_box(&*ready);
    let (order, pairs) = (black_box(&ORDER).load(), black_box(4));
    let mut whole = [[_mm256_setzero_si256(); 8]; N];
    for (row, (ready, block)) in ready.iter().zip(rows.chunks_exact(B::BYTES)).enumerate() {
        let mut sums = [_mm256_setzero_si256(); N];
        for pair in 0..pairs {
            for chunk in [2 * pair, 2 * pair + 1] {
                let (sizes, signs) = codes::<B>(block, ready, chunk);
                let scales = ready.scales::<B>(order, chunk);
                for (sum, x) in sums.iter_mut().zip(x) {
                    // SAFETY: 32 of 256 codes.
                    let x = unsafe { _mm256_load_si256(x.codes.as_ptr().add(32 * chunk).cast()) };
                    let products = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(x, signs));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(products, scales));
                }
            }
        }
        whole.iter_mut().zip(sums).for_each(|(whole, sums)| whole[row] = sums);
    }
    whole
}

/// The sums of eight vectors.
#[inline]
#[target_feature(enable = "avx2")]
pub fn across(v: &[__m256i; 8]) -> __m256i {
    let four =
        |at: usize| _mm256_hadd_epi32(_mm256_hadd_epi32(v[at], v[at + 1]), _mm256_hadd_epi32(v[at + 2], v[at + 3]));
    let (a, b) = (four(0), four(4));
    _mm256_add_epi32(_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b))
}

#[target_feature(enable = "avx2,fma,f16c")]
fn many<B: Block>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let mut unpacked = Unpacked::zero();
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * B::BYTES).enumerate() {
        unpack::<B>(blocks, &mut unpacked);
        read_ahead(w, group * TILE_ROWS * B::BYTES, TILE_ROWS * B::BYTES);
        multiply::<B>(&unpacked, group, x, tokens, sums);
    }
}

/// Blocks of 16 rows as a tile.
#[target_feature(enable = "avx2,f16c")]
fn unpack<B: Block>(blocks: &[u8], out: &mut Unpacked) {
    out.first = units::<B>(blocks);
    let mut factors = [[0u8; TILE_ROWS]; 16];
    columns::<B>(blocks, B::OFFSET, &mut out.codes, &mut factors);
    // SAFETY: a row of 16 bytes.
    let rows = |sub: usize| unsafe { _mm_loadu_si128(factors[sub].as_ptr().cast()) };
    for (chunk, scales) in out.scales.iter_mut().enumerate() {
        for (sub, scale) in scales.iter_mut().enumerate().take(32 / B::SUB) {
            *scale = unpack::spread(_mm256_broadcastsi128_si256(rows(chunk * 32 / B::SUB + sub)));
        }
    }
    if has_minimums::<B>() {
        for (pair, minimums) in out.minimums.iter_mut().enumerate().take(pairs::<B>()) {
            *minimums = unpack::pairs::<B>(rows(2 * pair), rows(2 * pair + 1));
        }
    }
}

/// The codes of blocks of 16 rows, `offset` above what they mean, as columns; and their scales, (sub-blocks, rows).
#[target_feature(enable = "avx2,f16c")]
pub fn columns<B: Block>(blocks: &[u8], offset: i32, out: &mut [Chunk; 8], factors: &mut [[u8; TILE_ROWS]; 16]) {
    let offset = _mm256_set1_epi8(offset as i8);
    let mut ready = [Ready::ZERO; 8];
    for (half, rows) in blocks.chunks_exact(TILE_ROWS / 2 * B::BYTES).enumerate() {
        // (columns of 32, rows)
        let mut columns = [[_mm256_setzero_si256(); 8]; 8];
        for (ready, block) in ready.iter_mut().zip(rows.chunks_exact(B::BYTES)) {
            ready.set::<B>(block);
        }
        for (row, (ready, block)) in black_box(&ready).iter().zip(rows.chunks_exact(B::BYTES)).enumerate() {
            for (chunk, columns) in columns.iter_mut().enumerate() {
                let (sizes, signs) = codes::<B>(block, ready, chunk);
                columns[row] = _mm256_add_epi8(_mm256_sign_epi8(sizes, signs), offset);
                for (sub, factors) in factors[chunk * 32 / B::SUB..].iter_mut().take(32 / B::SUB).enumerate() {
                    factors[half * 8 + row] = ready.scale(chunk, sub);
                }
            }
        }
        for (columns, out) in columns.iter().zip(out.iter_mut()) {
            for (step, column) in turn(columns).into_iter().enumerate() {
                out[step][half] = column;
            }
        }
    }
}

/// Eight rows of eight words: their columns.
#[inline]
#[target_feature(enable = "avx2")]
fn turn(v: &[__m256i; 8]) -> [__m256i; 8] {
    // Pairs of rows, then fours, then all.
    let two = |a: usize| [_mm256_unpacklo_epi32(v[a], v[a + 1]), _mm256_unpackhi_epi32(v[a], v[a + 1])];
    let four = |a: usize| {
        let (p, q) = (two(a), two(a + 2));
        [
            _mm256_unpacklo_epi64(p[0], q[0]),
            _mm256_unpackhi_epi64(p[0], q[0]),
            _mm256_unpacklo_epi64(p[1], q[1]),
            _mm256_unpackhi_epi64(p[1], q[1]),
        ]
    };
    let (p, q) = (four(0), four(4));
    let low = |i: usize| _mm256_permute2x128_si256::<0x20>(p[i], q[i]);
    let high = |i: usize| _mm256_permute2x128_si256::<0x31>(p[i], q[i]);
    [low(0), low(1), low(2), low(3), high(0), high(1), high(2), high(3)]
}
