//! Whether weights are numbers: told from the scales of their blocks, without decoding them.

use rayon::prelude::*;

use super::{GgmlType, iq, mxfp4};

/// Bytes that one thread looks through at once, about.
const CHUNK: usize = 1 << 20;

/// A number in a block that decides whether the block's weights are finite, by its place in bytes.
#[derive(Clone, Copy)]
enum Scale {
    F32(usize),
    F16(usize),
    BF16(usize),
    /// A power of two (MXFP4's E8M0), of which 255 stands for NaN, and a few are too large.
    E8M0(usize),
    /// IQ1_M's number in half precision, in four pieces.
    Pieces,
}

/// The numbers in floating point of a block. Everything else in it is whole numbers. The places are those of the
/// structures in ggml's `ggml-common.h`.
fn scales(kind: GgmlType) -> &'static [Scale] {
    use GgmlType as T;
    use Scale::{BF16, E8M0, F16, F32, Pieces};
    match kind {
        T::F32 | T::Q8_K => &[F32(0)],
        T::F16 | T::Q4_0 | T::Q5_0 | T::Q8_0 | T::IQ4_NL | T::IQ4_XS => &[F16(0)],
        T::IQ2_XXS | T::IQ2_XS | T::IQ2_S | T::IQ3_XXS | T::IQ3_S | T::IQ1_S => &[F16(0)],
        T::Q4_1 | T::Q5_1 | T::Q8_1 | T::Q4_K | T::Q5_K => &[F16(0), F16(2)],
        T::Q2_K => &[F16(80), F16(82)],
        T::Q3_K => &[F16(108)],
        T::Q6_K => &[F16(208)],
        T::TQ1_0 => &[F16(52)],
        T::TQ2_0 => &[F16(64)],
        T::BF16 => &[BF16(0)],
        T::MXFP4 => &[E8M0(0)],
        T::IQ1_M => &[Pieces],
        T::F64 | T::I8 | T::I16 | T::I32 | T::I64 => &[],
    }
}

impl Scale {
    /// Whether the number in `block` is finite: not all bits of its exponent are set.
    fn is_finite(self, block: &[u8]) -> bool {
        let half = |at: usize| u16::from_le_bytes([block[at], block[at + 1]]);
        match self {
            Self::F32(at) => {
                let bits = u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
                bits & 0x7f80_0000 != 0x7f80_0000
            }
            Self::F16(at) => half(at) & 0x7c00 != 0x7c00,
            Self::BF16(at) => half(at) & 0x7f80 != 0x7f80,
            Self::E8M0(at) => block[at] < mxfp4::TOO_LARGE,
            Self::Pieces => iq::iq1_m_scale_bits(block) & 0x7c00 != 0x7c00,
        }
    }
}

/// Whether all weights in the blocks of a tensor are finite numbers: no NaN, no infinity. On all threads.
pub fn are_finite(kind: GgmlType, bytes: &[u8]) -> bool {
    let size = kind.block_bytes();
    let numbers = match kind {
        GgmlType::F32 => Some(are_below_32 as fn(&[u8]) -> bool),
        GgmlType::F16 => Some(are_below_16::<0x7c00> as fn(&[u8]) -> bool),
        GgmlType::BF16 => Some(are_below_16::<0x7f80> as fn(&[u8]) -> bool),
        _ => None,
    };
    if let Some(are_below) = numbers {
        return bytes.par_chunks(CHUNK).all(are_below);
    }
    scales(kind).iter().all(|scale| {
        bytes
            .par_chunks((CHUNK / size).max(1) * size)
            .all(|blocks| blocks.chunks_exact(size).fold(true, |all, block| all & scale.is_finite(block)))
    })
}

/// Whether the magnitudes of all numbers are below that of infinity. As whole numbers their bits have the same order, and a
/// largest of many is what compilers find vectors for.
fn are_below_16<const INFINITY: i16>(bytes: &[u8]) -> bool {
    let numbers = bytes.as_chunks::<2>().0.iter();
    numbers.fold(0, |most: i16, bytes| most.max(i16::from_le_bytes(*bytes) & i16::MAX)) < INFINITY
}

/// The same of F32.
fn are_below_32(bytes: &[u8]) -> bool {
    let numbers = bytes.as_chunks::<4>().0.iter();
    numbers.fold(0, |most: i32, bytes| most.max(i32::from_le_bytes(*bytes) & i32::MAX)) < 0x7f80_0000
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;
    use crate::quant::Blocks;

    #[test]
    fn a_scale_that_is_no_number_is_found_exactly_where_it_spoils_weights() {
        for kind in GgmlType::all().filter(|kind| Blocks::new(*kind, &[]).is_some()) {
            let size = kind.block_bytes();
            let good: Vec<u8> = (0..3 * size).map(|i| (i * 37 % 59) as u8).collect();
            assert!(are_finite(kind, &good), "{kind}");
            let decoded = |bytes: &[u8]| {
                let mut out = vec![0.0; 3 * kind.block_len()];
                Blocks::new(kind, bytes).expect("whole blocks").dequantise(0, &mut out);
                out
            };
            assert!(decoded(&good).iter().all(|w| w.is_finite()), "{kind}");
            let width = if kind == GgmlType::F32 { 4 } else { 2 };
            // Every place that could hold a number: the scan says what decoding says.
            for at in size..=2 * size - width {
                for bits in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut bad = good.clone();
                    match kind {
                        GgmlType::F32 => bad[at..at + 4].copy_from_slice(&bits.to_le_bytes()),
                        GgmlType::BF16 => bad[at..at + 2].copy_from_slice(&bf16::from_f32(bits).to_le_bytes()),
                        _ => bad[at..at + 2].copy_from_slice(&f16::from_f32(bits).to_le_bytes()),
                    }
                    let finite = decoded(&bad).iter().all(|w| w.is_finite());
                    assert_eq!(are_finite(kind, &bad), finite, "{kind}, {bits} at byte {}", at - size);
                }
            }
        }
    }

    #[test]
    fn a_scale_in_pieces_and_one_that_is_a_power_of_two_are_looked_at_too() {
        let mut block = [0u8; 56];
        for (bits, finite) in [(0x7bff, true), (0x7c00, false), (0xfc00, false), (0x7e01, false), (0x3c00, true)] {
            let bits: u16 = bits;
            (0..4).for_each(|at| block[49 + 2 * at] = (bits >> (4 * at) << 4) as u8);
            assert_eq!(are_finite(GgmlType::IQ1_M, &block), finite, "{bits:#x}");
            let mut out = [0.0; 256];
            Blocks::new(GgmlType::IQ1_M, &block).expect("a block").dequantise(0, &mut out);
            assert_eq!(out.iter().all(|weight| weight.is_finite()), finite, "{bits:#x}");
        }
        for exponent in 0..=255 {
            let mut block = [0x77; 17]; // the largest code
            block[0] = exponent;
            let mut out = [0.0; 32];
            Blocks::new(GgmlType::MXFP4, &block).expect("a block").dequantise(0, &mut out);
            assert_eq!(are_finite(GgmlType::MXFP4, &block), out.iter().all(|weight| weight.is_finite()), "{exponent}");
        }
    }

    #[test]
    fn the_last_block_of_a_large_tensor_is_looked_at_too() {
        let mut bytes = vec![0u8; 3 * CHUNK / 144 * 144];
        assert!(are_finite(GgmlType::Q4_K, &bytes));
        let last = bytes.len() - 144;
        bytes[last..last + 2].copy_from_slice(&f16::INFINITY.to_le_bytes());
        assert!(!are_finite(GgmlType::Q4_K, &bytes));
        assert!(are_finite(GgmlType::Q4_K, &[]));
    }

    #[test]
    #[ignore = "a measurement: cargo test --workspace --lib how_fast_scales_are_scanned -- --ignored --nocapture"]
    fn how_fast_scales_are_scanned() {
        for kind in [GgmlType::Q4_K, GgmlType::Q8_0, GgmlType::F16, GgmlType::F32] {
            let bytes = vec![1u8; (512 << 20) / kind.block_bytes() * kind.block_bytes()];
            let began = std::time::Instant::now();
            assert!(are_finite(kind, &bytes));
            println!("{kind}: {:.1} GB/s", bytes.len() as f64 / 1e9 / began.elapsed().as_secs_f64());
        }
    }
}
