//! Tables of points and of their levels, for shuffles of bytes.

use std::arch::x86_64::*;

use crate::quant::iq::grids::{self, Point};
use crate::quant::iq::{IQ2_LEVELS, IQ3_XXS_LEVELS};

/// Bytes that shuffles find things in.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Table<const N: usize>(pub [u8; N]);

/// Points of eight weights: the numbers of the levels of the first four, two bits each, and of the others.
pub static IQ2_XXS: [Table<256>; 2] = [packed(&grids::IQ2_XXS, 0, 4, 2), packed(&grids::IQ2_XXS, 4, 4, 2)];
pub static IQ2_XS: [Table<512>; 2] = [packed(&grids::IQ2_XS, 0, 4, 2), packed(&grids::IQ2_XS, 4, 4, 2)];
/// Points of four weights: of the first two, three bits each, and of the others.
pub static IQ3_XXS: [Table<256>; 2] = [packed(&grids::IQ3_XXS, 0, 2, 3), packed(&grids::IQ3_XXS, 2, 2, 3)];

/// The levels of the first, second and third two bits of six.
pub static TWO_BITS: [Table<64>; 3] = [levels(&IQ2_LEVELS, 0, 3), levels(&IQ2_LEVELS, 2, 3), levels(&IQ2_LEVELS, 4, 3)];
/// The levels of the first and the second three bits of six.
pub static THREE_BITS: [Table<64>; 2] = [levels(&IQ3_XXS_LEVELS, 0, 7), levels(&IQ3_XXS_LEVELS, 3, 7)];

/// Numbers of levels of `count` weights from `first` on, so many bits each, of all points.
const fn packed<const D: usize, const N: usize>(
    points: &[Point<D>; N],
    first: usize,
    count: usize,
    bits: usize,
) -> Table<N> {
    let mut out = [0; N];
    let mut at = 0;
    while at < N * count {
        let (point, weight) = (at / count, at % count);
        out[point] |= points[point][first + weight] << (bits * weight);
        at += 1;
    }
    Table(out)
}

/// What six bits mean, of which those from `shift` on are a level's number.
const fn levels<const N: usize>(levels: &[f32; N], shift: usize, mask: usize) -> Table<64> {
    let mut out = [0; 64];
    let mut at = 0;
    while at < 64 {
        let number = (at >> shift) & mask;
        out[at] = if number < N { levels[number] as u8 } else { 0 };
        at += 1;
    }
    Table(out)
}

/// Part `at` of a table.
#[inline]
#[target_feature(enable = "avx512f")]
pub fn load<const N: usize>(table: &[u8; N], at: usize) -> __m512i {
    assert!(64 * at + 64 <= N);
    // SAFETY: 64 bytes of the table.
    unsafe { _mm512_loadu_si512(table.as_ptr().add(64 * at).cast()) }
}
