//! IQ2_XXS, IQ2_XS and IQ2_S: vectors of eight weights with three levels and signs.

use super::super::halves::half;
use super::super::signed_codes::SignedCodes;
use super::grids::{self, Point};
use super::signs::{signed, signs_of};

/// What the three levels stand for, in eighths of the sub-block's scale.
pub const IQ2_LEVELS: [f32; 3] = [8.0, 25.0, 43.0];

fn vector(point: &Point<8>, signs: u8, out: &mut [i8]) {
    for (at, (level, out)) in point.iter().zip(out).enumerate() {
        *out = signed(IQ2_LEVELS[usize::from(*level)] as i8, signs, at);
    }
}

/// The scale of a sub-block out of its four bits: halves of a quarter.
fn scale(bits: u32) -> u8 {
    2 * bits as u8 + 1
}

/// Unit (2 bytes), then for each 32 weights four points (4) and four times seven bits of signs with four of scale (4).
pub fn iq2_xxs(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block) / 8.0;
    for (sub, bytes) in block[2..].chunks_exact(8).enumerate() {
        let rest = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        out.set_scales::<2>(sub, scale(rest >> 28));
        for (i, out) in out.values[32 * sub..][..32].chunks_exact_mut(8).enumerate() {
            vector(&grids::IQ2_XXS[usize::from(bytes[i])], signs_of(rest >> (7 * i)), out);
        }
    }
}

/// Unit (2 bytes), 32 points of nine bits with seven bits of signs (64), 16 scales of four bits (8).
pub fn iq2_xs(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block) / 8.0;
    sub_scales(&block[66..], out);
    for (i, out) in out.values.chunks_exact_mut(8).enumerate() {
        let code = u16::from_le_bytes([block[2 + 2 * i], block[3 + 2 * i]]);
        vector(&grids::IQ2_XS[usize::from(code & 511)], signs_of(u32::from(code >> 9)), out);
    }
}

/// Unit (2 bytes), the low eight bits of 32 points (32), their signs (32), their high two bits (8), 16 scales (8).
pub fn iq2_s(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block) / 8.0;
    sub_scales(&block[74..], out);
    for (i, out) in out.values.chunks_exact_mut(8).enumerate() {
        let high = block[66 + i / 4] >> (2 * (i % 4)) & 3;
        let point = usize::from(block[2 + i]) | usize::from(high) << 8;
        vector(&grids::IQ2_S[point], block[34 + i], out);
    }
}

/// 16 scales of four bits, low halves first.
fn sub_scales(bytes: &[u8], out: &mut SignedCodes) {
    for (at, to) in out.scales.iter_mut().enumerate() {
        *to = scale(u32::from(bytes[at / 2] >> (4 * (at % 2)) & 15));
    }
}
