//! MXFP4: 32 numbers of four bits in floating point, with a power of two.
//!
//! Specified by the Open Compute Project ("OCP Microscaling Formats (MX)", version 1.0); how codes lie in a block is ggml's
//! `ggml-common.h`.

/// What the eight codes without a sign stand for (E2M1), times two.
const DOUBLED: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0];

/// The first exponent with which a code is beyond F32: 6 times 2^126 is. No model has such weights; 255 is no number at all.
pub const TOO_LARGE: u8 = 253;

/// Half of the power of two that an exponent byte (E8M0) stands for, 2^(e - 128).
fn half_scale(exponent: u8) -> f32 {
    match exponent {
        255 => f32::NAN,
        // Below the smallest normal number.
        0 | 1 => f32::from_bits(0x0020_0000 << exponent),
        _ => f32::from_bits((u32::from(exponent) - 1) << 23),
    }
}

fn weight(scale: f32, code: u8) -> f32 {
    let size = scale * DOUBLED[usize::from(code & 7)];
    if code & 8 == 0 { size } else { -size }
}

/// Exponent (1 byte), 32 codes (16): the low halves of the bytes, then the high ones.
pub fn mxfp4(block: &[u8], out: &mut [f32]) {
    let scale = half_scale(block[0]);
    let (low, high) = out.split_at_mut(16);
    for ((byte, low), high) in block[1..].iter().zip(low).zip(high) {
        *low = weight(scale, byte & 15);
        *high = weight(scale, byte >> 4);
    }
}
