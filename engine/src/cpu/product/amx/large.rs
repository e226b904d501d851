//! K types and IQ4_XS: tiles of 256 columns with whole-numbered scales of sub-blocks.
//!
//! A code times its scale has up to 13 bits, of which tiles multiply 8 at a time. So a weight is one number where it fits, or
//! two: its lower bits and those above them. Sums of either fit into 32 bits, and so does what they are put together to.

use std::arch::x86_64::*;

use super::batch::Batch;
use super::tiles::{self, Columns, Sums as TileSums, Tiles};
use crate::cpu::product::activations::Rows;
use crate::cpu::product::avx2::ahead::read_ahead;
use crate::cpu::product::avx512::sums::{add_minimums, finish_exact, pairs};
use crate::cpu::product::avx512::unpack::Tile;
use crate::cpu::product::avx512::vectors::{read, write};
use crate::cpu::product::format::{Format, Whole};
use crate::cpu::product::matrix::Strip;
use crate::cpu::product::portable::Sums;
use crate::cpu::product::rounded::Rounded256;

/// How a weight becomes bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Code times scale, without a sign.
    One,
    /// Code times scale times -1, with a sign: from -124 to 128, and -128 is what a byte can be.
    Negative,
    /// Code times the lowest 3 bits of the scale, and times the others.
    Scales,
    /// The lowest 7 bits of code times scale, and the others.
    Products,
}

/// The way of a type.
pub const fn fold<F: Whole>() -> Fold {
    if F::MINIMUMS {
        if F::MOST <= 3 { Fold::One } else { Fold::Scales }
    } else if F::MOST <= 7 && !F::SIGNED {
        Fold::Negative
    } else {
        Fold::Products
    }
}

/// A tile in bytes, and what sums are multiplied with.
pub struct Unpacked {
    /// The only number of each weight, or the lower one.
    pub low: Columns,
    pub high: Columns,
    pub minimums: [__m512i; 8],
    pub first: __m512,
    pub second: __m512,
}

impl Unpacked {
    #[target_feature(enable = "avx512f")]
    pub fn zero() -> Self {
        Self {
            low: Columns([[0; 64]; 64]),
            high: Columns([[0; 64]; 64]),
            minimums: [_mm512_setzero_si512(); 8],
            first: _mm512_setzero_ps(),
            second: _mm512_setzero_ps(),
        }
    }
}

/// # Safety
/// There are tiles of whole depth; the batch has the tokens' codes.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn strip<F: Format>(
    tiles: &Tiles,
    w: Strip<'_>,
    x: &Rows<Rounded256>,
    batch: &Batch<'_>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    let mut unpacked = Unpacked::zero();
    for (group, tile) in w.bytes.chunks_exact(F::LAYOUT.bytes()).enumerate() {
        unpack(&Tile::<F>::new(tile), &mut unpacked);
        read_ahead(w, group * F::LAYOUT.bytes(), F::LAYOUT.bytes());
        // SAFETY: the caller's promise.
        unsafe { multiply::<F>(tiles, &unpacked, group, x, batch, tokens, sums) };
    }
}

/// An unpacked tile, number `group` of its rows, with all tokens.
///
/// # Safety
/// As [`strip`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub unsafe fn multiply<F: Whole>(
    tiles: &Tiles,
    w: &Unpacked,
    group: usize,
    x: &Rows<Rounded256>,
    batch: &Batch<'_>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    const ZERO: TileSums = TileSums([[0; 16]; 16]);
    let (mut now, mut last) = (&mut [ZERO; 4], &mut [ZERO; 4]);
    let thirty_twos = tokens.chunks(32).zip(sums.chunks_mut(32));
    let mut before: Option<(&[u32], &mut [Sums])> = None;
    // The sums of some tokens are finished while tiles multiply the next.
    for (number, next) in thirty_twos.enumerate() {
        let at = |i: usize| batch.get((2 * number + i).min(batch.len() - 1), group);
        // SAFETY: the caller's promise.
        unsafe { products::<F>(tiles, [at(0), at(1)], w, last) };
        std::mem::swap(&mut now, &mut last);
        if let Some((tokens, sums)) = before.replace(next) {
            finish::<F>(w, group, last, x, tokens, sums);
        }
    }
    if let Some((tokens, sums)) = before {
        finish::<F>(w, group, now, x, tokens, sums);
    }
}

/// # Safety
/// As [`strip`].
#[inline]
unsafe fn products<F: Whole>(tiles: &Tiles, x: [tiles::Sixteen; 2], w: &Unpacked, out: &mut [TileSums; 4]) {
    // SAFETY: the caller's promise.
    unsafe {
        match fold::<F>() {
            Fold::One => tiles::one_unsigned(tiles, x, &w.low, out.first_chunk_mut().expect("two of four")),
            Fold::Negative => tiles::one_signed(tiles, x, &w.low, out.first_chunk_mut().expect("two of four")),
            Fold::Scales => tiles::two_unsigned(tiles, x, [&w.low, &w.high], out),
            Fold::Products => tiles::two_signed(tiles, x, [&w.low, &w.high], out),
        }
    }
}

/// Brings up to 32 tokens' whole-numbered sums to the others.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn finish<F: Whole>(
    w: &Unpacked,
    group: usize,
    products: &[TileSums; 4],
    x: &Rows<Rounded256>,
    tokens: &[u32],
    sums: &mut [Sums],
) {
    let load = |sums: &TileSums, i: usize| {
        // SAFETY: sixteen numbers.
        unsafe { _mm512_load_si512(sums.0[i].as_ptr().cast()) }
    };
    for (half, (tokens, sums)) in tokens.chunks(16).zip(sums.chunks_mut(16)).enumerate() {
        for (i, (token, sums)) in tokens.iter().zip(sums).enumerate().take(16) {
            let x = &x.row(*token as usize)[group];
            let whole = match fold::<F>() {
                Fold::One => load(&products[half], i),
                Fold::Negative => _mm512_sub_epi32(_mm512_setzero_si512(), load(&products[half], i)),
                Fold::Scales => {
                    let high = _mm512_slli_epi32::<3>(load(&products[2 * half + 1], i));
                    _mm512_add_epi32(high, load(&products[2 * half], i))
                }
                Fold::Products => {
                    let high = _mm512_slli_epi32::<7>(load(&products[2 * half + 1], i));
                    _mm512_add_epi32(high, load(&products[2 * half], i))
                }
            };
            let mut less = _mm512_setzero_si512();
            if F::MINIMUMS {
                for (pair, minimums) in w.minimums.iter().enumerate().take(pairs::<F>()) {
                    less = add_minimums::<F>(*minimums, pair, x, less);
                }
            }
            let sum = finish_exact::<F>(whole, less, w.first, w.second, x, read(sums));
            write(sums, sum);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn unpack<F: Format>(tile: &Tile<'_, F>, out: &mut Unpacked) {
    (out.first, out.second) = (tile.first(), tile.second());
    let steps = F::LAYOUT.sub / 4;
    for chunk in 0..8 {
        for sub in 0..8 / steps {
            let scale = tile.scale(chunk * 8 / steps + sub);
            let scales = Scales::new::<F>(scale);
            for step in sub * steps..(sub + 1) * steps {
                let at = 8 * chunk + step;
                if F::MINIMUMS {
                    scales.unsigned::<F>(tile.code(chunk, step), at, out);
                } else {
                    scales.signed::<F>(tile.signed(chunk, step), at, out);
                }
            }
        }
    }
    if F::MINIMUMS {
        for (pair, minimums) in out.minimums.iter_mut().enumerate().take(pairs::<F>()) {
            *minimums = tile.minimums(pair);
        }
    }
}

/// A sub-block's scales, as codes are multiplied with them: 16 bits twice for each row.
pub struct Scales {
    low: __m512i,
    high: __m512i,
}

impl Scales {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn new<F: Whole>(scale: __m512i) -> Self {
        let twice = |v| _mm512_or_si512(_mm512_and_si512(v, _mm512_set1_epi32(0xffff)), _mm512_slli_epi32::<16>(v));
        match fold::<F>() {
            Fold::Scales => Self {
                low: twice(_mm512_and_si512(scale, _mm512_set1_epi32(7))),
                high: twice(_mm512_srli_epi32::<3>(scale)),
            },
            Fold::Negative => {
                let scale = twice(_mm512_sub_epi32(_mm512_setzero_si512(), scale));
                Self { low: scale, high: scale }
            }
            Fold::One | Fold::Products => Self { low: twice(scale), high: twice(scale) },
        }
    }

    /// Four columns of codes without signs. No product is above 255, so that those of two neighbours are one of 16 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn unsigned<F: Whole>(&self, codes: __m512i, at: usize, out: &mut Unpacked) {
        store(&mut out.low, at, _mm512_mullo_epi16(codes, self.low));
        if fold::<F>() == Fold::Scales {
            store(&mut out.high, at, _mm512_mullo_epi16(codes, self.high));
        }
    }

    /// Four columns of codes with signs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn signed<F: Whole>(&self, codes: __m512i, at: usize, out: &mut Unpacked) {
        let even = _mm512_mullo_epi16(_mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(codes)), self.low);
        let odd = _mm512_mullo_epi16(_mm512_srai_epi16::<8>(codes), self.low);
        let lower = merge(even, _mm512_slli_epi16::<8>(odd));
        if fold::<F>() == Fold::Products {
            store(&mut out.low, at, _mm512_and_si512(lower, _mm512_set1_epi8(127)));
            store(&mut out.high, at, merge(_mm512_srai_epi16::<7>(even), _mm512_slli_epi16::<1>(odd)));
        } else {
            store(&mut out.low, at, lower);
        }
    }
}

/// The lower bytes of one, the upper ones of the other.
#[inline]
#[target_feature(enable = "avx512f")]
fn merge(low: __m512i, high: __m512i) -> __m512i {
    // mask ? high : low
    _mm512_ternarylogic_epi32::<0b1100_1010>(_mm512_set1_epi16(-256), high, low)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(to: &mut Columns, at: usize, columns: __m512i) {
    // SAFETY: 64 bytes of a line.
    unsafe { _mm512_store_si512(to.0[at].as_mut_ptr().cast(), columns) };
}
