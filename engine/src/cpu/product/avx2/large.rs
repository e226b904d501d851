//! K types and IQ4_XS: tiles of 256 columns with whole-numbered scales of sub-blocks.

use std::arch::x86_64::*;

use super::ahead::read_ahead;
use super::format::{Format, Whole};
use super::sums::{Sums as Integers, add, even, read, write};
use super::unpack::{Chunk, Halves, Tile};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// Tokens that are multiplied at once: as many as registers hold sums for.
const TOGETHER: usize = 4;

/// A tile, unpacked.
pub struct Unpacked {
    pub codes: [Chunk; 8],
    pub scales: [[Halves<__m256i>; 2]; 8],
    pub minimums: [Halves<__m256i>; 8],
    pub first: Halves<__m256>,
    pub second: Halves<__m256>,
}

impl Unpacked {
    #[target_feature(enable = "avx2")]
    pub fn zero() -> Self {
        let zero = _mm256_setzero_si256();
        Self {
            codes: [[[zero; 2]; 8]; 8],
            scales: [[[zero; 2]; 2]; 8],
            minimums: [[zero; 2]; 8],
            first: [_mm256_setzero_ps(); 2],
            second: [_mm256_setzero_ps(); 2],
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
pub fn strip<F: Format>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
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
fn few<F: Format, const N: usize>(w: Strip<'_>, x: [&[Rounded256]; N], out: [&mut Sums; N]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for (group, tile) in w.bytes.chunks_exact(F::LAYOUT.bytes()).enumerate() {
        let (tile, x) = (Tile::<F>::new(tile), x.map(|x| &x[group]));
        // In the order of memory: minimums stand before codes.
        let (first, second) = (tile.first(), tile.second());
        let mut less: Integers<N> = [[_mm256_setzero_si256(); 2]; N];
        if has_minimums::<F>() {
            for pair in 0..pairs::<F>() {
                let minimums = tile.minimums(pair);
                for (less, x) in less.iter_mut().zip(x) {
                    add_minimums::<F>(minimums, pair, x, less);
                }
            }
        }
        let mut whole: Integers<N> = [[_mm256_setzero_si256(); 2]; N];
        for chunk in 0..8 {
            read_ahead(w, group * F::LAYOUT.bytes() + chunk * F::LAYOUT.bytes() / 8, F::LAYOUT.bytes() / 8);
            let x = x.map(|x| &x.codes.as_chunks::<32>().0[chunk]);
            add::<F, N>(&tile.codes(chunk), &tile.scales(chunk), x, &mut whole);
        }
        for (((sum, whole), less), x) in sums.iter_mut().zip(whole).zip(less).zip(x) {
            finish::<F>(whole, less, first, second, x, sum);
        }
    }
    for (out, sum) in out.into_iter().zip(sums) {
        write(out, sum);
    }
}

/// A tile is unpacked once and multiplied with some tokens after the others.
#[target_feature(enable = "avx2,fma,f16c")]
fn many<F: Format>(w: Strip<'_>, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let mut unpacked = Unpacked::zero();
    for (group, tile) in w.bytes.chunks_exact(F::LAYOUT.bytes()).enumerate() {
        unpack(&Tile::<F>::new(tile), &mut unpacked);
        read_ahead(w, group * F::LAYOUT.bytes(), F::LAYOUT.bytes());
        multiply::<F>(&unpacked, group, x, tokens, sums);
    }
}

/// An unpacked tile, number `group` of its rows, with some tokens after the others.
#[target_feature(enable = "avx2,fma,f16c")]
pub fn multiply<F: Whole>(tile: &Unpacked, group: usize, x: &Rows<Rounded256>, tokens: &[u32], sums: &mut [Sums]) {
    let x = |token: u32| &x.row(token as usize)[group];
    let mut left = (tokens, sums);
    while !left.0.is_empty() {
        let (tokens, more_tokens) = left.0.split_at(even(left.0.len(), TOGETHER));
        let (sums, more_sums) = left.1.split_at_mut(tokens.len());
        match (tokens, sums) {
            ([a, b, c, d], [p, q, r, s]) => several::<F, 4>(tile, [*a, *b, *c, *d].map(x), [p, q, r, s]),
            ([a, b, c], [p, q, r]) => several::<F, 3>(tile, [*a, *b, *c].map(x), [p, q, r]),
            ([a, b], [p, q]) => several::<F, 2>(tile, [*a, *b].map(x), [p, q]),
            ([a], [p]) => several::<F, 1>(tile, [*a].map(x), [p]),
            _ => {}
        }
        left = (more_tokens, more_sums);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
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
#[target_feature(enable = "avx2,fma,f16c")]
fn several<F: Whole, const N: usize>(tile: &Unpacked, x: [&Rounded256; N], sums: [&mut Sums; N]) {
    let mut whole: Integers<N> = [[_mm256_setzero_si256(); 2]; N];
    for (chunk, (codes, scales)) in tile.codes.iter().zip(&tile.scales).enumerate() {
        add::<F, N>(codes, scales, x.map(|x| &x.codes.as_chunks::<32>().0[chunk]), &mut whole);
    }
    for ((sums, whole), x) in sums.into_iter().zip(whole).zip(x) {
        let mut less = [_mm256_setzero_si256(); 2];
        if has_minimums::<F>() {
            for (pair, minimums) in tile.minimums.iter().enumerate().take(pairs::<F>()) {
                add_minimums::<F>(*minimums, pair, x, &mut less);
            }
        }
        let mut sum = read(sums);
        finish::<F>(whole, less, tile.first, tile.second, x, &mut sum);
        write(sums, sum);
    }
}

pub const fn has_minimums<F: Whole>() -> bool {
    F::MINIMUMS || F::OFFSET != 0
}

pub const fn pairs<F: Whole>() -> usize {
    256 / F::SUB / 2
}

/// Adds the products of two sub-blocks' minimums with the sums of a token.
#[inline]
#[target_feature(enable = "avx2")]
fn add_minimums<F: Whole>(minimums: Halves<__m256i>, pair: usize, x: &Rounded256, less: &mut Halves<__m256i>) {
    let sums = if F::SUB == 16 { x.sums16.as_chunks::<2>().0[pair] } else { x.sums32.as_chunks::<2>().0[pair] };
    let sums = _mm256_set1_epi32(i32::from(sums[0]) & 0xffff | i32::from(sums[1]) << 16);
    for (less, minimums) in less.iter_mut().zip(minimums) {
        *less = _mm256_add_epi32(*less, _mm256_madd_epi16(minimums, sums));
    }
}

/// Brings whole-numbered sums, less minimums, to the others.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn finish<F: Whole>(
    mut whole: Halves<__m256i>,
    less: Halves<__m256i>,
    first: Halves<__m256>,
    second: Halves<__m256>,
    x: &Rounded256,
    sum: &mut Halves<__m256>,
) {
    let scale = _mm256_set1_ps(x.scale);
    for half in 0..2 {
        if F::OFFSET != 0 {
            whole[half] = _mm256_sub_epi32(whole[half], less[half]);
        }
        let factor = _mm256_mul_ps(first[half], scale);
        sum[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[half]), factor, sum[half]);
        if F::MINIMUMS {
            let factor = _mm256_mul_ps(second[half], scale);
            sum[half] = _mm256_fnmadd_ps(_mm256_cvtepi32_ps(less[half]), factor, sum[half]);
        }
    }
}
