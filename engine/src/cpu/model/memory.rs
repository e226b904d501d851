//! What a model takes of main memory, known before anything is loaded.

use super::workspace;
use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::cpu::cache::Shape;
use crate::cpu::memory::{available, gib};
use crate::cpu::product::PackedMatrix;
use crate::error::{Error, Result};
use crate::formats::Source;
use crate::model::Sizes;
use crate::weights::ModelFiles;
use crate::weights::lora::Adapter;

/// Bytes of a model in main memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    pub weights: u64,
    pub cache: u64,
    /// What a step computes with.
    pub workspace: u64,
}

impl MemoryPlan {
    /// What a model of these files will take. A tensor that is missing counts nothing: loading will tell.
    #[must_use]
    pub fn new(source: &dyn Source, config: &Config, sizes: &Sizes, threads: usize) -> Self {
        Self {
            weights: weights(source, config),
            cache: Shape::new(config, sizes).bytes(sizes.cache_type),
            workspace: workspace::bytes(config, sizes, threads),
        }
    }

    /// What an adapter's model will take beside a base that is in memory: the adapter's own, and a cache.
    ///
    /// # Errors
    /// What the adapter has is of another shape.
    pub fn beside(files: &ModelFiles, adapter: Option<&Adapter>, config: &Config, sizes: &Sizes) -> Result<Self> {
        let cache = Shape::new(config, sizes).bytes(sizes.cache_type);
        Ok(Self { weights: adapter.map_or(Ok(0), |adapter| own(files, adapter, config))?, cache, workspace: 0 })
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.cache).saturating_add(self.workspace)
    }

    /// Whether memory has room for it.
    ///
    /// # Errors
    /// It has not; the message says how much is needed and left.
    pub fn check(&self) -> Result<()> {
        available().map_or(Ok(()), |left| self.fits(left))
    }

    fn fits(&self, left: u64) -> Result<()> {
        if self.total() <= left {
            return Ok(());
        }
        let message = format!(
            "out of memory: needs {}: weights {}, cache {}, workspace {}; available are {}. A shorter context or a smaller \
             cache takes less, and so does a smaller quantisation",
            gib(self.total()),
            gib(self.weights),
            gib(self.cache),
            gib(self.workspace),
            gib(left),
        );
        Err(Error::Device { device: "cpu".to_owned(), message })
    }
}

/// Bytes of all weights once they are packed.
fn weights(source: &dyn Source, config: &Config) -> u64 {
    tensor_specs(config).iter().map(|part| tensor(source, part)).sum()
}

/// Bytes of what an adapter has itself: its pairs, about as large as its file, and what it has whole.
fn own(files: &ModelFiles, adapter: &Adapter, config: &Config) -> Result<u64> {
    let mut bytes = adapter.file_bytes();
    for part in tensor_specs(config) {
        if adapter.replaces(&part)? {
            bytes = bytes.saturating_add(tensor(files, &part));
        }
    }
    Ok(bytes)
}

fn tensor(source: &dyn Source, part: &TensorSpec) -> u64 {
    if part.role == TensorRole::Output && source.is_tied() {
        return 0;
    }
    let (rows, cols) = part.matrix();
    let packed = |kind| PackedMatrix::bytes_of(kind, rows, cols).unwrap_or(0) as u64;
    match source.info(&part.name()) {
        Some(info) if info.dims.len() == 1 => info.weights() * size_of::<f32>() as u64,
        Some(info) => packed(info.kind) * part.experts() as u64,
        None => (0..part.experts())
            .filter_map(|expert| source.info(&part.split_name(expert)))
            .map(|info| packed(info.kind))
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_figures() {
        let plan = MemoryPlan { weights: 3 << 30, cache: 1 << 30, workspace: 1 << 20 };
        plan.fits(5 << 30).expect("there is room");
        let error = plan.fits(4 << 30).expect_err("no room").to_string();
        for word in ["4.00 GiB: weights 3.00 GiB, cache 1.00 GiB", "available are 4.00 GiB", "smaller"] {
            assert!(error.contains(word), "{error}");
        }
    }
}
