//! Tiles into vectors.

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::format::{Format, Whole};
use crate::cpu::product::layout::{Layout, Meaning};
use crate::quant::NON_LINEAR;

/// The same of rows 0 to 7 and of rows 8 to 15.
pub type Halves<T> = [T; 2];
/// 32 columns of 16 rows: 8 steps of 4 columns.
pub type Chunk = [Halves<__m256i>; 8];

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

    /// 32 bytes.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(&self, at: usize) -> __m256i {
        debug_assert!(at + 32 <= self.bytes.len());
        // SAFETY: the callers below ask for parts of the layout alone, and a tile has all of its layout's bytes.
        unsafe { _mm256_loadu_si256(self.bytes.as_ptr().add(at).cast()) }
    }

    /// 16 bytes: one of each row.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn load_rows(&self, at: usize) -> __m128i {
        debug_assert!(at + 16 <= self.bytes.len());
        // SAFETY: the same.
        unsafe { _mm_loadu_si128(self.bytes.as_ptr().add(at).cast()) }
    }

    /// The codes of columns `32 * chunk..`; unsigned ones without their offset.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn codes(&self, chunk: usize) -> Chunk {
        debug_assert!(chunk < F::LAYOUT.columns / 32);
        [
            self.step(chunk, 0),
            self.step(chunk, 1),
            self.step(chunk, 2),
            self.step(chunk, 3),
            self.step(chunk, 4),
            self.step(chunk, 5),
            self.step(chunk, 6),
            self.step(chunk, 7),
        ]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn step(&self, chunk: usize, step: usize) -> Halves<__m256i> {
        [self.half_step(chunk, step, 0), self.half_step(chunk, step, 1)]
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn half_step(&self, chunk: usize, step: usize, half: usize) -> __m256i {
        let layout = F::LAYOUT;
        let begin = layout.codes_at() + chunk * layout.chunk_bytes();
        // The words that hold a step's bits.
        let part = |bits: usize, at: usize| self.load(begin + at + (step * bits / 8 * 2 + half) * 32);
        let low = part(layout.low, 0);
        let low = match layout.low {
            8 => low,
            4 => _mm256_and_si256(right(low, step % 2 * 4), _mm256_set1_epi8(15)),
            _ => _mm256_and_si256(right(low, step % 4 * 2), _mm256_set1_epi8(3)),
        };
        let code = match layout.high {
            0 => low,
            bits => {
                let high = part(bits, layout.low_bytes());
                let from = step * bits % 8;
                let moved =
                    if from > layout.low { right(high, from - layout.low) } else { left(high, layout.low - from) };
                let mask = ((1 << bits) - 1) << layout.low;
                _mm256_or_si256(low, _mm256_and_si256(moved, _mm256_set1_epi8(mask)))
            }
        };
        if layout.codes == Meaning::NonLinear { _mm256_shuffle_epi8(non_linear(), code) } else { code }
    }

    /// The scales of the sub-blocks of a chunk, as 16 bits twice for each row; the last is missing where there is one alone.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn scales(&self, chunk: usize) -> [Halves<__m256i>; 2] {
        let layout = F::LAYOUT;
        let subs = 32 / layout.sub;
        let sub = |i: usize| {
            let rows = self.load_rows(layout.scales_at() + (chunk * subs + i) * 16);
            let mut both = _mm256_broadcastsi128_si256(rows);
            if layout.nibbles {
                both = _mm256_and_si256(both, _mm256_set1_epi8(15));
            }
            spread(both)
        };
        let first = sub(0);
        if subs == 1 { [first, [_mm256_setzero_si256(); 2]] } else { [first, sub(1)] }
    }

    /// Minimums, or scales times the codes' offset: pairs of neighbouring sub-blocks, 16 bits each. With sub-blocks of 32 there
    /// are four, with 16 eight.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn minimums(&self, pair: usize) -> Halves<__m256i> {
        let layout = F::LAYOUT;
        let at = if layout.minimums { layout.minimums_at() } else { layout.scales_at() };
        let (mut a, mut b) = (self.load_rows(at + pair * 32), self.load_rows(at + pair * 32 + 16));
        if layout.nibbles {
            let high = |v| _mm_and_si128(_mm_srli_epi16::<4>(v), _mm_set1_epi8(15));
            (a, b) = (high(a), high(b));
        }
        pairs::<F>(a, b)
    }

    /// What each row's sums are multiplied with.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    pub fn first(&self) -> Halves<__m256> {
        self.floats(Layout::FIRST)
    }

    /// What minimums are multiplied with, or what is added.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    pub fn second(&self) -> Halves<__m256> {
        if F::LAYOUT.minimums { self.floats(Layout::SECOND) } else { [_mm256_setzero_ps(); 2] }
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn floats(&self, at: usize) -> Halves<__m256> {
        [_mm256_cvtph_ps(self.load_rows(at)), _mm256_cvtph_ps(self.load_rows(at + 16))]
    }
}

/// A byte of each row, twice, as 16 bits twice for each row.
#[inline]
#[target_feature(enable = "avx2")]
pub fn spread(both: __m256i) -> Halves<__m256i> {
    // Into the upper bytes of both 16 bits, then down with the sign.
    let spread = |order| _mm256_srai_epi16::<8>(_mm256_shuffle_epi8(both, order));
    [spread(twice(0)), spread(twice(8))]
}

/// Two bytes of each row, times the codes' offset if there is one, as 16 bits beside each other.
#[inline]
#[target_feature(enable = "avx2")]
pub fn pairs<F: Whole>(a: __m128i, b: __m128i) -> Halves<__m256i> {
    let wide = |v| {
        let v = _mm256_cvtepi8_epi16(v);
        if F::OFFSET == 0 { v } else { left(v, F::OFFSET.ilog2() as usize) }
    };
    [wide(_mm_unpacklo_epi8(a, b)), wide(_mm_unpackhi_epi8(a, b))]
}

/// The order that puts the bytes of rows `from..from + 8` into the upper bytes of pairs of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(from: i8) -> __m256i {
    let row = |i: i8| i32::from_le_bytes([0x80, (from + i) as u8, 0x80, (from + i) as u8]);
    _mm256_setr_epi32(row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7))
}

#[inline]
#[target_feature(enable = "avx2")]
fn non_linear() -> __m256i {
    // SAFETY: 16 bytes are read of 16.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(NON_LINEAR.as_ptr().cast()) })
}

/// Shifts 16 bits right, by what is known when a kernel is compiled.
#[inline]
#[target_feature(enable = "avx2")]
fn right(v: __m256i, by: usize) -> __m256i {
    match by {
        0 => v,
        1 => _mm256_srli_epi16::<1>(v),
        2 => _mm256_srli_epi16::<2>(v),
        3 => _mm256_srli_epi16::<3>(v),
        4 => _mm256_srli_epi16::<4>(v),
        5 => _mm256_srli_epi16::<5>(v),
        6 => _mm256_srli_epi16::<6>(v),
        _ => _mm256_srli_epi16::<7>(v),
    }
}

/// And left.
#[inline]
#[target_feature(enable = "avx2")]
fn left(v: __m256i, by: usize) -> __m256i {
    match by {
        0 => v,
        1 => _mm256_slli_epi16::<1>(v),
        2 => _mm256_slli_epi16::<2>(v),
        3 => _mm256_slli_epi16::<3>(v),
        4 => _mm256_slli_epi16::<4>(v),
        5 => _mm256_slli_epi16::<5>(v),
        _ => _mm256_slli_epi16::<6>(v),
    }
}
