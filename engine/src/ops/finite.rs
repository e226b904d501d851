//! Whether numbers are finite. Looked at wherever the next kernel might hide that they are not: rounding to 8 bits makes 0 of
//! NaN, choosing experts orders it away, and a norm makes 0 of what overflows.

use super::simd::{square_sum, zero_sum};

/// Whether all are finite numbers.
pub fn are_finite(values: &[f32]) -> bool {
    zero_sum(values) == 0.0
}

/// Whether every row of `width` can be normalised: its squares add up to a finite number.
pub fn can_normalise(values: &[f32], width: usize) -> bool {
    values.chunks_exact(width).all(|row| square_sum(row).is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_found_wherever_it_stands() {
        assert!(are_finite(&[]) && are_finite(&[f32::MAX, f32::MIN, -0.0, 1e-45]));
        for len in [1, 15, 16, 17, 40] {
            for at in 0..len {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut values = vec![1.0; len];
                    values[at] = bad;
                    assert!(!are_finite(&values), "{bad} at {at} of {len}");
                    assert!(!can_normalise(&values, len), "{bad} at {at} of {len}");
                }
            }
        }
    }

    #[test]
    fn squares_that_overflow_are_no_norm() {
        assert!(can_normalise(&[1e18; 8], 4));
        assert!(are_finite(&[1e20; 8]) && !can_normalise(&[1.0, 1.0, 1e20, 1.0], 2));
    }
}
