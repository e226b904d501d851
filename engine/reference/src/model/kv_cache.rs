//! The paged cache of keys and values: allocated once, written by slot, read by block table.

use candle_core::{DType, Device, Tensor};
use mixtral_engine::Error;
use mixtral_engine::arch::Config;

use crate::error::Result;

/// Keys and values of all layers, for `blocks` blocks of `block_size` tokens.
#[derive(Debug)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    blocks: usize,
    block_size: usize,
}

/// One layer's share: (slots, kv heads, dim) each.
#[derive(Debug)]
pub(super) struct LayerCache {
    pub keys: Tensor,
    pub values: Tensor,
}

impl KvCache {
    /// Allocates a cache on a device.
    ///
    /// # Errors
    /// There is no room, or there are no or too many slots.
    pub fn new(config: &Config, blocks: usize, block_size: usize, device: &Device) -> mixtral_engine::Result<Self> {
        Ok(Self::allocate(config, blocks, block_size, device)?)
    }

    fn allocate(config: &Config, blocks: usize, block_size: usize, device: &Device) -> Result<Self> {
        let slots = blocks.checked_mul(block_size).filter(|&slots| slots > 0 && u32::try_from(slots).is_ok());
        let Some(slots) = slots else {
            let message = format!("a cache of {blocks} blocks of {block_size} tokens is not possible");
            return Err(Error::StepInput(message).into());
        };
        let make = || Tensor::zeros((slots, config.kv_heads, config.head_dim), DType::F32, device);
        let layers =
            (0..config.layers).map(|_| Ok(LayerCache { keys: make()?, values: make()? })).collect::<Result<_>>()?;
        Ok(Self { layers, blocks, block_size })
    }

    /// How many blocks it has.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// How many tokens a block holds.
    pub fn block_size(&self) -> usize {
        self.block_size
    }

    pub(super) fn layers(&self) -> &[LayerCache] {
        &self.layers
    }
}
