//! IQ2_XXS, IQ2_XS and IQ2_S: vectors of eight weights with three levels and signs.

use super::super::halves::half;
use super::grids::{self, Point};
use super::signs::{signed, signs_of};

/// What the three levels stand for, in eighths of the sub-block's scale.
pub const IQ2_LEVELS: [f32; 3] = [8.0, 25.0, 43.0];

fn vector(point: &Point<8>, scale: f32, signs: u8, out: &mut [f32]) {
    for (at, (level, out)) in point.iter().zip(out).enumerate() {
        *out = signed(scale * IQ2_LEVELS[usize::from(*level)], signs, at);
    }
}

/// The scale of a sub-block out of its four bits.
fn scale(unit: f32, bits: u32) -> f32 {
    unit * (0.5 + bits as f32) * 0.25
}

/// Unit (2 bytes), then for each 32 weights four points (4) and four times seven bits of signs with four of scale (4).
pub fn iq2_xxs(block: &[u8], out: &mut [f32]) {
    let unit = half(block);
    for (bytes, out) in block[2..].chunks_exact(8).zip(out.chunks_exact_mut(32)) {
        let rest = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        let scale = scale(unit, rest >> 28);
        for (i, out) in out.chunks_exact_mut(8).enumerate() {
            vector(&grids::IQ2_XXS[usize::from(bytes[i])], scale, signs_of(rest >> (7 * i)), out);
        }
    }
}

/// Unit (2 bytes), 32 points of nine bits with seven bits of signs (64), 16 scales of four bits (8).
pub fn iq2_xs(block: &[u8], out: &mut [f32]) {
    let unit = half(block);
    for (i, out) in out.chunks_exact_mut(8).enumerate() {
        let code = u16::from_le_bytes([block[2 + 2 * i], block[3 + 2 * i]]);
        let scale = scale(unit, sub_scale(&block[66..], i / 2));
        vector(&grids::IQ2_XS[usize::from(code & 511)], scale, signs_of(u32::from(code >> 9)), out);
    }
}

/// Unit (2 bytes), the low eight bits of 32 points (32), their signs (32), their high two bits (8), 16 scales (8).
pub fn iq2_s(block: &[u8], out: &mut [f32]) {
    let unit = half(block);
    for (i, out) in out.chunks_exact_mut(8).enumerate() {
        let high = block[66 + i / 4] >> (2 * (i % 4)) & 3;
        let point = usize::from(block[2 + i]) | usize::from(high) << 8;
        vector(&grids::IQ2_S[point], scale(unit, sub_scale(&block[74..], i / 2)), block[34 + i], out);
    }
}

/// The four bits of scale number `at`, low halves first.
fn sub_scale(bytes: &[u8], at: usize) -> u32 {
    u32::from(bytes[at / 2] >> (4 * (at % 2)) & 15)
}
