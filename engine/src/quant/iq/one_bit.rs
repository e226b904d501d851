//! IQ1_S and IQ1_M: vectors of eight weights with the levels -1, 0 and 1, all of them shifted a little up or down.

use half::f16;

use super::super::halves::half;
use super::grids;

/// How far levels are shifted.
pub const SHIFT: f32 = 0.125;

fn vector(point: usize, scale: f32, down: bool, out: &mut [f32]) {
    let shift = if down { -SHIFT } else { SHIFT };
    for (level, out) in grids::IQ1[point & 2047].iter().zip(out) {
        *out = scale * (f32::from(*level) - 1.0 + shift);
    }
}

/// The scale of a sub-block out of its three bits.
fn scale(unit: f32, bits: u16) -> f32 {
    unit * f32::from(2 * (bits & 7) + 1)
}

/// Unit (2 bytes), the low eight bits of 32 points (32), then for each 32 weights their high bits, three each, three of scale
/// and the shift's sign (2).
pub fn iq1_s(block: &[u8], out: &mut [f32]) {
    let unit = half(block);
    let (low, high) = block[2..].split_at(32);
    for (i, out) in out.chunks_exact_mut(8).enumerate() {
        let high = u16::from_le_bytes([high[i / 4 * 2], high[i / 4 * 2 + 1]]);
        let point = usize::from(low[i]) | usize::from(high >> (3 * (i % 4)) & 7) << 8;
        vector(point, scale(unit, high >> 12), high >> 15 == 1, out);
    }
}

/// The low eight bits of 32 points (32 bytes), for each its high three bits and its shift's sign (16), four words of four scales
/// of three bits and a quarter of the unit (8).
pub fn iq1_m(block: &[u8], out: &mut [f32]) {
    let unit = f16::from_bits(iq1_m_scale_bits(block)).to_f32();
    for (i, out) in out.chunks_exact_mut(8).enumerate() {
        let high = block[32 + i / 2] >> (4 * (i % 2));
        let point = usize::from(block[i]) | usize::from(high & 7) << 8;
        let scale = scale(unit, word(block, i / 8) >> (3 * (i / 2 % 4)));
        vector(point, scale, high & 8 != 0, out);
    }
}

/// One of the four words at the end of a block of IQ1_M.
fn word(block: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([block[48 + 2 * at], block[49 + 2 * at]])
}

/// The unit of a block of IQ1_M, a number in half precision: the high four bits of its four words, the lowest first.
pub fn iq1_m_scale_bits(block: &[u8]) -> u16 {
    (0..4).map(|at| word(block, at) >> 12 << (4 * at)).sum()
}
