//! Types with a scale in floating point for each block of 32: tiles of 32 columns.

use std::arch::x86_64::*;

use super::format::Format;
use super::sums::{Whole, add, ones, read, write};
use super::unpack::{Chunk, Halves, Tile};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded32;

/// Tokens that are multiplied at once: as many as registers hold sums for.
const TOGETHER: usize = 4;

/// A tile, unpacked.
#[derive(Clone, Copy)]
struct Unpacked {
    codes: Chunk,
    first: Halves<__m256>,
    second: Halves<__m256>,
}

#[target_feature(enable = "avx2,fma,f16c")]
pub fn strip<F: Format>(bytes: &[u8], x: &Rows<Rounded32>, tokens: &[u32], sums: &mut [Sums]) {
    let groups = bytes.chunks(8 * F::LAYOUT.bytes());
    if let ([token], [sums]) = (tokens, &mut *sums) {
        let mut sum = [[_mm256_setzero_ps(); 2]];
        for (tiles, x) in groups.zip(x.row(*token as usize)) {
            for (block, tile) in tiles.chunks_exact(F::LAYOUT.bytes()).enumerate() {
                multiply::<F, 1>(&unpack(&Tile::<F>::new(tile)), block, [x], &mut sum);
            }
        }
        return write(sums, sum[0]);
    }
    for (group, tiles) in groups.enumerate() {
        let zero = Unpacked {
            codes: [[_mm256_setzero_si256(); 2]; 8],
            first: [_mm256_setzero_ps(); 2],
            second: [_mm256_setzero_ps(); 2],
        };
        let mut unpacked = [zero; 8];
        let blocks = tiles.len() / F::LAYOUT.bytes();
        for (unpacked, tile) in unpacked.iter_mut().zip(tiles.chunks_exact(F::LAYOUT.bytes())) {
            *unpacked = unpack(&Tile::<F>::new(tile));
        }
        let unpacked = &unpacked[..blocks];
        let x = |token: u32| &x.row(token as usize)[group];
        let (fours, rest) = tokens.as_chunks::<TOGETHER>();
        let (four_sums, rest_sums) = sums.as_chunks_mut::<TOGETHER>();
        for (tokens, sums) in fours.iter().zip(four_sums) {
            several::<F, TOGETHER>(unpacked, tokens.map(x), sums);
        }
        match (rest, rest_sums) {
            ([a, b, c], [p, q, r]) => {
                let mut three = [*p, *q, *r];
                several::<F, 3>(unpacked, [*a, *b, *c].map(x), &mut three);
                [*p, *q, *r] = three;
            }
            ([a, b], [p, q]) => {
                let mut two = [*p, *q];
                several::<F, 2>(unpacked, [*a, *b].map(x), &mut two);
                [*p, *q] = two;
            }
            ([a], [p]) => several::<F, 1>(unpacked, [x(*a)], std::array::from_mut(p)),
            _ => {}
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
fn unpack<F: Format>(tile: &Tile<'_, F>) -> Unpacked {
    Unpacked { codes: tile.codes(0), first: tile.first(), second: tile.second() }
}

/// A group of tiles with several tokens.
#[target_feature(enable = "avx2,fma,f16c")]
fn several<F: Format, const N: usize>(tiles: &[Unpacked], x: [&Rounded32; N], sums: &mut [Sums; N]) {
    let mut sum = [[_mm256_setzero_ps(); 2]; N];
    for (sum, sums) in sum.iter_mut().zip(&*sums) {
        *sum = read(sums);
    }
    for (block, tile) in tiles.iter().enumerate().take(8) {
        multiply::<F, N>(tile, block, x, &mut sum);
    }
    for (sum, sums) in sum.into_iter().zip(sums) {
        write(sums, sum);
    }
}

/// A tile, which is block number `block` of its group.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn multiply<F: Format, const N: usize>(
    tile: &Unpacked,
    block: usize,
    x: [&Rounded32; N],
    sums: &mut [Halves<__m256>; N],
) {
    let mut whole: Whole<N> = [[_mm256_setzero_si256(); 2]; N];
    add::<F, N>(&tile.codes, &ones(), x.map(|x| &x.codes.as_chunks::<32>().0[block]), &mut whole);
    for ((sums, whole), x) in sums.iter_mut().zip(whole).zip(x) {
        let scale = _mm256_set1_ps(x.scales[block]);
        let less = _mm256_set1_epi32(F::OFFSET * x.sums[block]);
        for half in 0..2 {
            let whole = if F::OFFSET == 0 { whole[half] } else { _mm256_sub_epi32(whole[half], less) };
            let factor = _mm256_mul_ps(tile.first[half], scale);
            sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), factor, sums[half]);
            if F::LAYOUT.minimums {
                let factor = _mm256_mul_ps(tile.second[half], scale);
                sums[half] = _mm256_fmadd_ps(_mm256_set1_ps(x.sums[block] as f32), factor, sums[half]);
            }
        }
    }
}
