//! Matrices of weights in the types of their files.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use mixtral_engine::quant::GgmlType;

use super::activation_stats::ActivationRecorder;
use super::host::check_finite;
use super::weights::{self, Weights};
use crate::error::Result;

/// A matrix of weights, (rows, cols), in the type of its file.
#[derive(Debug)]
pub struct Matrix {
    weights: Weights,
    /// told what the matrix is multiplied with; none but while an importance matrix is computed
    watch: Option<Arc<ActivationRecorder>>,
}

impl Matrix {
    /// Loads a matrix; nothing if its type is not supported. `bytes` hold exactly its blocks.
    pub fn new(kind: GgmlType, rows: usize, cols: usize, bytes: &[u8], device: &Device) -> Option<Result<Self>> {
        let weights = Weights::new(kind, rows, cols, bytes, device)?;
        Some(weights.map(|weights| Self { weights, watch: None }).map_err(Into::into))
    }

    /// Watches what the matrix is multiplied with from now on.
    pub fn watch(&mut self) -> Arc<ActivationRecorder> {
        self.watch.get_or_insert_default().clone()
    }

    /// `x . self^T`: (tokens, cols) to (tokens, rows).
    pub(super) fn multiply(&self, x: &Tensor) -> Result<Tensor> {
        if let Some(watch) = &self.watch {
            watch.record(x)?;
        }
        // What is rounded to 8 bits loses its NaN there.
        check_finite("a matrix's input", x)?;
        let out = weights::linear(&self.weights, x)?;
        check_finite("a matrix's product", &out)?;
        Ok(out)
    }

    /// The rows that `ids` name.
    pub(super) fn select(&self, ids: &[u32], device: &Device) -> Result<Tensor> {
        weights::rows(&self.weights, &Tensor::new(ids, device)?)
    }
}

/// One expert's feed-forward network.
#[derive(Debug)]
pub struct Expert {
    /// (ffn, hidden)
    pub gate: Matrix,
    /// (ffn, hidden)
    pub up: Matrix,
    /// (hidden, ffn)
    pub down: Matrix,
}
