//! Weights into the blocks of a quantised type.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::GgmlType;
use crate::error::{Error, Result};

/// The types that can be written.
pub const WRITABLE: [GgmlType; 13] = [
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
];

/// The type of this name, in any case and with or without underscores.
pub fn by_name(name: &str) -> Option<GgmlType> {
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    WRITABLE.into_iter().find(|kind| plain(kind.name()) == plain(name))
}

/// Encodes rows of `cols` weights. `importance` weighs the errors of each column, where it is known
/// and the type can use it.
///
/// # Errors
/// The type cannot be written, or rows are not whole blocks of it.
pub fn encode(kind: GgmlType, weights: &[f32], cols: usize, importance: Option<&[f32]>) -> Result<Vec<u8>> {
    if !cols.is_multiple_of(kind.block_len()) {
        return Err(Error::Request(format!("rows of {cols} do not divide into {kind} blocks of {}", kind.block_len())));
    }
    let dtype = match kind {
        GgmlType::F32 => return Ok(weights.iter().flat_map(|w| w.to_le_bytes()).collect()),
        GgmlType::F16 => return Ok(weights.iter().flat_map(|w| half::f16::from_f32(*w).to_le_bytes()).collect()),
        GgmlType::BF16 => return Ok(weights.iter().flat_map(|w| half::bf16::from_f32(*w).to_le_bytes()).collect()),
        GgmlType::Q8_0 => GgmlDType::Q8_0,
        GgmlType::Q6_K => GgmlDType::Q6K,
        GgmlType::Q5_K => GgmlDType::Q5K,
        GgmlType::Q5_1 => GgmlDType::Q5_1,
        GgmlType::Q5_0 => GgmlDType::Q5_0,
        GgmlType::Q4_K => GgmlDType::Q4K,
        GgmlType::Q4_1 => GgmlDType::Q4_1,
        GgmlType::Q4_0 => GgmlDType::Q4_0,
        GgmlType::Q3_K => GgmlDType::Q3K,
        GgmlType::Q2_K => GgmlDType::Q2K,
        other => return Err(Error::Request(format!("{other} cannot be written"))),
    };
    let rows = weights.len() / cols;
    let tensor = Tensor::from_slice(weights, (rows, cols), &Device::Cpu)?;
    let k_quant = kind.block_len() == 256;
    let quantised = match importance.filter(|i| k_quant && i.len() == cols) {
        Some(importance) => QTensor::quantize_imatrix(&tensor, importance, dtype)?,
        None => QTensor::quantize(&tensor, dtype)?,
    };
    Ok(quantised.data()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quant::Blocks;

    #[test]
    fn what_is_written_reads_back_within_the_types_precision() {
        let weights: Vec<f32> = (0..2048).map(|i| ((i * 37 % 211) as f32 / 105.0 - 1.0) * 0.3).collect();
        let spread = weights.iter().map(|w| w * w).sum::<f32>();
        // relative mean square error, about twice what is measured
        for (kind, limit) in [
            (GgmlType::F32, 0.0),
            (GgmlType::F16, 1e-6),
            (GgmlType::BF16, 2e-5),
            (GgmlType::Q8_0, 1e-4),
            (GgmlType::Q6_K, 1e-3),
            (GgmlType::Q5_K, 4e-3),
            (GgmlType::Q5_1, 4e-3),
            (GgmlType::Q5_0, 4e-3),
            (GgmlType::Q4_K, 1.5e-2),
            (GgmlType::Q4_1, 1.5e-2),
            (GgmlType::Q4_0, 2e-2),
            (GgmlType::Q3_K, 7e-2),
            (GgmlType::Q2_K, 0.2),
        ] {
            let importance = vec![1.0; 256];
            for importance in [None, Some(importance.as_slice())] {
                let bytes = encode(kind, &weights, 256, importance).expect("whole blocks");
                let mut back = vec![0.0; weights.len()];
                Blocks::new(kind, &bytes).expect("readable").dequantise(0, &mut back);
                let error = weights.iter().zip(&back).map(|(a, b)| (a - b) * (a - b)).sum::<f32>() / spread;
                assert!(error <= limit, "{kind}: {error}");
            }
        }
        assert!(encode(GgmlType::Q4_K, &weights, 128, None).is_err());
        assert_eq!(by_name("q4_k"), Some(GgmlType::Q4_K));
        assert_eq!(by_name("IQ2_XXS"), None);
    }
}
