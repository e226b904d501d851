//! Types with a scale in floating point for each block of 32: tiles of 32 columns.

use std::arch::x86_64::*;

use super::large::{TOGETHER, even};
use super::sums::{add_plain, offset};
use super::unpack::Tile;
use super::vectors::{read, write};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::format::Format;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded32;

/// A tile, unpacked.
#[derive(Clone, Copy)]
struct Unpacked {
    codes: [__m512i; 8],
    first: __m512,
    second: __m512,
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn strip<F: Format>(w: Strip<'_>, x: &Rows<Rounded32>, tokens: &[u32], sums: &mut [Sums]) {
    match *tokens {
        [a] => few::<F, 1>(w, x, [a], sums),
        [a, b] => few::<F, 2>(w, x, [a, b], sums),
        [a, b, c] => few::<F, 3>(w, x, [a, b, c], sums),
        [a, b, c, d] => few::<F, 4>(w, x, [a, b, c, d], sums),
        [a, b, c, d, e] => few::<F, 5>(w, x, [a, b, c, d, e], sums),
        [a, b, c, d, e, f] => few::<F, 6>(w, x, [a, b, c, d, e, f], sums),
        [a, b, c, d, e, f, g] => few::<F, 7>(w, x, [a, b, c, d, e, f, g], sums),
        [a, b, c, d, e, f, g, h] => few::<F, TOGETHER>(w, x, [a, b, c, d, e, f, g, h], sums),
        _ => many::<F>(w, x, tokens, sums),
    }
}

/// Codes are multiplied where they are unpacked.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn few<F: Format, const N: usize>(w: Strip<'_>, x: &Rows<Rounded32>, tokens: [u32; N], out: &mut [Sums]) {
    let x = tokens.map(|token| x.row(token as usize));
    let mut sums = [_mm512_setzero_ps(); N];
    for (group, tiles) in w.bytes.chunks(8 * F::LAYOUT.bytes()).enumerate() {
        let x = x.map(|x| &x[group]);
        for (block, tile) in tiles.chunks_exact(F::LAYOUT.bytes()).enumerate().take(8) {
            read_ahead(w, (group * 8 + block) * F::LAYOUT.bytes(), F::LAYOUT.bytes());
            multiply::<F, N>(&unpack(&Tile::<F>::new(tile)), block, x, &mut sums);
        }
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        write(out, sum);
    }
}

/// A group of tiles is unpacked once and multiplied with some tokens after the others.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn many<F: Format>(w: Strip<'_>, x: &Rows<Rounded32>, tokens: &[u32], sums: &mut [Sums]) {
    let (whole, float) = (_mm512_setzero_si512(), _mm512_setzero_ps());
    let mut unpacked = [Unpacked { codes: [whole; 8], first: float, second: float }; 8];
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
            let (tokens, more_tokens) = left.0.split_at(even(left.0.len()));
            let (sums, more_sums) = left.1.split_at_mut(tokens.len());
            match *tokens {
                [a, b, c, d, e, f, g, h] => several::<F, TOGETHER>(unpacked, [a, b, c, d, e, f, g, h].map(x), sums),
                [a, b, c, d, e, f, g] => several::<F, 7>(unpacked, [a, b, c, d, e, f, g].map(x), sums),
                [a, b, c, d, e, f] => several::<F, 6>(unpacked, [a, b, c, d, e, f].map(x), sums),
                [a, b, c, d, e] => several::<F, 5>(unpacked, [a, b, c, d, e].map(x), sums),
                [a, b, c, d] => several::<F, 4>(unpacked, [a, b, c, d].map(x), sums),
                [a, b, c] => several::<F, 3>(unpacked, [a, b, c].map(x), sums),
                [a, b] => several::<F, 2>(unpacked, [a, b].map(x), sums),
                [a] => several::<F, 1>(unpacked, [a].map(x), sums),
                _ => {}
            }
            left = (more_tokens, more_sums);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn unpack<F: Format>(tile: &Tile<'_, F>) -> Unpacked {
    Unpacked { codes: tile.codes(0), first: tile.first(), second: tile.second() }
}

/// A group of tiles with several tokens.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn several<F: Format, const N: usize>(tiles: &[Unpacked], x: [&Rounded32; N], out: &mut [Sums]) {
    let mut sums = [_mm512_setzero_ps(); N];
    for (sum, out) in sums.iter_mut().zip(&*out) {
        *sum = read(out);
    }
    for (block, tile) in tiles.iter().enumerate().take(8) {
        multiply::<F, N>(tile, block, x, &mut sums);
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        write(out, sum);
    }
}

/// A tile, which is block number `block` of its group.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn multiply<F: Format, const N: usize>(tile: &Unpacked, block: usize, x: [&Rounded32; N], sums: &mut [__m512; N]) {
    let mut whole = [_mm512_setzero_si512(); N];
    add_plain::<N>(&tile.codes, x.map(|x| &x.codes.as_chunks::<32>().0[block]), &mut whole);
    for ((sum, mut whole), x) in sums.iter_mut().zip(whole).zip(x) {
        let scale = _mm512_set1_ps(x.scales[block]);
        if offset::<F>() != 0 {
            whole = _mm512_sub_epi32(whole, _mm512_set1_epi32(x.sums[block] * offset::<F>()));
        }
        *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), _mm512_mul_ps(tile.first, scale), *sum);
        if F::LAYOUT.minimums {
            let factor = _mm512_mul_ps(tile.second, scale);
            *sum = _mm512_fmadd_ps(_mm512_set1_ps(x.sums[block] as f32), factor, *sum);
        }
    }
}
