//! Numbers as sums of two BF16, for processors that multiply BF16 in tiles.
//!
//! A number's first term is its nearest BF16, the second the nearest BF16 of what is left: 16 bits together, of which each F16
//! needs 11, so that weights are exact. Of activations less than a part in 2^17 is lost, and as much by leaving out the product
//! of both second terms; llama.cpp rounds them to F16, a part in 2^12, and to BF16, a part in 2^9.

#![expect(unsafe_code, reason = "a loop compiled for several instruction sets")]

/// Columns that are added up at once.
pub const STEP: usize = 32;

/// Numbers of one term: what tiles read of a token at once.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Line(pub [u16; STEP]);

impl Line {
    pub const ZERO: Self = Self([0; STEP]);
}

/// Lines of a row: all first terms, then all second ones, and a line that keeps rows from meeting in the same places of caches.
pub const fn lines(cols: usize) -> usize {
    2 * cols.div_ceil(STEP) + 1
}

/// How far a line of second terms is behind its first terms, in a row of so many lines.
pub const fn distance(lines: usize) -> usize {
    lines / 2
}

/// The first and the second terms of some columns of a row.
pub fn both(row: &[Line], step: usize) -> [&Line; 2] {
    [&row[step], &row[distance(row.len()) + step]]
}

/// Both terms, as the upper halves of F32.
#[inline(always)]
pub fn split(number: f32) -> [u16; 2] {
    let first = nearest(number);
    [first, nearest(number - widen(first))]
}

/// The nearest BF16; of two as near, the larger. Where none is so small, zero.
#[inline(always)]
fn nearest(number: f32) -> u16 {
    let bits = number.to_bits();
    let rounded = (bits.wrapping_add(0x8000) >> 16) as u16;
    if number.is_nan() {
        return 0x7fc0;
    }
    // Tiles take what has no full precision for zero.
    if rounded & 0x7f80 == 0 { 0 } else { rounded }
}

/// The number that a term is.
#[inline(always)]
pub fn widen(term: u16) -> f32 {
    f32::from_bits(u32::from(term) << 16)
}

/// What has no full precision as zero.
pub fn flush(number: f32) -> f32 {
    if number.is_subnormal() { 0.0 } else { number }
}

crate::ops::leveled! {
    /// Puts a row's terms into its lines, and says whether all of it is finite.
    fn split_row(x: &[f32], lines: &mut [Line]) -> bool {
        let (first, second) = lines.split_at_mut(distance(lines.len()));
        let mut sum = 0f32;
        for ((x, first), second) in x.chunks(STEP).zip(first).zip(second) {
            for ((x, first), second) in x.iter().zip(&mut first.0).zip(&mut second.0) {
                [*first, *second] = split(*x);
                sum += widen(*first) * 0.0;
            }
        }
        sum == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_the_sum_of_its_terms() {
        for bits in 0..=u16::MAX {
            let number = half::f16::from_bits(bits).to_f32();
            let terms = split(number).map(widen);
            if number.is_finite() {
                assert_eq!(terms[0] + terms[1], number);
                assert_eq!(terms.map(f64::from).iter().sum::<f64>(), f64::from(number));
            } else {
                assert!(!(terms[0] + terms[1]).is_finite());
            }
        }
    }

    #[test]
    fn of_other_numbers_little_is_lost_and_what_is_not_finite_is_told() {
        let x: Vec<f32> = (0..1000u32).map(|i| f32::from_bits(0x3f80_0000 + i * 8377)).chain([1e-30, -3e37]).collect();
        let mut row = vec![Line::ZERO; lines(x.len())];
        assert!(split_row(&x, &mut row));
        for (i, x) in x.iter().enumerate() {
            let [first, second] = both(&row, i / STEP).map(|line| f64::from(widen(line.0[i % STEP])));
            let off = (first + second - f64::from(*x)).abs();
            assert!(off <= f64::from(x.abs()) * 0.5f64.powi(17), "{x}: {first} + {second}");
        }
        for bad in [f32::NAN, f32::INFINITY, f32::MIN] {
            assert!(!split_row(&[1.0, bad], &mut row), "{bad} is no BF16");
        }
        assert_eq!(split(1e-40), [0, 0]);
    }
}
