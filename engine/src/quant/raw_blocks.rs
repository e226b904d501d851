//! Types that have no structure of their own here: raw blocks and the decoder that reads them.

use half::f16;

use super::GgmlType;

/// What the sixteen codes of IQ4_NL and IQ4_XS stand for: denser near zero, where weights are.
pub const NON_LINEAR: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Writes one block's weights.
type Decoder = fn(block: &[u8], out: &mut [f32]);

/// Raw blocks of a type with a decoder.
#[derive(Clone)]
pub struct RawBlocks {
    kind: GgmlType,
    bytes: Vec<u8>,
    decoder: Decoder,
}

impl RawBlocks {
    /// Copies whole blocks; nothing if there is no decoder for the type.
    pub(super) fn new(kind: GgmlType, bytes: &[u8]) -> Option<Self> {
        let decoder: Decoder = match kind {
            GgmlType::IQ4_NL => iq4_nl,
            GgmlType::IQ4_XS => iq4_xs,
            _ => return None,
        };
        bytes.len().is_multiple_of(kind.block_bytes()).then(|| Self { kind, bytes: bytes.to_vec(), decoder })
    }

    pub(super) fn kind(&self) -> GgmlType {
        self.kind
    }

    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.kind.block_bytes()
    }

    pub(super) fn dequantise(&self, start: usize, out: &mut [f32]) {
        let first = start / self.kind.block_len() * self.kind.block_bytes();
        let blocks = self.bytes[first..].chunks_exact(self.kind.block_bytes());
        for (block, out) in blocks.zip(out.chunks_exact_mut(self.kind.block_len())) {
            (self.decoder)(block, out);
        }
    }
}

fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// 32 weights: the low halves of 16 bytes, then the high ones.
fn codes(bytes: &[u8], scale: f32, out: &mut [f32]) {
    let (low, high) = out.split_at_mut(16);
    for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
        *low = scale * f32::from(NON_LINEAR[usize::from(byte & 15)]);
        *high = scale * f32::from(NON_LINEAR[usize::from(byte >> 4)]);
    }
}

/// Scale (2 bytes), 32 codes (16).
fn iq4_nl(block: &[u8], out: &mut [f32]) {
    codes(&block[2..], half(block), out);
}

/// Scale (2 bytes), the high 2 bits of eight sub-scales (2), their low 4 bits (4), 256 codes (128).
fn iq4_xs(block: &[u8], out: &mut [f32]) {
    let high = u16::from_le_bytes([block[2], block[3]]);
    for (i, (bytes, out)) in block[8..].chunks_exact(16).zip(out.chunks_exact_mut(32)).enumerate() {
        let low = block[4 + i / 2] >> (4 * (i % 2)) & 15;
        let sub = i32::from(low) | i32::from(high >> (2 * i) & 3) << 4;
        codes(bytes, half(block) * (sub - 32) as f32, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_scales_are_read_from_their_places() {
        let mut block = vec![0u8; GgmlType::IQ4_XS.block_bytes()];
        block[..2].copy_from_slice(&f16::from_f32(2.0).to_le_bytes());
        block[2..4].copy_from_slice(&(3u16 << 14).to_le_bytes()); // the last sub-scale: 3 * 16
        block[7] = 0x10; // and 1: 49 - 32 = 17
        block[8 + 7 * 16] = 0xf8; // its first byte: codes 8 and 15
        let coded = RawBlocks::new(GgmlType::IQ4_XS, &block).expect("a decoder");
        let mut out = [0f32; 256];
        coded.dequantise(0, &mut out);
        assert_eq!((out[224], out[240]), (2.0 * 17.0 * 1.0, 2.0 * 17.0 * 113.0));
        assert_eq!(out[0], 2.0 * -32.0 * -127.0);

        let mut two = vec![0u8; 36];
        two[18..20].copy_from_slice(&f16::from_f32(0.5).to_le_bytes());
        let coded = RawBlocks::new(GgmlType::IQ4_NL, &two).expect("a decoder");
        let mut out = [0f32; 32];
        coded.dequantise(32, &mut out);
        assert_eq!(out, [-63.5; 32]);
        assert!(RawBlocks::new(GgmlType::IQ2_XXS, &[]).is_none());
    }
}
