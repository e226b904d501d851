//! Numbers in half precision out of bytes.

use half::f16;

/// The number in half precision that a slice begins with.
pub(super) fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}
