//! Types whose blocks lie as in their file: blocks of 16 rows become bytes as tiles of other types do.

use std::arch::x86_64::*;

use super::batch::Batch;
use super::large::{Scales, Unpacked, multiply};
use super::tiles::Tiles;
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::avx2::signed::columns;
use crate::cpu::product::avx2::unpack::Chunk;
use crate::cpu::product::avx512::signed::factor;
use crate::cpu::product::avx512::units::units;
use crate::cpu::product::format::Block;
use crate::cpu::product::layout::TILE_ROWS;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// # Safety
/// There are tiles of whole depth; the batch has the tokens' codes.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vnni")]
pub unsafe fn strip<B: Block>(
    tiles: &Tiles,
    w: Strip<'_>,
    x: &Rows<Rounded256>,
    batch: &Batch<'_>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    let mut unpacked = Unpacked::zero();
    for (group, blocks) in w.bytes.chunks_exact(TILE_ROWS * B::BYTES).enumerate() {
        unpack::<B>(blocks, &mut unpacked);
        read_ahead(w, group * TILE_ROWS * B::BYTES, TILE_ROWS * B::BYTES);
        // SAFETY: the caller's promise.
        unsafe { multiply::<B>(tiles, &unpacked, group, x, batch, tokens, sums) };
    }
}

/// Blocks of 16 rows in bytes.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw")]
fn unpack<B: Block>(blocks: &[u8], out: &mut Unpacked) {
    out.first = units::<B>(blocks);
    let mut factors = [[0u8; TILE_ROWS]; 16];
    let mut codes = [[_mm512_setzero_si512(); 8]; 8];
    // SAFETY: both are 8 times 8 times 64 bytes, and any bytes are vectors.
    let halves = unsafe { &mut *(&raw mut codes).cast::<[Chunk; 8]>() };
    columns::<B>(blocks, 0, halves, &mut factors);
    let steps = B::SUB / 4;
    for (chunk, codes) in codes.iter().enumerate() {
        for (sub, codes) in codes.chunks_exact(steps).enumerate() {
            let scales = Scales::new::<B>(factor(&factors, chunk * 8 / steps + sub));
            for (step, codes) in codes.iter().enumerate() {
                scales.signed::<B>(*codes, 8 * chunk + sub * steps + step, out);
            }
        }
    }
}
