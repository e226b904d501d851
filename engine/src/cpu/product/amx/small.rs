//! Types with a scale in floating point for each block of 32: tiles of 32 columns.

use std::arch::x86_64::*;

use super::batch::Batch;
use super::tiles::{self, Columns, Sums as TileSums, Tiles};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::avx512::unpack::Tile;
use crate::cpu::product::avx512::vectors::{read, write};
use crate::cpu::product::format::Format;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded32;

/// # Safety
/// There are tiles of a block's depth; the batch has the tokens' codes.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn strip<F: Format>(
    tiles: &Tiles,
    w: Strip<'_>,
    x: &Rows<Rounded32>,
    batch: &Batch<'_>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    const ZERO: TileSums = TileSums([[0; 16]; 16]);
    let float = _mm512_setzero_ps();
    let mut codes = Columns([[0; 64]; 64]);
    let (mut firsts, mut seconds) = ([float; 8], [float; 8]);
    let (mut now, mut last) = (&mut [ZERO; 8], &mut [ZERO; 8]);
    for (group, all) in w.bytes.chunks(8 * F::LAYOUT.bytes()).enumerate() {
        let blocks = all.len() / F::LAYOUT.bytes();
        for (block, tile) in all.chunks_exact(F::LAYOUT.bytes()).enumerate() {
            let tile = Tile::<F>::new(tile);
            (firsts[block], seconds[block]) = (tile.first(), tile.second());
            for step in 0..8 {
                // SAFETY: 64 bytes of a line.
                unsafe { _mm512_store_si512(codes.0[8 * block + step].as_mut_ptr().cast(), tile.signed(0, step)) };
            }
        }
        read_ahead(w, group * 8 * F::LAYOUT.bytes(), all.len());
        let (firsts, seconds) = (&firsts[..blocks], &seconds[..blocks]);
        let mut before: Option<(&[u32], &mut [Sums])> = None;
        // The sums of some tokens are finished while tiles multiply the next.
        for (number, next) in tokens.chunks(16).zip(sums.chunks_mut(16)).enumerate() {
            // SAFETY: the caller's promise.
            unsafe { tiles::blocks(tiles, batch.get(number, group), &codes, blocks, last) };
            std::mem::swap(&mut now, &mut last);
            if let Some((tokens, sums)) = before.replace(next) {
                finish::<F>(firsts, seconds, group, last, x, tokens, sums);
            }
        }
        if let Some((tokens, sums)) = before {
            finish::<F>(firsts, seconds, group, now, x, tokens, sums);
        }
    }
}

/// Brings 16 tokens' sums of blocks to the others.
#[target_feature(enable = "avx512f,avx512bw")]
fn finish<F: Format>(
    firsts: &[__m512],
    seconds: &[__m512],
    group: usize,
    products: &[TileSums; 8],
    x: &Rows<Rounded32>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    for (i, (token, sums)) in tokens.iter().zip(sums).enumerate().take(16) {
        let x = &x.row(*token as usize)[group];
        let mut sum = read(sums);
        for (((products, first), second), (scale, codes)) in
            products.iter().zip(firsts).zip(seconds).zip(x.scales.iter().zip(&x.sums))
        {
            // SAFETY: sixteen numbers.
            let whole = unsafe { _mm512_load_si512(products.0[i].as_ptr().cast()) };
            let scale = _mm512_set1_ps(*scale);
            sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(*first, scale), sum);
            if F::LAYOUT.minimums {
                sum = _mm512_fmadd_ps(_mm512_set1_ps(*codes as f32), _mm512_mul_ps(*second, scale), sum);
            }
        }
        write(sums, sum);
    }
}
