//! How many bytes a second a device's memory gives, and how many of them a model needs: the bound of decoding.

use std::time::Instant;

use mixtral_engine::arch::Config;
use mixtral_engine::gpu::{self, Buffer, Event};
use mixtral_engine::model::CacheType;
use mixtral_engine::multiplied_bytes;
use mixtral_engine::weights::ModelFiles;
use rayon::prelude::*;

/// Bytes that a measurement moves: far more than caches hold.
const BYTES: usize = 1 << 28;
const ROUNDS: usize = 5;

/// The best of some rounds, in bytes a second.
///
/// # Errors
/// The GPU cannot be used.
pub fn measured(device: &str) -> anyhow::Result<f64> {
    let Some(number) = device.strip_prefix("cuda:") else { return Ok(of_processor()) };
    let gpu = gpu::open(number.parse()?)?;
    let (from, to) = (Buffer::new(&gpu, 4 * BYTES)?, Buffer::new(&gpu, 4 * BYTES)?);
    from.fill(1)?;
    let mut best = 0f64;
    for _ in 0..ROUNDS {
        let begun = Event::now(&gpu)?;
        gpu.copy(from.address(), to.address(), from.bytes())?;
        let seconds = f64::from(Event::now(&gpu)?.since(&begun)?) / 1e3;
        // Every byte is read and written.
        best = best.max(2.0 * from.bytes() as f64 / seconds);
    }
    Ok(best)
}

/// All threads read.
fn of_processor() -> f64 {
    let numbers = vec![1u64; BYTES / size_of::<u64>()];
    let mut best = 0f64;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let sum: u64 = numbers.par_chunks(1 << 16).map(|part| part.iter().sum::<u64>()).sum();
        std::hint::black_box(sum);
        best = best.max(BYTES as f64 / begun.elapsed().as_secs_f64());
    }
    best
}

/// What a step of decoding must read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs {
    /// Bytes of all weights but the experts', which every step reads once.
    dense: f64,
    /// Bytes of all experts.
    experts: f64,
    /// The share of the experts that one token uses.
    used: f64,
    /// Bytes of one position's keys and values.
    position: f64,
}

impl Needs {
    pub fn new(files: &ModelFiles, cache_type: CacheType) -> Self {
        let config = files.config();
        let (dense, experts) = multiplied_bytes(files);
        Self::of(config, dense, experts, cache_type)
    }

    fn of(config: &Config, dense: u64, experts: u64, cache_type: CacheType) -> Self {
        Self {
            dense: dense as f64,
            experts: experts as f64,
            used: config.experts_per_token as f64 / config.num_experts.max(1) as f64,
            position: (2 * config.layers * config.kv_heads * cache_type.row_bytes(config.head_dim)) as f64,
        }
    }

    /// Bytes of a step that makes one token for each conversation, whose contexts have this length. Which experts are
    /// used is taken for chance: those that nobody uses are not read.
    pub fn bytes(&self, conversations: usize, context: usize) -> f64 {
        let touched = 1.0 - (1.0 - self.used).powi(conversations as i32);
        self.dense + self.experts * touched + self.position * (conversations * context) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_dense_weights_once_touched_experts_and_every_context() {
        let needs = Needs { dense: 100.0, experts: 800.0, used: 0.25, position: 2.0 };
        assert_eq!(needs.bytes(1, 10), 100.0 + 200.0 + 20.0);
        assert_eq!(needs.bytes(2, 10), 100.0 + 800.0 * (1.0 - 0.75 * 0.75) + 40.0);
        assert!(needs.bytes(64, 0) < 900.0 && needs.bytes(64, 0) > 899.9, "in the end all experts are read");
    }
}
