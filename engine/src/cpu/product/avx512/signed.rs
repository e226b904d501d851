//! Types whose blocks lie as in their file: blocks of 16 rows become a tile as other types have it, for more than a few tokens.
//! For those, blocks are multiplied as they are, in `ternary.rs`, `fives.rs` and `points.rs` or by the kernels for AVX2.

use std::arch::x86_64::*;

use super::large::{Unpacked, multiply};
use super::sums::{has_minimums, pairs, ready};
use super::units::units;
use super::{fives, points, ternary, unpack};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::avx2::signed;
use crate::cpu::product::avx2::unpack::Chunk;
use crate::cpu::product::format::Block;
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;
use crate::quant::GgmlType;

/// Tokens up to which blocks are multiplied as they are.
const FEW: usize = 2;

#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub fn strip<B: Block>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let row = |token: u32| x.row(token as usize);
    // Digits need no table.
    match (B::KIND, tokens, &mut *sums) {
        (GgmlType::TQ2_0, [a], [p]) => return ternary::strip::<1>(w, [*a].map(row), [p]),
        (GgmlType::TQ2_0, [a, b], [p, q]) => return ternary::strip::<2>(w, [*a, *b].map(row), [p, q]),
        (GgmlType::TQ1_0, [a], [p]) => return fives::strip::<1>(w, [*a].map(row), [p]),
        (GgmlType::TQ1_0, [a, b], [p, q]) => return fives::strip::<2>(w, [*a, *b].map(row), [p, q]),
        // SAFETY: the processor has what the kernel asks for.
        (kind, [a], [p]) if points::serves(kind) => unsafe { return points::strip::<B, 1>(w, [*a].map(row), [p]) },
        // SAFETY: the same.
        (kind, [a, b], [p, q]) if points::serves(kind) => unsafe {
            return points::strip::<B, 2>(w, [*a, *b].map(row), [p, q]);
        },
        _ if tokens.len() <= FEW => return signed::strip::<B>(w, x, tokens, sums),
        _ => {}
    }
    let mut unpacked = Unpacked::zero();
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * B::BYTES).enumerate() {
        unpack::<B>(blocks, &mut unpacked);
        read_ahead(w, group * TILE_ROWS * B::BYTES, TILE_ROWS * B::BYTES);
        multiply::<B>(&unpacked, group, x, tokens, sums);
    }
}

/// Blocks of 16 rows as a tile.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw")]
fn unpack<B: Block>(blocks: &[u8], out: &mut Unpacked) {
    out.first = units::<B>(blocks);
    let mut factors = [[0u8; TILE_ROWS]; 16];
    // SAFETY: both are 8 times 8 times 64 bytes, and any bytes are vectors.
    let codes = unsafe { &mut *(&raw mut out.codes).cast::<[Chunk; 8]>() };
    signed::columns::<B>(blocks, B::OFFSET, codes, &mut factors);
    for (chunk, scales) in out.scales.iter_mut().enumerate() {
        for (sub, scale) in scales.iter_mut().enumerate().take(32 / B::SUB) {
            *scale = ready::<B>(factor(&factors, chunk * 32 / B::SUB + sub));
        }
    }
    if has_minimums::<B>() {
        for (pair, minimums) in out.minimums.iter_mut().enumerate().take(pairs::<B>()) {
            // SAFETY: rows of 16 bytes.
            let [a, b] = [0, 1].map(|i| unsafe { _mm_loadu_si128(factors[2 * pair + i].as_ptr().cast()) });
            *minimums = unpack::pairs::<B>(a, b);
        }
    }
}

/// A sub-block's scale for each row.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn factor(factors: &[[u8; TILE_ROWS]; 16], sub: usize) -> __m512i {
    // SAFETY: a row of 16 bytes.
    _mm512_cvtepu8_epi32(unsafe { _mm_loadu_si128(factors[sub].as_ptr().cast()) })
}
