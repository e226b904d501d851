//! Matrices of weights, ready for one set of operations.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::activation_stats::ActivationRecorder;
use super::backend::Backend;
use super::cpu::{self, CpuMatrix};
use super::host::{check_finite, read, write};
use super::weights::{self, Weights};
use crate::error::Result;
use crate::quant::{Blocks, GgmlType};

/// A matrix of weights, (rows, cols), in the type of its file.
#[derive(Debug)]
pub struct Matrix {
    rows: usize,
    inner: Inner,
    /// told what the matrix is multiplied with; none but while an importance matrix is computed
    watch: Option<Arc<ActivationRecorder>>,
}

#[derive(Debug)]
enum Inner {
    Reference(Weights),
    Kernels(CpuMatrix),
}

impl Matrix {
    /// Loads a matrix; nothing if its type is not supported. `bytes` hold exactly its blocks.
    pub fn new(
        backend: Backend,
        kind: GgmlType,
        rows: usize,
        cols: usize,
        bytes: &[u8],
        device: &Device,
    ) -> Option<Result<Self>> {
        let inner = match backend {
            Backend::Reference => match Weights::new(kind, rows, cols, bytes, device)? {
                Ok(weights) => Inner::Reference(weights),
                Err(error) => return Some(Err(error.into())),
            },
            Backend::Kernels => Inner::Kernels(CpuMatrix { rows, cols, blocks: Blocks::new(kind, bytes)? }),
        };
        Some(Ok(Self { rows, inner, watch: None }))
    }

    /// Watches what the matrix is multiplied with from now on. The processor's kernels for experts do not go through
    /// here, so that only [`Backend::Reference`] shows everything.
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
        let out = match &self.inner {
            Inner::Reference(matrix) => weights::linear(matrix, x)?,
            Inner::Kernels(dense) => write(&[x.dim(0)?, self.rows], |out| read([x], |[x]| cpu::linear(dense, x, out)))?,
        };
        check_finite("a matrix's product", &out)?;
        Ok(out)
    }

    /// The rows that `ids` name.
    pub(super) fn select(&self, ids: &[u32], device: &Device) -> Result<Tensor> {
        match &self.inner {
            Inner::Reference(matrix) => weights::rows(matrix, &Tensor::new(ids, device)?),
            Inner::Kernels(dense) => write(&[ids.len(), dense.cols], |out| {
                cpu::rows(dense, ids, out);
                Ok(())
            }),
        }
    }

    fn dense(&self) -> Result<&CpuMatrix> {
        match &self.inner {
            Inner::Kernels(dense) => Ok(dense),
            Inner::Reference(_) => {
                Err(candle_core::Error::Msg("a matrix was loaded for other operations".into()).into())
            }
        }
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

impl Expert {
    pub(super) fn dense(&self) -> Result<cpu::Expert<'_>> {
        Ok(cpu::Expert { gate: self.gate.dense()?, up: self.up.dense()?, down: self.down.dense()? })
    }
}
