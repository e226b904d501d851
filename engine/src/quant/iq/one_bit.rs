//! IQ1_S and IQ1_M: vectors of eight weights with the levels -1, 0 and 1, all of them shifted a little up or down.

use half::f16;

use super::super::halves::half;
use super::super::signed_codes::SignedCodes;
use super::grids;

/// How far levels are shifted.
pub const SHIFT: f32 = 0.125;

/// Points stand for eighths of their scale, so that the shift is a whole number.
fn vector(point: usize, down: bool, out: &mut [i8]) {
    let shift = if down { -SHIFT } else { SHIFT };
    for (level, out) in grids::IQ1[point & 2047].iter().zip(out) {
        *out = (8.0 * (f32::from(*level) - 1.0 + shift)) as i8;
    }
}

/// The scale of a sub-block out of its three bits.
fn scale(bits: u16) -> u8 {
    2 * (bits & 7) as u8 + 1
}

/// Unit (2 bytes), the low eight bits of 32 points (32), then for each 32 weights their high bits, three each, three of scale
/// and the shift's sign (2).
pub fn iq1_s(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(block) / 8.0;
    let (low, high) = block[2..].split_at(32);
    for sub in 0..8 {
        let high = u16::from_le_bytes([high[2 * sub], high[2 * sub + 1]]);
        out.set_scales::<2>(sub, scale(high >> 12));
        for (i, out) in out.values[32 * sub..][..32].chunks_exact_mut(8).enumerate() {
            let point = usize::from(low[4 * sub + i]) | usize::from(high >> (3 * i) & 7) << 8;
            vector(point, high >> 15 == 1, out);
        }
    }
}

/// The low eight bits of 32 points (32 bytes), for each its high three bits and its shift's sign (16), four words of four scales
/// of three bits and a quarter of the unit (8).
pub fn iq1_m(block: &[u8], out: &mut SignedCodes) {
    out.unit = f16::from_bits(iq1_m_scale_bits(block)).to_f32() / 8.0;
    for (at, to) in out.scales.iter_mut().enumerate() {
        *to = scale(word(block, at / 4) >> (3 * (at % 4)));
    }
    for (i, out) in out.values.chunks_exact_mut(8).enumerate() {
        let high = block[32 + i / 2] >> (4 * (i % 2));
        let point = usize::from(block[i]) | usize::from(high & 7) << 8;
        vector(point, high & 8 != 0, out);
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
