//! A matrix as candle holds it: quantised, or in floating point.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use mixtral_engine::quant::GgmlType;

use crate::error::Result;

/// A matrix of weights: (rows, cols).
#[derive(Debug)]
pub enum Weights {
    /// Quantised, and so kept.
    Quantised(Arc<QTensor>),
    /// In floating point: in its own type on a GPU, in F32 on the processor, where candle sums
    /// products of halves in halves.
    Plain(Tensor),
}

fn candle_type(kind: GgmlType) -> Option<GgmlDType> {
    Some(match kind {
        GgmlType::F32 => GgmlDType::F32,
        GgmlType::F16 => GgmlDType::F16,
        GgmlType::BF16 => GgmlDType::BF16,
        GgmlType::Q4_0 => GgmlDType::Q4_0,
        GgmlType::Q4_1 => GgmlDType::Q4_1,
        GgmlType::Q5_0 => GgmlDType::Q5_0,
        GgmlType::Q5_1 => GgmlDType::Q5_1,
        GgmlType::Q8_0 => GgmlDType::Q8_0,
        GgmlType::Q2_K => GgmlDType::Q2K,
        GgmlType::Q3_K => GgmlDType::Q3K,
        GgmlType::Q4_K => GgmlDType::Q4K,
        GgmlType::Q5_K => GgmlDType::Q5K,
        GgmlType::Q6_K => GgmlDType::Q6K,
        _ => return None,
    })
}

impl Weights {
    /// Loads a matrix; nothing if its type is not supported.
    pub fn new(
        kind: GgmlType,
        rows: usize,
        cols: usize,
        bytes: &[u8],
        device: &Device,
    ) -> Option<candle_core::Result<Self>> {
        let dtype = match kind {
            GgmlType::F32 => DType::F32,
            GgmlType::F16 => DType::F16,
            GgmlType::BF16 => DType::BF16,
            _ => {
                let storage = QStorage::from_data(bytes.into(), device, candle_type(kind)?);
                let tensor = storage.and_then(|storage| QTensor::new(storage, (rows, cols)));
                return Some(tensor.map(|tensor| Self::Quantised(Arc::new(tensor))));
            }
        };
        let keep = if device.is_cpu() { DType::F32 } else { dtype };
        let tensor = Tensor::from_raw_buffer(bytes, dtype, &[rows, cols], device);
        Some(tensor.and_then(|tensor| tensor.to_dtype(keep)).map(Self::Plain))
    }
}

pub fn rows(weights: &Weights, ids: &Tensor) -> Result<Tensor> {
    Ok(match weights {
        Weights::Quantised(weights) => weights.embedding(ids)?.to_dtype(DType::F32)?,
        Weights::Plain(weights) => weights.index_select(ids, 0)?.to_dtype(DType::F32)?,
    })
}

pub fn linear(weights: &Weights, x: &Tensor) -> Result<Tensor> {
    Ok(match weights {
        Weights::Quantised(weights) => QMatMul::QTensor(weights.clone()).forward(x)?,
        Weights::Plain(weights) => x.to_dtype(weights.dtype())?.matmul(&weights.t()?)?.to_dtype(DType::F32)?,
    })
}
