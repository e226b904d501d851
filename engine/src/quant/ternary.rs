//! TQ1_0 and TQ2_0: weights of -1, 0 and 1 with one scale for 256.
//!
//! Layouts as in ggml's `ggml-common.h`, values as its decoders in `ggml-quants.c` read them.

use super::halves::half;
use super::signed_codes::SignedCodes;

/// 48 bytes of five weights, 4 of four, scale (2).
///
/// A byte is a fraction of 256 whose digits in base 3 are its weights: tripling it brings the first digit above 256, and what
/// stays below has the others. The first digits of 32 bytes (of 16, then of 4) are neighbours, then come the second ones.
pub fn tq1_0(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(&block[52..]);
    out.scales = [1; 16];
    let mut out = out.values.iter_mut();
    for (bytes, digits) in [(&block[..32], 5), (&block[32..48], 5), (&block[48..52], 4)] {
        for digit in 0..digits {
            for (byte, out) in bytes.iter().zip(out.by_ref()) {
                let fraction = byte.wrapping_mul(3u8.pow(digit));
                *out = ((u16::from(fraction) * 3) >> 8) as i8 - 1;
            }
        }
    }
}

/// 64 bytes of four weights, two bits each, scale (2): of each 32 bytes the lowest bits are the first 32 weights. The fourth
/// value of two bits is no weight of the type, and reads as 2.
pub fn tq2_0(block: &[u8], out: &mut SignedCodes) {
    out.unit = half(&block[64..]);
    out.scales = [1; 16];
    for (bytes, out) in block.chunks_exact(32).zip(out.values.chunks_exact_mut(128)) {
        for (part, out) in out.chunks_exact_mut(32).enumerate() {
            for (byte, out) in bytes.iter().zip(out) {
                *out = (byte >> (2 * part) & 3) as i8 - 1;
            }
        }
    }
}
