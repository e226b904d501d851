//! Types that have no structure of their own here: raw blocks and the decoder that reads them.

use super::GgmlType;
use super::iq::{iq1_m, iq1_s, iq2_s, iq2_xs, iq2_xxs, iq3_s, iq3_xxs, iq4_nl, iq4_xs};
use super::mxfp4::mxfp4;
use super::ternary::{tq1_0, tq2_0};

/// Writes one block's weights.
type Decoder = fn(block: &[u8], out: &mut [f32]);

/// What decodes blocks of a type; nothing where blocks have a structure of their own.
fn decoder(kind: GgmlType) -> Option<Decoder> {
    Some(match kind {
        GgmlType::IQ4_NL => iq4_nl,
        GgmlType::IQ4_XS => iq4_xs,
        GgmlType::IQ3_S => iq3_s,
        GgmlType::IQ3_XXS => iq3_xxs,
        GgmlType::IQ2_S => iq2_s,
        GgmlType::IQ2_XS => iq2_xs,
        GgmlType::IQ2_XXS => iq2_xxs,
        GgmlType::IQ1_M => iq1_m,
        GgmlType::IQ1_S => iq1_s,
        GgmlType::TQ2_0 => tq2_0,
        GgmlType::TQ1_0 => tq1_0,
        GgmlType::MXFP4 => mxfp4,
        _ => return None,
    })
}

/// Whether blocks of a type are decoded by [`decode`].
pub fn is_decoded(kind: GgmlType) -> bool {
    decoder(kind).is_some()
}

/// Writes the weights of whole blocks into `out`, which is as long; nothing for a type that is not decoded here.
pub fn decode(kind: GgmlType, bytes: &[u8], out: &mut [f32]) {
    let Some(decoder) = decoder(kind) else { return };
    for (block, out) in bytes.chunks_exact(kind.block_bytes()).zip(out.chunks_exact_mut(kind.block_len())) {
        decoder(block, out);
    }
}

/// Raw blocks of a type with a decoder.
#[derive(Clone)]
pub struct RawBlocks {
    kind: GgmlType,
    bytes: Vec<u8>,
}

impl RawBlocks {
    /// Copies whole blocks; nothing if there is no decoder for the type.
    pub(super) fn new(kind: GgmlType, bytes: &[u8]) -> Option<Self> {
        (is_decoded(kind) && bytes.len().is_multiple_of(kind.block_bytes()))
            .then(|| Self { kind, bytes: bytes.to_vec() })
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
        decode(self.kind, &self.bytes[first..], out);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::are_finite;
    use super::*;

    /// Every type with a decoder of this project.
    const KINDS: [GgmlType; 12] = [
        GgmlType::IQ4_NL,
        GgmlType::IQ4_XS,
        GgmlType::IQ3_S,
        GgmlType::IQ3_XXS,
        GgmlType::IQ2_S,
        GgmlType::IQ2_XS,
        GgmlType::IQ2_XXS,
        GgmlType::IQ1_M,
        GgmlType::IQ1_S,
        GgmlType::TQ2_0,
        GgmlType::TQ1_0,
        GgmlType::MXFP4,
    ];

    fn decoded(kind: GgmlType, bytes: &[u8]) -> Vec<f32> {
        let mut out = vec![7.0; bytes.len() / kind.block_bytes() * kind.block_len()];
        RawBlocks::new(kind, bytes).expect("a decoder").dequantise(0, &mut out);
        out
    }

    /// Blocks of random bytes and what llama.cpp's Python package makes of them: see `tests/data/blocks/README.md`.
    #[test]
    fn blocks_decode_to_the_numbers_of_llama_cpp() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/blocks");
        for kind in KINDS {
            let bytes = std::fs::read(folder.join(format!("{kind}.bin"))).expect("blocks of the type");
            let (blocks, numbers) = bytes.split_at(bytes.len() - 3 * kind.block_len() * 4);
            let expected: Vec<f32> =
                numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            assert_eq!(blocks.len(), 3 * kind.block_bytes(), "{kind}");
            assert_eq!(decoded(kind, blocks), expected, "{kind}");
            let mut last = vec![0.0; kind.block_len()];
            RawBlocks::new(kind, blocks).expect("a decoder").dequantise(2 * kind.block_len(), &mut last);
            assert_eq!(last, expected[2 * kind.block_len()..], "{kind}");
        }
    }

    #[test]
    fn other_types_and_parts_of_blocks_have_no_decoder() {
        assert!(RawBlocks::new(GgmlType::Q8_1, &[]).is_none());
        assert!(RawBlocks::new(GgmlType::IQ2_XXS, &[0; 65]).is_none());
    }

    proptest! {
        /// No bit pattern leads out of a grid, and weights are numbers where scales are.
        #[test]
        fn any_bytes_decode(seed in prop::collection::vec(any::<u8>(), 272)) {
            for kind in KINDS {
                let block = &seed[..kind.block_bytes()];
                let finite = decoded(kind, block).iter().all(|weight| weight.is_finite());
                prop_assert!(finite || !are_finite(kind, block), "{}", kind);
            }
        }
    }
}
