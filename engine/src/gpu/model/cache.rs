//! Pages of keys and values.

use std::sync::Arc;

use crate::arch::Config;
use crate::error::{Error, Result};
use crate::gpu::{Address, Buffer, Gpu};
use crate::model::Sizes;

/// Bytes of a cached number: F16.
const NUMBER: usize = 2;

/// Keys and values of all layers, each (slots, kv heads, dim) in F16.
#[derive(Debug)]
pub struct Cache {
    buffer: Buffer,
    /// Bytes of one layer's keys or values.
    part: usize,
}

impl Cache {
    pub fn new(gpu: &Arc<dyn Gpu>, config: &Config, sizes: &Sizes) -> Result<Self> {
        let slots =
            sizes.blocks.checked_mul(sizes.block_size).filter(|&slots| slots > 0 && i32::try_from(slots).is_ok());
        let Some(slots) = slots else {
            let (blocks, block_size) = (sizes.blocks, sizes.block_size);
            return Err(Error::StepInput(format!("a cache of {blocks} blocks of {block_size} tokens is not possible")));
        };
        let part = slots * config.kv_heads * config.head_dim * NUMBER;
        let buffer = Buffer::new(gpu, part * 2 * config.layers)?;
        // Attention reads whole tiles: what is behind a context must be numbers, though they count for nothing.
        buffer.fill(0)?;
        Ok(Self { buffer, part })
    }

    pub fn bytes(config: &Config, sizes: &Sizes) -> u64 {
        let numbers = [2, config.layers, sizes.blocks, sizes.block_size, config.kv_heads, config.head_dim];
        numbers.iter().fold(NUMBER as u64, |bytes, &n| bytes.saturating_mul(n as u64))
    }

    /// A layer's keys and values.
    pub fn layer(&self, layer: usize) -> (Address, Address) {
        let keys = self.buffer.at(2 * layer * self.part);
        (keys, keys.plus(self.part))
    }

    /// Forgets everything.
    pub fn clear(&self) -> Result<()> {
        self.buffer.fill(0)
    }
}
