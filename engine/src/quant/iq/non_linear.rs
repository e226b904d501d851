//! IQ4_NL and IQ4_XS: 16 levels for each weight, denser near zero, where weights are.

use super::super::halves::half;

/// What the sixteen codes stand for.
pub const NON_LINEAR: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// 32 weights: the low halves of 16 bytes, then the high ones.
fn codes(bytes: &[u8], scale: f32, out: &mut [f32]) {
    let (low, high) = out.split_at_mut(16);
    for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
        *low = scale * f32::from(NON_LINEAR[usize::from(byte & 15)]);
        *high = scale * f32::from(NON_LINEAR[usize::from(byte >> 4)]);
    }
}

/// Scale (2 bytes), 32 codes (16).
pub fn iq4_nl(block: &[u8], out: &mut [f32]) {
    codes(&block[2..], half(block), out);
}

/// Unit (2 bytes), the high 2 bits of eight scales (2), their low 4 bits (4), 256 codes (128).
pub fn iq4_xs(block: &[u8], out: &mut [f32]) {
    let high = u16::from_le_bytes([block[2], block[3]]);
    for (i, (bytes, out)) in block[8..].chunks_exact(16).zip(out.chunks_exact_mut(32)).enumerate() {
        let low = block[4 + i / 2] >> (4 * (i % 2)) & 15;
        let sub = i32::from(low) | i32::from(high >> (2 * i) & 3) << 4;
        codes(bytes, half(block) * (sub - 32) as f32, out);
    }
}
