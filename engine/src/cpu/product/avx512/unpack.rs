//! Tiles into vectors of 4 columns of 16 rows.

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::sums::{offset, ready};
use super::vectors::{half_load, load};
use crate::cpu::product::format::{Format, Whole};
use crate::cpu::product::layout::{Layout, Meaning};
use crate::quant::NON_LINEAR;

/// A tile's bytes.
pub struct Tile<'a, F> {
    bytes: &'a [u8],
    format: PhantomData<F>,
}

impl<'a, F: Format> Tile<'a, F> {
    /// # Panics
    /// If the bytes are not those of a tile.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        assert!(bytes.len() == F::LAYOUT.bytes(), "a tile");
        Self { bytes, format: PhantomData }
    }

    /// The codes of columns `32 * chunk..` in steps of 4, without signs: [`offset`] above what they mean.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn codes(&self, chunk: usize) -> [__m512i; 8] {
        let step = |i| self.unsigned(chunk, i);
        [step(0), step(1), step(2), step(3), step(4), step(5), step(6), step(7)]
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn unsigned(&self, chunk: usize, step: usize) -> __m512i {
        let code = self.code(chunk, step);
        match F::LAYOUT.codes {
            Meaning::Offset(_) => code,
            Meaning::Signed => _mm512_xor_si512(code, _mm512_set1_epi8(-128)),
            Meaning::NonLinear => _mm512_xor_si512(self.non_linear(code), _mm512_set1_epi8(-128)),
        }
    }

    /// The same as they mean, with signs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn signed(&self, chunk: usize, step: usize) -> __m512i {
        let code = self.code(chunk, step);
        match F::LAYOUT.codes {
            Meaning::Offset(0) | Meaning::Signed => code,
            Meaning::Offset(offset) => _mm512_sub_epi8(code, _mm512_set1_epi8(offset as i8)),
            Meaning::NonLinear => self.non_linear(code),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn non_linear(&self, code: __m512i) -> __m512i {
        // SAFETY: 16 bytes are read of 16.
        let table = unsafe { _mm_loadu_si128(NON_LINEAR.as_ptr().cast()) };
        _mm512_shuffle_epi8(_mm512_broadcast_i32x4(table), code)
    }

    /// Codes as they lie.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn code(&self, chunk: usize, step: usize) -> __m512i {
        let layout = F::LAYOUT;
        debug_assert!(chunk < layout.columns / 32 && step < 8);
        let begin = layout.codes_at() + chunk * layout.chunk_bytes();
        // The words that hold a step's bits.
        let part = |bits: usize, at: usize| load(self.bytes, begin + at + step * bits / 8 * 64);
        let low = part(layout.low, 0);
        let low = match layout.low {
            8 => low,
            4 => _mm512_and_si512(right(low, step % 2 * 4), _mm512_set1_epi8(15)),
            _ => _mm512_and_si512(right(low, step % 4 * 2), _mm512_set1_epi8(3)),
        };
        match layout.high {
            0 => low,
            bits => {
                let high = part(bits, layout.low_bytes());
                let from = step * bits % 8;
                let moved =
                    if from > layout.low { right(high, from - layout.low) } else { left(high, layout.low - from) };
                let mask = _mm512_set1_epi8(((1 << bits) - 1) << layout.low);
                // low | moved & mask
                _mm512_ternarylogic_epi32::<0b1111_1000>(low, moved, mask)
            }
        }
    }

    /// A byte of each row.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn rows(&self, at: usize) -> __m128i {
        debug_assert!(at + 16 <= self.bytes.len());
        // SAFETY: the callers below ask for parts of the layout alone, and a tile has all of its layout's bytes.
        unsafe { _mm_loadu_si128(self.bytes.as_ptr().add(at).cast()) }
    }

    /// The scale of a sub-block for each row.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn scale(&self, sub: usize) -> __m512i {
        let layout = F::LAYOUT;
        let rows = self.rows(layout.scales_at() + sub * 16);
        if layout.nibbles {
            _mm512_cvtepu8_epi32(_mm_and_si128(rows, _mm_set1_epi8(15)))
        } else {
            _mm512_cvtepi8_epi32(rows)
        }
    }

    /// The scales of the sub-blocks of a chunk; the last is zero where there is one alone.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn scales(&self, chunk: usize) -> [__m512i; 2] {
        let subs = 32 / F::LAYOUT.sub;
        let sub = |i: usize| ready::<F>(self.scale(chunk * subs + i));
        if subs == 1 { [sub(0), _mm512_setzero_si512()] } else { [sub(0), sub(1)] }
    }

    /// Minimums, or scales times the codes' offset: pairs of neighbouring sub-blocks, 16 bits each. With sub-blocks of 32 there
    /// are four, with 16 eight.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn minimums(&self, pair: usize) -> __m512i {
        let layout = F::LAYOUT;
        let at = if layout.minimums { layout.minimums_at() } else { layout.scales_at() };
        let (mut a, mut b) = (self.rows(at + pair * 32), self.rows(at + pair * 32 + 16));
        if layout.nibbles {
            let high = |v| _mm_and_si128(_mm_srli_epi16::<4>(v), _mm_set1_epi8(15));
            (a, b) = (high(a), high(b));
        }
        pairs::<F>(a, b)
    }

    /// What each row's sums are multiplied with.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn first(&self) -> __m512 {
        _mm512_cvtph_ps(half_load(self.bytes, Layout::FIRST))
    }

    /// What minimums are multiplied with, or what is added.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    pub fn second(&self) -> __m512 {
        if F::LAYOUT.minimums { _mm512_cvtph_ps(half_load(self.bytes, Layout::SECOND)) } else { _mm512_setzero_ps() }
    }
}

/// Two bytes of each row, times the codes' offset if there is one, as 16 bits beside each other.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
pub fn pairs<F: Whole>(a: __m128i, b: __m128i) -> __m512i {
    let both = _mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b));
    let wide = _mm512_cvtepi8_epi16(both);
    if offset::<F>() == 0 { wide } else { left(wide, offset::<F>().ilog2() as usize) }
}

/// Shifts 16 bits right, by what is known when a kernel is compiled.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn right(v: __m512i, by: usize) -> __m512i {
    match by {
        0 => v,
        1 => _mm512_srli_epi16::<1>(v),
        2 => _mm512_srli_epi16::<2>(v),
        3 => _mm512_srli_epi16::<3>(v),
        4 => _mm512_srli_epi16::<4>(v),
        5 => _mm512_srli_epi16::<5>(v),
        6 => _mm512_srli_epi16::<6>(v),
        _ => _mm512_srli_epi16::<7>(v),
    }
}

/// And left.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn left(v: __m512i, by: usize) -> __m512i {
    match by {
        0 => v,
        1 => _mm512_slli_epi16::<1>(v),
        2 => _mm512_slli_epi16::<2>(v),
        3 => _mm512_slli_epi16::<3>(v),
        4 => _mm512_slli_epi16::<4>(v),
        5 => _mm512_slli_epi16::<5>(v),
        6 => _mm512_slli_epi16::<6>(v),
        _ => _mm512_slli_epi16::<7>(v),
    }
}
