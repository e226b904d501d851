//! Weights in main memory, in the blocks of their type: never larger than in their file.

use half::{bf16, f16};

use super::GgmlType;
use super::codes::Codes;
use super::iq::{iq1_m, iq1_s, iq2_s, iq2_xs, iq2_xxs, iq3_s, iq3_xxs, iq4_nl, iq4_xs};
use super::mxfp4::mxfp4;
use super::signed_codes::SignedCodes;
use super::ternary::{tq1_0, tq2_0};

/// Reads one block of whole numbers.
type Reader = fn(block: &[u8], out: &mut SignedCodes);

/// What reads blocks whose weights are whole numbers times their scales; nothing for other types.
fn reader(kind: GgmlType) -> Option<Reader> {
    Some(match kind {
        GgmlType::IQ3_S => iq3_s,
        GgmlType::IQ3_XXS => iq3_xxs,
        GgmlType::IQ2_S => iq2_s,
        GgmlType::IQ2_XS => iq2_xs,
        GgmlType::IQ2_XXS => iq2_xxs,
        GgmlType::IQ1_M => iq1_m,
        GgmlType::IQ1_S => iq1_s,
        GgmlType::TQ2_0 => tq2_0,
        GgmlType::TQ1_0 => tq1_0,
        _ => return None,
    })
}

impl SignedCodes {
    /// Whether a type's weights are such numbers.
    #[must_use]
    pub fn has(kind: GgmlType) -> bool {
        reader(kind).is_some()
    }

    /// Reads a block; zeros of a type whose weights are no such numbers.
    ///
    /// # Panics
    /// If `block` is shorter than one.
    pub fn read(&mut self, kind: GgmlType, block: &[u8]) {
        match reader(kind) {
            Some(read) => read(block, self),
            None => *self = Self::ZERO,
        }
    }
}

/// Writes one block's weights.
type Decoder = fn(block: &[u8], out: &mut [f32]);

/// What decodes blocks of the other types whose codes nobody repacks.
fn decoder(kind: GgmlType) -> Option<Decoder> {
    Some(match kind {
        GgmlType::IQ4_NL => iq4_nl,
        GgmlType::IQ4_XS => iq4_xs,
        GgmlType::MXFP4 => mxfp4,
        _ => return None,
    })
}

/// Whether blocks of a type are read as a whole, and not by their [`Codes`] or as numbers.
pub fn is_decoded(kind: GgmlType) -> bool {
    decoder(kind).is_some() || SignedCodes::has(kind)
}

/// Whether there are weights to read in blocks of a type.
fn can_read(kind: GgmlType) -> bool {
    use GgmlType::{BF16, F16, F32, Q2_K, Q3_K, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
    let plain = matches!(kind, F32 | F16 | BF16);
    let coded = matches!(kind, Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 | Q2_K | Q3_K | Q4_K | Q5_K | Q6_K);
    plain || coded || is_decoded(kind)
}

/// Writes the weights of whole blocks into `out`, which is as long; nothing for a type that is not read.
pub fn decode(kind: GgmlType, bytes: &[u8], out: &mut [f32]) {
    match kind {
        GgmlType::F32 => out.iter_mut().zip(bytes.as_chunks().0).for_each(|(to, from)| *to = f32::from_le_bytes(*from)),
        GgmlType::F16 => {
            out.iter_mut().zip(bytes.as_chunks().0).for_each(|(to, from)| *to = f16::from_le_bytes(*from).to_f32());
        }
        GgmlType::BF16 => {
            out.iter_mut().zip(bytes.as_chunks().0).for_each(|(to, from)| *to = bf16::from_le_bytes(*from).to_f32());
        }
        _ => {
            let blocks = bytes.chunks_exact(kind.block_bytes()).zip(out.chunks_exact_mut(kind.block_len()));
            if let Some(decoder) = decoder(kind) {
                blocks.for_each(|(block, out)| decoder(block, out));
            } else if let Some(read) = reader(kind) {
                let mut codes = SignedCodes::ZERO;
                blocks.for_each(|(block, out)| {
                    read(block, &mut codes);
                    codes.weights(out);
                });
            } else if can_read(kind) {
                let mut codes = Codes::ZERO;
                blocks.for_each(|(block, out)| {
                    codes.read(kind, block);
                    codes.weights(kind, out);
                });
            }
        }
    }
}

/// The blocks of a matrix.
#[derive(Clone)]
pub struct Blocks {
    kind: GgmlType,
    bytes: Vec<u8>,
}

impl Blocks {
    /// Copies blocks out of a file's bytes. Nothing if the type cannot be computed with, or if the
    /// bytes are not whole blocks.
    pub fn new(kind: GgmlType, bytes: &[u8]) -> Option<Self> {
        (can_read(kind) && bytes.len().is_multiple_of(kind.block_bytes())).then(|| Self { kind, bytes: bytes.to_vec() })
    }

    /// Their type.
    pub fn kind(&self) -> GgmlType {
        self.kind
    }

    /// How many blocks there are.
    fn len(&self) -> usize {
        self.bytes.len() / self.kind.block_bytes()
    }

    /// Writes the weights from number `start` on into `out`; both must be whole blocks.
    ///
    /// # Panics
    /// If the range reaches beyond the blocks.
    pub fn dequantise(&self, start: usize, out: &mut [f32]) {
        let (len, size) = (self.kind.block_len(), self.kind.block_bytes());
        decode(self.kind, &self.bytes[start / len * size..][..out.len() / len * size], out);
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blocks({} x {})", self.kind, self.len())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::are_finite;
    use super::*;

    /// Every type with a decoder.
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
        Blocks::new(kind, bytes).expect("a decoder").dequantise(0, &mut out);
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
            Blocks::new(kind, blocks).expect("a decoder").dequantise(2 * kind.block_len(), &mut last);
            assert_eq!(last, expected[2 * kind.block_len()..], "{kind}");
        }
    }

    #[test]
    fn other_types_and_parts_of_blocks_are_not_read() {
        assert!(Blocks::new(GgmlType::Q8_1, &[]).is_none());
        assert!(Blocks::new(GgmlType::IQ2_XXS, &[0; 65]).is_none());
        assert!(Blocks::new(GgmlType::Q4_K, &[0; 145]).is_none());
        assert!(Blocks::new(GgmlType::F32, &[0; 6]).is_none());
    }

    #[test]
    fn numbers_and_blocks_are_read_from_the_middle_on() {
        let numbers: Vec<u8> = (0..6).flat_map(|i| (i as f32 / 4.0).to_le_bytes()).collect();
        let mut out = [0.0; 2];
        Blocks::new(GgmlType::F32, &numbers).expect("whole numbers").dequantise(3, &mut out);
        assert_eq!(out, [0.75, 1.0]);
        // The scale 2, then codes of which 8 means 0.
        let block = |code: u8| [0, 0x40].into_iter().chain([code; 16]);
        let blocks: Vec<u8> = [0x88, 0x99, 0x7f].into_iter().flat_map(block).collect();
        let mut out = [7.0; 32];
        Blocks::new(GgmlType::Q4_0, &blocks).expect("whole blocks").dequantise(64, &mut out);
        assert_eq!((out[0], out[31]), (14.0, -2.0));
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
