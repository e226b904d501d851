//! Weights into types by plain rounding, without a search for better scales: for a model that somebody waits for.

use half::{bf16, f16};
use rayon::prelude::*;

use super::GgmlType;
use crate::error::{Error, RequestFault, Result};

/// Weights that one thread encodes at once.
const CHUNK: usize = 1 << 20;
/// Weights of a block.
const BLOCK: usize = 32;

/// The largest weight that a type holds.
pub fn largest(kind: GgmlType) -> f32 {
    match kind {
        GgmlType::BF16 => bf16::MAX.to_f32(),
        GgmlType::F32 => f32::MAX,
        // The other types are F16, or have scales in F16 that are never larger than the largest weight.
        _ => f16::MAX.to_f32(),
    }
}

/// Checks that every weight fits a type.
///
/// # Errors
/// One is none, or too large.
pub fn check_range(kind: GgmlType, weights: &[f32]) -> Result<()> {
    let most = largest(kind);
    match weights.iter().find(|weight| weight.is_nan() || weight.abs() > most) {
        Some(weight) => {
            let (value, kind) = (weight.to_string(), kind.to_string());
            Err(Error::Request(RequestFault::DoesNotFit { value, kind }))
        }
        None => Ok(()),
    }
}

/// Rows of `cols` weights in F32, F16, BF16 or Q8_0, on all threads.
///
/// # Errors
/// The type is another one, rows are not whole blocks of it, or a weight does not fit it.
pub fn round_rows(kind: GgmlType, weights: &[f32], cols: usize) -> Result<Vec<u8>> {
    let block = kind.block_len();
    if cols == 0 || !cols.is_multiple_of(block) || !weights.len().is_multiple_of(cols) {
        let (cols, kind, block) = (cols.to_string(), kind.to_string(), block.to_string());
        return Err(Error::Request(RequestFault::RowBlocks { cols, kind, block }));
    }
    let encode = |weights: &[f32]| -> Result<Vec<u8>> {
        check_range(kind, weights)?;
        match kind {
            GgmlType::F32 => Ok(weights.iter().flat_map(|w| w.to_le_bytes()).collect()),
            GgmlType::F16 => Ok(weights.iter().flat_map(|w| f16::from_f32(*w).to_le_bytes()).collect()),
            GgmlType::BF16 => Ok(weights.iter().flat_map(|w| bf16::from_f32(*w).to_le_bytes()).collect()),
            GgmlType::Q8_0 => Ok(q8_0(weights)),
            _ => Err(Error::Request(RequestFault::NotWritten { kind: kind.to_string() })),
        }
    };
    let chunk = (CHUNK / cols).max(1) * cols;
    let parts: Vec<Vec<u8>> = weights.par_chunks(chunk).map(encode).collect::<Result<_>>()?;
    Ok(parts.concat())
}

/// Encodes whole blocks of 32 weights in Q8_0: the largest of a block becomes 127. A search finds somewhat better scales;
/// at 8 bits there is little to find.
///
/// # Panics
/// If the weights are not whole blocks.
pub fn q8_0(weights: &[f32]) -> Vec<u8> {
    assert!(weights.len().is_multiple_of(BLOCK), "whole blocks");
    let mut out = Vec::with_capacity(weights.len() / BLOCK * (2 + BLOCK));
    for block in weights.as_chunks::<BLOCK>().0 {
        let most = block.iter().fold(0f32, |most, weight| most.max(weight.abs()));
        let scale = f16::from_f32(most / 127.0);
        // The scale as it will be read; zero where all weights are too small for any.
        let inverse = if scale > f16::ZERO { 1.0 / scale.to_f32() } else { 0.0 };
        out.extend(scale.to_le_bytes());
        // (As i8 saturates: a scale that was rounded down must not turn 127 into -128.)
        out.extend(block.map(|weight| (weight * inverse).round().max(-127.0) as i8 as u8));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::Blocks;

    #[test]
    fn no_weight_is_off_by_more_than_half_a_step() {
        let mut weights: Vec<f32> = (0..640).map(|i| ((i * 37 % 211) as f32 / 105.0 - 1.0) * 0.3).collect();
        weights[32..64].fill(0.0);
        weights[64..96].fill(1e-9); // less than any scale
        weights[96] = -60_000.0;
        weights[97] = 60_000.0;
        let mut back = vec![0.0; weights.len()];
        Blocks::new(GgmlType::Q8_0, &q8_0(&weights)).expect("whole blocks").dequantise(0, &mut back);
        for (block, back) in weights.chunks(BLOCK).zip(back.chunks(BLOCK)) {
            let most = block.iter().fold(0f32, |most, weight| most.max(weight.abs()));
            for (weight, back) in block.iter().zip(back) {
                // Half a step, 2^-11 of the weight for the scale's own rounding, and what F16 cannot hold at all.
                let allowed = most / 127.0 * 0.5 + weight.abs() / 2048.0 + 1e-8;
                assert!((weight - back).abs() <= allowed * 1.001, "{weight} became {back}");
            }
        }
    }
}
