//! Types with a scale in floating point for each block of 32: tiles of 32 columns.

use std::arch::x86_64::*;

use super::ahead::read_ahead;
use super::format::{Format, Whole};
use super::sums::{Sums as Integers, add, even, ones, read, write};
use super::unpack::{Chunk, Halves, Tile};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::matrix::Strip;
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
pub fn strip<F: Format>(w: Strip<'_>, x: &Rows<Rounded32>, tokens: &[u32], sums: &mut [Sums]) {
    let row = |token: u32| x.row(token as usize);
    match (tokens, &mut *sums) {
        ([a], [p]) => few::<F, 1>(w, [*a].map(row), [p]),
        ([a, b], [p, q]) => few::<F, 2>(w, [*a, *b].map(row), [p, q]),
        ([a, b, c], [p, q, r]) => few::<F, 3>(w, [*a, *b, *c].map(row), [p, q, r]),
        ([a, b, c, d], [p, q, r, s]) => few::<F, 4>(w, [*a, *b, *c, *d].map(row), [p, q, r, s]),
        _ => many::<F>(w, x, tokens, sums),
    }
}

/// Codes are multiplied where they are unpacked.
#[target_feature(enable = "avx2,fma,f16c")]
fn few<F: Format, const N: usize>(w: Strip<'_>, x: [&[Rounded32]; N], out: [&mut Sums; N]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for (group, tiles) in w.bytes.chunks(8 * F::LAYOUT.bytes()).enumerate() {
        let x = x.map(|x| &x[group]);
        for (block, tile) in tiles.chunks_exact(F::LAYOUT.bytes()).enumerate().take(8) {
            read_ahead(w, (group * 8 + block) * F::LAYOUT.bytes(), F::LAYOUT.bytes());
            multiply::<F, N>(&unpack(&Tile::<F>::new(tile)), block, x, &mut sums);
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// A group of tiles is unpacked once and multiplied with some tokens after the others.
#[target_feature(enable = "avx2,fma,f16c")]
fn many<F: Format>(w: Strip<'_>, x: &Rows<Rounded32>, tokens: &[u32], sums: &mut [Sums]) {
    let (whole, float) = (_mm256_setzero_si256(), _mm256_setzero_ps());
    let mut unpacked = [Unpacked { codes: [[whole; 2]; 8], first: [float; 2], second: [float; 2] }; 8];
    for (group, tiles) in w.bytes.chunks(8 * F::LAYOUT.bytes()).enumerate() {
        let mut blocks = 0;
        for (unpacked, tile) in unpacked.iter_mut().zip(tiles.chunks_exact(F::LAYOUT.bytes())) {
            *unpacked = unpack(&Tile::<F>::new(tile));
            blocks += 1;
        }
        read_ahead(w, group * 8 * F::LAYOUT.bytes(), tiles.len());
        let unpacked = &unpacked[..blocks];
        let x = |token: u32| &x.row(token as usize)[group];
        let mut left = (tokens, &mut *sums);
        while !left.0.is_empty() {
            let (tokens, more_tokens) = left.0.split_at(even(left.0.len(), TOGETHER));
            let (sums, more_sums) = left.1.split_at_mut(tokens.len());
            match (tokens, sums) {
                ([a, b, c, d], [p, q, r, s]) => several::<F, 4>(unpacked, [*a, *b, *c, *d].map(x), [p, q, r, s]),
                ([a, b, c], [p, q, r]) => several::<F, 3>(unpacked, [*a, *b, *c].map(x), [p, q, r]),
                ([a, b], [p, q]) => several::<F, 2>(unpacked, [*a, *b].map(x), [p, q]),
                ([a], [p]) => several::<F, 1>(unpacked, [*a].map(x), [p]),
                _ => {}
            }
            left = (more_tokens, more_sums);
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
fn several<F: Format, const N: usize>(tiles: &[Unpacked], x: [&Rounded32; N], out: [&mut Sums; N]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for (sum, out) in sums.iter_mut().zip(&out) {
        *sum = read(out);
    }
    for (block, tile) in tiles.iter().enumerate().take(8) {
        multiply::<F, N>(tile, block, x, &mut sums);
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
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
    let mut whole: Integers<N> = [[_mm256_setzero_si256(); 2]; N];
    add::<F, N>(&tile.codes, &ones(), x.map(|x| &x.codes.as_chunks::<32>().0[block]), &mut whole);
    for ((sums, whole), x) in sums.iter_mut().zip(whole).zip(x) {
        let scale = _mm256_set1_ps(x.scales[block]);
        // (The sum is broadcast out of memory; to multiply it before would take it through other registers.)
        let less = times_offset::<F>(_mm256_set1_epi32(x.sums[block]));
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

#[inline]
#[target_feature(enable = "avx2")]
fn times_offset<F: Whole>(v: __m256i) -> __m256i {
    match F::OFFSET {
        8 => _mm256_slli_epi32::<3>(v),
        16 => _mm256_slli_epi32::<4>(v),
        offset => _mm256_mullo_epi32(v, _mm256_set1_epi32(offset)),
    }
}
