//! K types and IQ4_XS: tiles of 256 columns with whole-numbered scales of sub-blocks.

use std::arch::x86_64::*;

use super::format::Format;
use super::sums::{Whole, add, read, write};
use super::unpack::{Chunk, Halves, Tile};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// Tokens that are multiplied at once: as many as registers hold sums for.
const TOGETHER: usize = 4;

/// A tile, unpacked.
struct Unpacked {
    codes: [Chunk; 8],
    scales: [[Halves<__m256i>; 2]; 8],
    minimums: [Halves<__m256i>; 8],
    first: Halves<__m256>,
    second: Halves<__m256>,
}

#[target_feature(enable = "avx2,fma,f16c")]
pub fn strip<F: Format>(bytes: &[u8], x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let tiles = bytes.chunks_exact(F::LAYOUT.bytes());
    if let ([token], [sums]) = (tokens, &mut *sums) {
        let mut sum = [_mm256_setzero_ps(); 2];
        for (tile, x) in tiles.zip(x.row(*token as usize)) {
            one::<F>(&Tile::new(tile), x, &mut sum);
        }
        return write(sums, sum);
    }
    for (group, tile) in tiles.enumerate() {
        let unpacked = unpack(&Tile::<F>::new(tile));
        let x = |token: u32| &x.row(token as usize)[group];
        let (fours, rest) = tokens.as_chunks::<TOGETHER>();
        let (four_sums, rest_sums) = sums.as_chunks_mut::<TOGETHER>();
        for (tokens, sums) in fours.iter().zip(four_sums) {
            several::<F, TOGETHER>(&unpacked, tokens.map(x), sums);
        }
        match (rest, rest_sums) {
            ([a, b, c], [p, q, r]) => {
                let mut three = [*p, *q, *r];
                several::<F, 3>(&unpacked, [*a, *b, *c].map(x), &mut three);
                [*p, *q, *r] = three;
            }
            ([a, b], [p, q]) => {
                let mut two = [*p, *q];
                several::<F, 2>(&unpacked, [*a, *b].map(x), &mut two);
                [*p, *q] = two;
            }
            ([a], [p]) => several::<F, 1>(&unpacked, [x(*a)], std::array::from_mut(p)),
            _ => {}
        }
    }
}

/// A tile with one token.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn one<F: Format>(tile: &Tile<'_, F>, x: &Rounded256, sum: &mut Halves<__m256>) {
    let mut whole = [[_mm256_setzero_si256(); 2]; 1];
    for (chunk, x) in x.codes.as_chunks::<32>().0.iter().enumerate() {
        add::<F, 1>(&tile.codes(chunk), &tile.scales(chunk), [x], &mut whole);
    }
    finish::<F>(whole[0], |pair| tile.minimums(pair), tile.first(), tile.second(), x, sum);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn unpack<F: Format>(tile: &Tile<'_, F>) -> Unpacked {
    let zero = _mm256_setzero_si256();
    let mut out = Unpacked {
        codes: [[[zero; 2]; 8]; 8],
        scales: [[[zero; 2]; 2]; 8],
        minimums: [[zero; 2]; 8],
        first: tile.first(),
        second: tile.second(),
    };
    for chunk in 0..8 {
        out.codes[chunk] = tile.codes(chunk);
        out.scales[chunk] = tile.scales(chunk);
    }
    if has_minimums::<F>() {
        for pair in 0..pairs::<F>() {
            out.minimums[pair] = tile.minimums(pair);
        }
    }
    out
}

/// A tile with several tokens.
#[target_feature(enable = "avx2,fma,f16c")]
fn several<F: Format, const N: usize>(tile: &Unpacked, x: [&Rounded256; N], sums: &mut [Sums; N]) {
    let mut whole: Whole<N> = [[_mm256_setzero_si256(); 2]; N];
    for (chunk, (codes, scales)) in tile.codes.iter().zip(&tile.scales).enumerate() {
        add::<F, N>(codes, scales, x.map(|x| &x.codes.as_chunks::<32>().0[chunk]), &mut whole);
    }
    for ((sums, whole), x) in sums.iter_mut().zip(whole).zip(x) {
        let mut sum = read(sums);
        finish::<F>(whole, |pair| tile.minimums[pair], tile.first, tile.second, x, &mut sum);
        write(sums, sum);
    }
}

const fn has_minimums<F: Format>() -> bool {
    F::LAYOUT.minimums || F::OFFSET != 0
}

const fn pairs<F: Format>() -> usize {
    256 / F::LAYOUT.sub / 2
}

/// Brings whole-numbered sums, less minimums, to the others.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn finish<F: Format>(
    mut whole: Halves<__m256i>,
    minimums: impl Fn(usize) -> Halves<__m256i>,
    first: Halves<__m256>,
    second: Halves<__m256>,
    x: &Rounded256,
    sum: &mut Halves<__m256>,
) {
    let mut less = [_mm256_setzero_si256(); 2];
    if has_minimums::<F>() {
        let sums: &[i16] = if F::LAYOUT.sub == 16 { &x.sums16 } else { &x.sums32 };
        for (pair, sums) in sums.as_chunks::<2>().0.iter().enumerate() {
            let sums = _mm256_set1_epi32(i32::from(sums[0]) & 0xffff | i32::from(sums[1]) << 16);
            for (less, minimums) in less.iter_mut().zip(minimums(pair)) {
                *less = _mm256_add_epi32(*less, _mm256_madd_epi16(minimums, sums));
            }
        }
    }
    let scale = _mm256_set1_ps(x.scale);
    for half in 0..2 {
        if F::OFFSET != 0 {
            whole[half] = _mm256_sub_epi32(whole[half], less[half]);
        }
        let factor = _mm256_mul_ps(first[half], scale);
        sum[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[half]), factor, sum[half]);
        if F::LAYOUT.minimums {
            let factor = _mm256_mul_ps(second[half], scale);
            sum[half] = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(less[half]), factor, sum[half]);
        }
    }
}
