//! The grids, point by point.

use super::sets;

/// A vector of `D` weights as the numbers of their levels.
pub type Point<const D: usize> = [u8; D];

pub static IQ2_XXS: [Point<8>; 256] = points(3, &sets::IQ2_XXS);
pub static IQ2_XS: [Point<8>; 512] = points(3, &sets::IQ2_XS);
pub static IQ2_S: [Point<8>; 1024] = points(3, &sets::IQ2_S);
pub static IQ3_XXS: [Point<4>; 256] = points(8, &sets::IQ3_XXS);
pub static IQ3_S: [Point<4>; 512] = points(8, &sets::IQ3_S);
/// Of IQ1_S and IQ1_M.
pub static IQ1: [Point<8>; 2048] = points(3, &sets::IQ1);

/// The points of a set in ascending order.
const fn points<const D: usize, const N: usize>(levels: usize, set: &[u64]) -> [Point<D>; N] {
    let mut out = [[0; D]; N];
    let (mut found, mut number) = (0, 0);
    while number < 64 * set.len() {
        if set[number / 64] >> (number % 64) & 1 == 1 {
            let (mut rest, mut digit) = (number, 0);
            while digit < D {
                out[found][digit] = (rest % levels) as u8;
                rest /= levels;
                digit += 1;
            }
            found += 1;
        }
        number += 1;
    }
    assert!(found == N, "a set has as many points as its grid");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_where_ggml_has_them() {
        // Read off `ggml-common.h`: 8, 25 and 43 are levels 0 to 2 there, and the first weight is in the lowest byte.
        assert_eq!(IQ2_XXS[0], [0; 8]);
        assert_eq!(IQ2_XXS[1], [2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(IQ2_XXS[255], [0, 1, 0, 0, 1, 2, 2, 2]);
        assert_eq!(IQ3_XXS[255], [0, 3, 6, 7]);
        assert_eq!(IQ3_S[511], [0, 0, 7, 7]);
        assert_eq!(IQ1[2047], [2; 8]);
        // But for IQ3_S and IQ1, the sum of a point's levels is even.
        for grid in [&IQ2_XXS[..], &IQ2_XS, &IQ2_S] {
            assert!(grid.iter().all(|point| point.iter().sum::<u8>().is_multiple_of(2)));
        }
        assert!(IQ3_XXS.iter().all(|point| point.iter().sum::<u8>().is_multiple_of(2)));
    }
}
