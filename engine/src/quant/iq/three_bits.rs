//! IQ3_XXS and IQ3_S: vectors of four weights with eight levels and signs.

use super::super::halves::half;
use super::super::signed_codes::SignedCodes;
use super::grids::{self, Point};
use super::signs::{signed, signs_of};

/// What the eight levels of IQ3_XXS stand for, in quarters of the sub-block's scale.
pub const IQ3_XXS_LEVELS: [f32; 8] = [4.0, 12.0, 20.0, 28.0, 36.0, 44.0, 52.0, 62.0];
/// What those of IQ3_S stand for.
pub const IQ3_S_LEVELS: [f32; 8] = [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0];

fn pair(points: [&Point<4>; 2], levels: &[f32; 8], signs: u8, out: &mut [i8]) {
    for (at, (level, out)) in points.into_iter().flatten().zip(out).enumerate() {
        *out = signed(levels[usize::from(*level)] as i8, signs, at);
    }
}

/// Unit (2 bytes), 64 points (64), then for each 32 weights four times seven bits of signs with four of scale (4).
pub fn iq3_xxs(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block) / 4.0;
    let (points, rest) = block[2..].split_at(64);
    for (sub, rest) in rest.chunks_exact(4).enumerate() {
        let rest = u32::from_le_bytes([rest[0], rest[1], rest[2], rest[3]]);
        out.set_scales::<2>(sub, 2 * (rest >> 28) as u8 + 1);
        for (i, out) in out.values[32 * sub..][..32].chunks_exact_mut(8).enumerate() {
            let points = [0, 1].map(|second| &grids::IQ3_XXS[usize::from(points[8 * sub + 2 * i + second])]);
            pair(points, &IQ3_XXS_LEVELS, signs_of(rest >> (7 * i)), out);
        }
    }
}

/// Unit (2 bytes), the low eight bits of 64 points (64), their ninth (8), signs (32), 8 scales of four bits (4).
pub fn iq3_s(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block);
    for sub in 0..8 {
        out.set_scales::<2>(sub, 1 + 2 * (block[106 + sub / 2] >> (4 * (sub % 2)) & 15));
    }
    for (i, out) in out.values.chunks_exact_mut(8).enumerate() {
        let points = [2 * i, 2 * i + 1].map(|at| {
            let high = block[66 + at / 8] >> (at % 8) & 1;
            &grids::IQ3_S[usize::from(block[2 + at]) | usize::from(high) << 8]
        });
        pair(points, &IQ3_S_LEVELS, block[74 + i], out);
    }
}
