//! Blocks of points of a grid into vectors of 32 columns.
//!
//! Points are looked up in tables of the bytes that they stand for; signs and scales of a whole block are made ready before.

use std::arch::x86_64::*;

use super::format::Block;
use crate::quant::GgmlType as T;
use crate::quant::iq::grids::{self, Point};
use crate::quant::iq::{IQ2_LEVELS, IQ3_S_LEVELS, IQ3_XXS_LEVELS};

static IQ2_XXS: [u64; 256] = eights(&grids::IQ2_XXS, &IQ2_LEVELS);
static IQ2_XS: [u64; 512] = eights(&grids::IQ2_XS, &IQ2_LEVELS);
static IQ2_S: [u64; 1024] = eights(&grids::IQ2_S, &IQ2_LEVELS);
/// In eighths, without their shift.
static IQ1: [u64; 2048] = eights(&grids::IQ1, &[-8.0, 0.0, 8.0]);
static IQ3_XXS: [u32; 256] = fours(&grids::IQ3_XXS, &IQ3_XXS_LEVELS);
static IQ3_S: [u32; 512] = fours(&grids::IQ3_S, &IQ3_S_LEVELS);

/// The bytes of each point of eight weights, the first the lowest.
const fn eights<const N: usize>(points: &[Point<8>; N], levels: &[f32; 3]) -> [u64; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < 8 * N {
        let byte = levels[points[at / 8][at % 8] as usize] as i8 as u8;
        out[at / 8] |= (byte as u64) << (8 * (at % 8));
        at += 1;
    }
    out
}

/// The same of four.
const fn fours<const N: usize>(points: &[Point<4>; N], levels: &[f32; 8]) -> [u32; N] {
    let mut out = [0; N];
    let mut at = 0;
    while at < 4 * N {
        let byte = levels[points[at / 4][at % 4] as usize] as i8 as u8;
        out[at / 4] |= (byte as u32) << (8 * (at % 4));
        at += 1;
    }
    out
}

/// What a block has once for many columns.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
pub struct Ready {
    /// The signs of 32 columns each, set where a code is negative.
    signs: [u32; 8],
    /// The scales of 32 columns each: those of the first 16 in the low half, and of the others.
    scales: [u32; 8],
    /// Numbers of points, where a block has more than their bytes.
    points: [u16; 64],
}

impl Ready {
    pub const ZERO: Self = Self { signs: [0; 8], scales: [0; 8], points: [0; 64] };

    /// Reads a block.
    ///
    /// # Panics
    /// If it is not as long as one.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn set<B: Block>(&mut self, block: &[u8]) {
        assert!(block.len() == B::BYTES, "a block");
        let (signs, scales) = match B::KIND {
            T::IQ2_XXS => {
                let (a, b) = (_mm256_castsi256_ps(load(block, 2)), _mm256_castsi256_ps(load(block, 34)));
                // The second word of each two.
                let rest = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
                sevens(_mm256_permute4x64_epi64::<0b11_01_10_00>(rest))
            }
            T::IQ3_XXS => sevens(load(block, 66)),
            T::IQ2_XS => {
                let [a, b] = [2, 34].map(|at| _mm256_srli_epi16::<9>(load(block, at)));
                let signs = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(a, b));
                (even(signs), nibbles(long(block, 66)))
            }
            T::IQ2_S => (load(block, 34), nibbles(long(block, 74))),
            T::IQ3_S => {
                let pairs = _mm_cvtsi32_si128(word(block, 106) as i32);
                let bits = _mm_unpacklo_epi8(low_half(pairs), low_half(_mm_srli_epi16::<4>(pairs)));
                (load(block, 74), both(odd(_mm256_cvtepu8_epi32(bits))))
            }
            T::IQ1_S => {
                // SAFETY: eight words from byte 34 on end with the block.
                let words = unsafe { _mm_loadu_si128(block.as_ptr().add(34).cast()) };
                let words = _mm256_cvtepu16_epi32(words);
                let bits = _mm256_and_si256(_mm256_srli_epi32::<12>(words), _mm256_set1_epi32(7));
                // Shifts of -1 where the highest bit is set, of 1 elsewhere, in each byte.
                let down = _mm256_srai_epi32::<16>(_mm256_slli_epi32::<16>(words));
                (_mm256_or_si256(_mm256_srai_epi32::<31>(down), _mm256_set1_epi8(1)), both(odd(bits)))
            }
            T::IQ1_M => {
                let words = _mm256_set_epi64x(
                    i64::from(half(block, 54)) * TWICE,
                    i64::from(half(block, 52)) * TWICE,
                    i64::from(half(block, 50)) * TWICE,
                    i64::from(half(block, 48)) * TWICE,
                );
                let bits = _mm256_srlv_epi32(words, _mm256_setr_epi32(0, 6, 0, 6, 0, 6, 0, 6));
                let seconds = _mm256_slli_epi32::<13>(_mm256_and_si256(bits, _mm256_set1_epi32(0b111_000)));
                let pair = _mm256_or_si256(_mm256_and_si256(bits, _mm256_set1_epi32(7)), seconds);
                // SAFETY: 16 bytes from byte 32 on.
                let high = unsafe { _mm_loadu_si128(block.as_ptr().add(32).cast()) };
                let low = _mm_slli_epi16::<4>(high);
                // A byte for each point, below zero where its shift goes down.
                let down = _mm256_setr_m128i(_mm_unpacklo_epi8(low, high), _mm_unpackhi_epi8(low, high));
                (down, _mm256_or_si256(_mm256_slli_epi32::<1>(pair), _mm256_set1_epi32(0x1_0001)))
            }
            // Ternary types have one unit.
            _ => (_mm256_setzero_si256(), _mm256_set1_epi32(0x1_0001)),
        };
        // SAFETY: eight words each.
        unsafe {
            _mm256_storeu_si256(self.signs.as_mut_ptr().cast(), signs);
            _mm256_storeu_si256(self.scales.as_mut_ptr().cast(), scales);
        }
        self.number_points::<B>(block);
    }

    /// Numbers of points whose bits stand in several places.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn number_points<B: Block>(&mut self, block: &[u8]) {
        let mut put = |at: usize, numbers: __m256i| {
            // SAFETY: 16 numbers of 64; the callers below put two or four times as many.
            unsafe { _mm256_storeu_si256(self.points.as_mut_ptr().add(16 * at).cast(), numbers) };
        };
        match B::KIND {
            T::IQ2_XS => {
                for at in 0..2 {
                    put(at, _mm256_and_si256(load(block, 2 + 32 * at), _mm256_set1_epi16(511)));
                }
            }
            T::IQ2_S => {
                for at in 0..2 {
                    // Four bytes have the high bits of 16 points, two each.
                    let high = _mm256_shuffle_epi8(_mm256_set1_epi32(word(block, 66 + 4 * at) as i32), every(4));
                    put(at, with_high::<2>(low_bytes(block, 2 + 16 * at), high, 3));
                }
            }
            T::IQ3_S => {
                for at in 0..4 {
                    let high = _mm256_set1_epi16(half(block, 66 + 2 * at) as i16);
                    let bit =
                        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
                    let is_set = _mm256_cmpeq_epi16(_mm256_and_si256(high, bit), bit);
                    let ninth = _mm256_and_si256(is_set, _mm256_set1_epi16(256));
                    put(at, _mm256_or_si256(low_bytes(block, 2 + 16 * at), ninth));
                }
            }
            T::IQ1_S => {
                for at in 0..2 {
                    let words = _mm256_set1_epi64x(long(block, 34 + 8 * at) as i64);
                    put(at, with_high::<3>(low_bytes(block, 2 + 16 * at), _mm256_shuffle_epi8(words, every(8)), 7));
                }
            }
            T::IQ1_M => {
                for at in 0..2 {
                    let words = _mm256_set1_epi64x(long(block, 32 + 8 * at) as i64);
                    put(at, with_high::<4>(low_bytes(block, 16 * at), _mm256_shuffle_epi8(words, every(8)), 7));
                }
            }
            _ => {}
        }
    }

    /// The number of a point: of a type whose numbers are not bytes.
    #[inline]
    fn point(&self, at: usize) -> usize {
        debug_assert!(at < 64);
        // SAFETY: the callers count the points of a block.
        usize::from(unsafe { *self.points.get_unchecked(at) })
    }

    /// The byte of each eight of 32 columns, eight times.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn signs(&self, chunk: usize) -> __m256i {
        let spread = _mm256_setr_epi8(
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3,
        );
        _mm256_shuffle_epi8(broadcast(&self.signs, chunk), spread)
    }

    /// The scales of 32 columns, 16 bits for each two.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn scales<B: Block>(&self, order: __m256i, chunk: usize) -> __m256i {
        let both = broadcast(&self.scales, chunk);
        if B::SUB == 32 { both } else { _mm256_shuffle_epi8(both, order) }
    }

    /// The scale of a sub-block of 32 columns.
    pub fn scale(&self, chunk: usize, sub: usize) -> u8 {
        (self.scales[chunk] >> (16 * sub)) as u8
    }
}

/// One of eight words, eight times.
#[inline]
#[target_feature(enable = "avx2")]
fn broadcast(words: &[u32; 8], at: usize) -> __m256i {
    debug_assert!(at < 8);
    // SAFETY: the callers count the eight times 32 columns of a block.
    _mm256_set1_epi32(unsafe { *words.get_unchecked(at) } as i32)
}

/// The order of bytes that makes two scales side by side those of 16 columns each.
pub static ORDER: Order = Order([0x0100_0100_0100_0100_0100_0100_0100_0100, 0x0302_0302_0302_0302_0302_0302_0302_0302]);

/// An order of bytes for shuffles.
pub struct Order([u128; 2]);

impl Order {
    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn load(&self) -> __m256i {
        // SAFETY: 32 bytes.
        unsafe { _mm256_loadu_si256(self.0.as_ptr().cast()) }
    }
}

/// A word in both halves of 64 bits.
const TWICE: i64 = 1 << 32 | 1;

/// Bytes `at..at + 32`.
#[inline]
#[target_feature(enable = "avx2")]
fn load(block: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= block.len());
    // SAFETY: the callers ask for parts of the type's block alone, and `Ready::set` was given one.
    unsafe { _mm256_loadu_si256(block.as_ptr().add(at).cast()) }
}

#[inline]
fn long(block: &[u8], at: usize) -> u64 {
    debug_assert!(at + 8 <= block.len());
    // SAFETY: the same.
    unsafe { block.as_ptr().add(at).cast::<u64>().read_unaligned() }
}

#[inline]
fn word(block: &[u8], at: usize) -> u32 {
    debug_assert!(at + 4 <= block.len());
    // SAFETY: the same.
    unsafe { block.as_ptr().add(at).cast::<u32>().read_unaligned() }
}

#[inline]
fn half(block: &[u8], at: usize) -> u16 {
    debug_assert!(at + 2 <= block.len());
    // SAFETY: the same.
    unsafe { block.as_ptr().add(at).cast::<u16>().read_unaligned() }
}

#[inline]
fn byte(block: &[u8], at: usize) -> usize {
    debug_assert!(at < block.len());
    // SAFETY: the same.
    usize::from(unsafe { *block.as_ptr().add(at) })
}

/// 16 bytes as 16 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn low_bytes(block: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 16 <= block.len());
    // SAFETY: the same.
    _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(block.as_ptr().add(at).cast()) })
}

/// The order that gives each of four parts of `of` bytes in turn to four numbers of 16 bits: single bytes, or pairs.
#[inline]
#[target_feature(enable = "avx2")]
fn every(of: usize) -> __m256i {
    if of == 4 {
        let part = |i: i16| 0x8000_u16 as i16 | i;
        let [a, b, c, d] = [part(0), part(1), part(2), part(3)];
        return _mm256_setr_epi16(a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d);
    }
    let [a, b, c, d] = [0x0100, 0x0302, 0x0504, 0x0706];
    _mm256_setr_epi16(a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d)
}

/// Numbers with their high bits, which each fourth number finds at bit 0, the next at bit `STEP`, and so on.
#[inline]
#[target_feature(enable = "avx2")]
fn with_high<const STEP: i32>(low: __m256i, high: __m256i, mask: i16) -> __m256i {
    let every = |of: [i16; 4]| _mm256_set1_epi64x(i64::from_ne_bytes(bytes(of)));
    let places = [0, 1, 2, 3].map(|i| mask << (STEP * i));
    let bits = _mm256_and_si256(high, every(places));
    // Up to bit 8 by a multiplication, or down to it as the upper half of one.
    let up = [0, 1, 2, 3].map(|i| if STEP * i <= 8 { 1 << (8 - STEP * i) } else { 0 });
    let down = [0, 1, 2, 3].map(|i| if STEP * i > 8 { 1 << (24 - STEP * i) } else { 0 });
    let moved = _mm256_or_si256(_mm256_mullo_epi16(bits, every(up)), _mm256_mulhi_epu16(bits, every(down)));
    _mm256_or_si256(low, moved)
}

fn bytes(of: [i16; 4]) -> [u8; 8] {
    let [[a, b], [c, d], [e, f], [g, h]] = of.map(i16::to_ne_bytes);
    [a, b, c, d, e, f, g, h]
}

/// A block's unit, in half precision.
#[inline]
pub fn unit<B: Block>(block: &[u8]) -> u16 {
    match B::KIND {
        T::IQ1_M => (0..4).map(|at| half(block, 48 + 2 * at) >> 12 << (4 * at)).sum(),
        T::TQ1_0 => half(block, 52),
        T::TQ2_0 => half(block, 64),
        _ => half(block, 0),
    }
}

/// Words of four times seven signs and a scale of four bits.
#[inline]
#[target_feature(enable = "avx2")]
fn sevens(rest: __m256i) -> (__m256i, __m256i) {
    let part = |v, mask: i32| _mm256_and_si256(v, _mm256_set1_epi32(mask));
    let low = _mm256_or_si256(part(rest, 0x7f), part(_mm256_slli_epi32::<1>(rest), 0x7f00));
    let high =
        _mm256_or_si256(part(_mm256_slli_epi32::<2>(rest), 0x7f_0000), part(_mm256_slli_epi32::<3>(rest), 0x7f00_0000));
    (even(_mm256_or_si256(low, high)), both(odd(_mm256_srli_epi32::<28>(rest))))
}

/// Bytes of seven signs: the eighth makes the number of negative ones even.
#[inline]
#[target_feature(enable = "avx2")]
fn even(signs: __m256i) -> __m256i {
    let o = -0x80;
    let is_odd = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, o, o, 0, o, 0, 0, o, o, 0, 0, o, 0, o, o, 0));
    let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(signs), _mm256_set1_epi8(15));
    let eighth = _mm256_xor_si256(_mm256_shuffle_epi8(is_odd, signs), _mm256_shuffle_epi8(is_odd, upper));
    _mm256_or_si256(signs, eighth)
}

/// Twice a number and one more.
#[inline]
#[target_feature(enable = "avx2")]
fn odd(bits: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<1>(bits), _mm256_set1_epi32(1))
}

/// A number below 2^16 in both halves of its word.
#[inline]
#[target_feature(enable = "avx2")]
fn both(v: __m256i) -> __m256i {
    _mm256_or_si256(v, _mm256_slli_epi32::<16>(v))
}

#[inline]
#[target_feature(enable = "avx2")]
fn low_half(v: __m128i) -> __m128i {
    _mm_and_si128(v, _mm_set1_epi8(15))
}

/// 16 scales out of their four bits, as 16 bits each.
#[inline]
#[target_feature(enable = "avx2")]
fn nibbles(bytes: u64) -> __m256i {
    let bytes = _mm_cvtsi64_si128(bytes as i64);
    let bits = _mm_unpacklo_epi8(low_half(bytes), low_half(_mm_srli_epi16::<4>(bytes)));
    let bits = _mm256_cvtepu8_epi16(bits);
    _mm256_or_si256(_mm256_add_epi16(bits, bits), _mm256_set1_epi16(1))
}

/// Magnitudes of 32 codes, and bytes with their signs.
#[inline]
#[target_feature(enable = "avx2")]
pub fn codes<B: Block>(block: &[u8], ready: &Ready, chunk: usize) -> (__m256i, __m256i) {
    let points = match B::KIND {
        T::IQ2_XXS => of_eights(&IQ2_XXS, |i| byte(block, 2 + 8 * chunk + i)),
        T::IQ2_XS => of_eights(&IQ2_XS, |i| ready.point(4 * chunk + i)),
        T::IQ2_S => of_eights(&IQ2_S, |i| ready.point(4 * chunk + i)),
        T::IQ3_XXS => of_fours(&IQ3_XXS, |i| byte(block, 2 + 8 * chunk + i)),
        T::IQ3_S => of_fours(&IQ3_S, |i| ready.point(8 * chunk + i)),
        T::IQ1_S => {
            let shift = broadcast(&ready.signs, chunk);
            return with_signs(_mm256_add_epi8(of_eights(&IQ1, |i| ready.point(4 * chunk + i)), shift));
        }
        T::IQ1_M => {
            let down = _mm256_cmpgt_epi8(_mm256_setzero_si256(), ready.signs(chunk));
            let shift = _mm256_or_si256(down, _mm256_set1_epi8(1));
            return with_signs(_mm256_add_epi8(of_eights(&IQ1, |i| ready.point(4 * chunk + i)), shift));
        }
        T::TQ1_0 => return with_signs(ternary(block, chunk)),
        _ => {
            let bytes = load(block, chunk / 4 * 32);
            let two = _mm256_srl_epi16(bytes, _mm_cvtsi32_si128(2 * (chunk % 4) as i32));
            let digits = _mm256_and_si256(two, _mm256_set1_epi8(3));
            return with_signs(_mm256_sub_epi8(digits, _mm256_set1_epi8(1)));
        }
    };
    // Each column looks at its bit.
    let bits = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    let signs = ready.signs(chunk);
    let negative = _mm256_cmpeq_epi8(_mm256_and_si256(signs, bits), bits);
    (points, _mm256_or_si256(negative, _mm256_set1_epi8(1)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn with_signs(codes: __m256i) -> (__m256i, __m256i) {
    (_mm256_abs_epi8(codes), codes)
}

/// Four points of eight.
#[inline]
#[target_feature(enable = "avx2")]
fn of_eights<const N: usize>(grid: &[u64; N], number: impl Fn(usize) -> usize) -> __m256i {
    let at = |i: usize| std::ptr::from_ref(point(grid, number(i))).cast::<f64>();
    // SAFETY: eight bytes of a grid each.
    let two = |i: usize| unsafe { _mm_loadh_pd(_mm_load_sd(at(i)), at(i + 1)) };
    _mm256_castpd_si256(_mm256_set_m128d(two(2), two(0)))
}

/// Eight points of four.
#[inline]
#[target_feature(enable = "avx2")]
fn of_fours<const N: usize>(grid: &[u32; N], number: impl Fn(usize) -> usize) -> __m256i {
    let at = |i: usize| *point(grid, number(i)) as i32;
    _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7))
}

#[inline]
fn point<T, const N: usize>(grid: &[T; N], number: usize) -> &T {
    debug_assert!(number < N);
    // SAFETY: numbers have as many bits as their grid has points: a byte, or what `number_points` masked.
    unsafe { grid.get_unchecked(number) }
}

/// 32 digits of TQ1_0: the last chunks have those of several places.
#[inline]
#[target_feature(enable = "avx2")]
fn ternary(block: &[u8], chunk: usize) -> __m256i {
    // SAFETY: 16 bytes from byte 32 on.
    let sixteen = || _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(block.as_ptr().add(32).cast()) });
    let two = |a, b| _mm256_setr_epi16(a, a, a, a, a, a, a, a, b, b, b, b, b, b, b, b);
    let (bytes, powers) = match chunk {
        0..5 => (load(block, 0), _mm256_set1_epi16([1, 3, 9, 27, 81][chunk])),
        5 => (sixteen(), two(1, 3)),
        6 => (sixteen(), two(9, 27)),
        _ => {
            let four = _mm256_set1_epi32(word(block, 48) as i32);
            let powers = _mm256_setr_epi16(81, 81, 81, 81, 81, 81, 81, 81, 1, 1, 3, 3, 9, 9, 27, 27);
            (_mm256_blend_epi32::<0b1111_0000>(sixteen(), four), powers)
        }
    };
    // Of the byte times its power what is below 256, and of three times that what is above.
    let digit = |byte| {
        let fraction = _mm256_and_si256(_mm256_mullo_epi16(byte, powers), _mm256_set1_epi16(255));
        _mm256_mullo_epi16(fraction, _mm256_set1_epi16(3))
    };
    let even = _mm256_srli_epi16::<8>(digit(_mm256_and_si256(bytes, _mm256_set1_epi16(255))));
    let odd = _mm256_and_si256(digit(_mm256_srli_epi16::<8>(bytes)), _mm256_set1_epi16(-256));
    _mm256_sub_epi8(_mm256_or_si256(even, odd), _mm256_set1_epi8(1))
}
