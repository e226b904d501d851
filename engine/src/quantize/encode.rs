//! Weights into the blocks of a quantised type.
//!
//! Own quantisers, for the block layouts of ggml's `ggml-common.h`: a search for the scales (and mins) that leave the
//! least weighted squared error. What a weight's error error_weights is what the importance matrix says of its column, times a
//! number that grows slowly with the weight.

use crate::error::{Error, RequestFault, Result};
use crate::quant::GgmlType;

use super::blocks;

/// The types that can be written.
pub const WRITABLE: [GgmlType; 22] = [
    GgmlType::F32,
    GgmlType::F16,
    GgmlType::BF16,
    GgmlType::Q8_0,
    GgmlType::Q6_K,
    GgmlType::Q5_K,
    GgmlType::Q5_1,
    GgmlType::Q5_0,
    GgmlType::Q4_K,
    GgmlType::Q4_1,
    GgmlType::Q4_0,
    GgmlType::Q3_K,
    GgmlType::Q2_K,
    GgmlType::IQ4_NL,
    GgmlType::IQ4_XS,
    GgmlType::IQ3_S,
    GgmlType::IQ3_XXS,
    GgmlType::IQ2_S,
    GgmlType::IQ2_XS,
    GgmlType::IQ2_XXS,
    GgmlType::IQ1_M,
    GgmlType::IQ1_S,
];

/// Whether a type is of use only with an importance matrix: with so few bits, errors must go where they do least harm.
/// llama.cpp refuses to write the same types without one (`tensor_requires_imatrix` in `llama-quant.cpp`).
pub fn needs_importance(kind: GgmlType) -> bool {
    use GgmlType as T;
    matches!(kind, T::IQ3_XXS | T::IQ2_S | T::IQ2_XS | T::IQ2_XXS | T::IQ1_M | T::IQ1_S)
}

/// The type of this name, in any case and with or without underscores.
pub fn by_name(name: &str) -> Option<GgmlType> {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    WRITABLE.into_iter().find(|kind| plain(kind.name()) == plain(name))
}

/// Encodes rows of `cols` weights. `importance` says what the errors of each column count; without it all count the
/// same. A column of no importance still error_weights a little, for a text may come that needs it.
///
/// # Errors
/// The type cannot be written, rows are not whole blocks of it, or there is not one importance a column.
pub fn encode(kind: GgmlType, weights: &[f32], cols: usize, importance: Option<&[f32]>) -> Result<Vec<u8>> {
    let block = kind.block_len();
    if cols == 0 || !cols.is_multiple_of(block) || !weights.len().is_multiple_of(cols) {
        let (cols, kind, block) = (cols.to_string(), kind.to_string(), block.to_string());
        return Err(Error::Request(RequestFault::RowBlocks { cols, kind, block }));
    }
    match kind {
        GgmlType::F32 => return Ok(weights.iter().flat_map(|w| w.to_le_bytes()).collect()),
        GgmlType::F16 => return Ok(weights.iter().flat_map(|w| half::f16::from_f32(*w).to_le_bytes()).collect()),
        GgmlType::BF16 => return Ok(weights.iter().flat_map(|w| half::bf16::from_f32(*w).to_le_bytes()).collect()),
        _ => {}
    }
    let importance = match importance {
        Some(importance) if importance.len() != cols => {
            let (count, cols) = (importance.len().to_string(), cols.to_string());
            return Err(Error::Request(RequestFault::Importances { count, cols }));
        }
        Some(importance) => normalised_importance(importance),
        None => vec![1.0; cols],
    };
    let row_bytes = cols / block * kind.block_bytes();
    let mut out = vec![0; weights.len() / cols * row_bytes];
    let mut error_weights = vec![0.0; cols];
    for (row, out) in weights.chunks_exact(cols).zip(out.chunks_exact_mut(row_bytes)) {
        weigh_errors(row, &importance, &mut error_weights);
        let blocks = row.chunks_exact(block).zip(error_weights.chunks_exact(block));
        for ((weights, error_weights), out) in blocks.zip(out.chunks_exact_mut(kind.block_bytes())) {
            if !blocks::write(kind, weights, error_weights, out) {
                return Err(Error::Request(RequestFault::NotWritten { kind: kind.to_string() }));
            }
        }
    }
    Ok(out)
}

/// What the error of each weight of a row error_weights. A weight far from zero error_weights more than its column alone would have
/// it: measured on trained models, that brings the predictions nearer to the original's.
fn weigh_errors(row: &[f32], importance: &[f32], error_weights: &mut [f32]) {
    let mean = row.iter().map(|w| w * w).sum::<f32>() / row.len() as f32;
    let scale = if mean > 0.0 { 1.0 / mean } else { 0.0 };
    for ((count, weight), importance) in error_weights.iter_mut().zip(row).zip(importance) {
        *count = importance * (1.0 + weight * weight * scale).sqrt();
    }
}

/// Importances with a mean of 1 and a floor.
fn normalised_importance(importance: &[f32]) -> Vec<f32> {
    const FLOOR: f32 = 0.01;
    let mean = importance.iter().map(|i| f64::from(*i)).sum::<f64>() / importance.len() as f64;
    let scale = if mean > 0.0 && mean.is_finite() { 1.0 / mean } else { 0.0 };
    importance.iter().map(|i| (f64::from(*i) * scale) as f32 + FLOOR).collect()
}
