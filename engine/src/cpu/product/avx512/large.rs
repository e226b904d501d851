//! K types and IQ4_XS: tiles of 256 columns with whole-numbered scales of sub-blocks.

use std::arch::x86_64::*;

use super::sums::{add, add_minimums, finish, has_minimums, pairs};
use super::unpack::Tile;
use super::vectors::{read, write};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::format::{Format, Whole};
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// Tokens that are multiplied at once: as many as registers hold sums for.
pub const TOGETHER: usize = 8;

/// A tile, unpacked.
pub struct Unpacked {
    pub codes: [[__m512i; 8]; 8],
    pub scales: [[__m512i; 2]; 8],
    pub minimums: [__m512i; 8],
    pub first: __m512,
    pub second: __m512,
}

impl Unpacked {
    #[target_feature(enable = "avx512f")]
    pub fn zero() -> Self {
        let (zero, float) = (_mm512_setzero_si512(), _mm512_setzero_ps());
        Self { codes: [[zero; 8]; 8], scales: [[zero; 2]; 8], minimums: [zero; 8], first: float, second: float }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn strip<F: Format>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
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
fn few<F: Format, const N: usize>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: [u32; N], sums: &mut [Sums]) {
    let x = tokens.map(|token| x.row(token as usize));
    for (group, tile) in w.bytes.chunks_exact(F::LAYOUT.bytes()).enumerate() {
        let (tile, x) = (Tile::<F>::new(tile), x.map(|x| &x[group]));
        // In the order of memory: minimums stand before codes.
        let mut less = [_mm512_setzero_si512(); N];
        if has_minimums::<F>() {
            for pair in 0..pairs::<F>() {
                let minimums = tile.minimums(pair);
                for (less, x) in less.iter_mut().zip(x) {
                    *less = add_minimums::<F>(minimums, pair, x, *less);
                }
            }
        }
        let mut whole = [_mm512_setzero_si512(); N];
        for chunk in 0..8 {
            read_ahead(w, group * F::LAYOUT.bytes() + chunk * F::LAYOUT.bytes() / 8, F::LAYOUT.bytes() / 8);
            let x = x.map(|x| &x.codes.as_chunks::<32>().0[chunk]);
            add::<F, N>(&tile.codes(chunk), &tile.scales(chunk), x, &mut whole);
        }
        let (first, second) = (tile.first(), tile.second());
        for (((sums, whole), less), x) in sums.iter_mut().zip(whole).zip(less).zip(x) {
            let sum = finish::<F>(whole, less, first, second, x, read(sums));
            write(sums, sum);
        }
    }
}

/// A tile is unpacked once and multiplied with some tokens after the others.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn many<F: Format>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let mut unpacked = Unpacked::zero();
    for (group, tile) in w.bytes.chunks_exact(F::LAYOUT.bytes()).enumerate() {
        unpack(&Tile::<F>::new(tile), &mut unpacked);
        read_ahead(w, group * F::LAYOUT.bytes(), F::LAYOUT.bytes());
        multiply::<F>(&unpacked, group, x, tokens, sums);
    }
}

/// An unpacked tile, number `group` of its rows, with some tokens after the others.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub fn multiply<F: Whole>(tile: &Unpacked, group: usize, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let x = |token: u32| &x.row(token as usize)[group];
    let mut left = (tokens, sums);
    while !left.0.is_empty() {
        let (tokens, more_tokens) = left.0.split_at(even(left.0.len()));
        let (sums, more_sums) = left.1.split_at_mut(tokens.len());
        match *tokens {
            [a, b, c, d, e, f, g, h] => several::<F, TOGETHER>(tile, [a, b, c, d, e, f, g, h].map(x), sums),
            [a, b, c, d, e, f, g] => several::<F, 7>(tile, [a, b, c, d, e, f, g].map(x), sums),
            [a, b, c, d, e, f] => several::<F, 6>(tile, [a, b, c, d, e, f].map(x), sums),
            [a, b, c, d, e] => several::<F, 5>(tile, [a, b, c, d, e].map(x), sums),
            [a, b, c, d] => several::<F, 4>(tile, [a, b, c, d].map(x), sums),
            [a, b, c] => several::<F, 3>(tile, [a, b, c].map(x), sums),
            [a, b] => several::<F, 2>(tile, [a, b].map(x), sums),
            [a] => several::<F, 1>(tile, [a].map(x), sums),
            _ => {}
        }
        left = (more_tokens, more_sums);
    }
}

/// How many of `count` tokens come next: the last are cut evenly.
#[inline]
pub const fn even(count: usize) -> usize {
    if count >= 2 * TOGETHER { TOGETHER } else { count.div_ceil(count.div_ceil(TOGETHER)) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn unpack<F: Format>(tile: &Tile<'_, F>, out: &mut Unpacked) {
    (out.first, out.second) = (tile.first(), tile.second());
    for (chunk, (codes, scales)) in out.codes.iter_mut().zip(&mut out.scales).enumerate() {
        *codes = tile.codes(chunk);
        *scales = tile.scales(chunk);
    }
    if has_minimums::<F>() {
        for (pair, minimums) in out.minimums.iter_mut().enumerate().take(pairs::<F>()) {
            *minimums = tile.minimums(pair);
        }
    }
}

/// A tile with several tokens.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn several<F: Whole, const N: usize>(tile: &Unpacked, x: [&Rounded256; N], sums: &mut [Sums]) {
    let mut whole = [_mm512_setzero_si512(); N];
    for (chunk, (codes, scales)) in tile.codes.iter().zip(&tile.scales).enumerate() {
        add::<F, N>(codes, scales, x.map(|x| &x.codes.as_chunks::<32>().0[chunk]), &mut whole);
    }
    for ((sums, whole), x) in sums.iter_mut().zip(whole).zip(x) {
        let mut less = _mm512_setzero_si512();
        if has_minimums::<F>() {
            for (pair, minimums) in tile.minimums.iter().enumerate().take(pairs::<F>()) {
                less = add_minimums::<F>(*minimums, pair, x, less);
            }
        }
        let sum = finish::<F>(whole, less, tile.first, tile.second, x, read(sums));
        write(sums, sum);
    }
}
