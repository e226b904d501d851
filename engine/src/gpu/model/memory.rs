//! What a model takes of a GPU's memory, known before anything is loaded.

use std::sync::Arc;

use super::cache::Cache;
use super::layers::{Embedding, Matrices};
use super::workspace::Workspace;
use crate::arch::Config;
use crate::error::{GpuError, Result};
use crate::formats::Source;
use crate::gpu::Gpu;
use crate::model::Sizes;

/// What the driver takes for itself as work goes on: graphs, the kernels' stacks, and what rounding up costs.
const RESERVE: u64 = 256 << 20;

/// Bytes of a model on a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    pub weights: u64,
    pub cache: u64,
    /// What a step computes with.
    pub workspace: u64,
}

impl MemoryPlan {
    /// What a model of these files will take.
    ///
    /// # Errors
    /// A tensor is missing, or of a type without kernels.
    pub fn new(source: &dyn Source, config: &Config, sizes: &Sizes) -> Result<Self> {
        let matrices = Matrices::new(source, config);
        Ok(Self {
            weights: matrices.bytes()? + Embedding::bytes_of(source, config)?,
            cache: Cache::bytes(config, sizes),
            workspace: Workspace::bytes(config, sizes, matrices.needs_gate_and_up()?),
        })
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.weights + self.cache + self.workspace
    }

    /// Whether a GPU has room for it.
    ///
    /// # Errors
    /// It has not; the message says how much is needed and free.
    pub fn check(&self, gpu: &Arc<dyn Gpu>) -> Result<()> {
        let memory = gpu.memory()?;
        let needed = self.total() + RESERVE.min(memory.total / 16);
        if needed <= memory.free {
            return Ok(());
        }
        let gib = |bytes: u64| format!("{:.2} GiB", bytes as f64 / f64::from(1 << 30));
        let message = format!(
            "needs {}: weights {}, cache {}, workspace {}; free are {} of {}. A shorter context or a smaller cache takes \
             less, and so does a smaller quantisation",
            gib(needed),
            gib(self.weights),
            gib(self.cache),
            gib(self.workspace),
            gib(memory.free),
            gib(memory.total),
        );
        Err(GpuError::new("out of memory", "CUDA_ERROR_OUT_OF_MEMORY", message).into())
    }
}
