//! Where keys and values lie.

use super::stored::{Stored, TILE};
use crate::arch::Config;
use crate::model::{CacheType, Sizes};
use crate::schedule::SequenceSlice;

/// Where keys and values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub kv_heads: usize,
    pub dim: usize,
    pub block_size: usize,
    /// Blocks of the cache.
    pub blocks: usize,
    pub layers: usize,
}

impl Shape {
    pub fn new(config: &Config, sizes: &Sizes) -> Self {
        Self {
            kv_heads: config.kv_heads,
            dim: config.head_dim,
            block_size: sizes.block_size,
            blocks: sizes.blocks,
            layers: config.layers,
        }
    }

    /// Tiles of a block; the last one is not full where the block is no multiple of 16.
    pub fn block_tiles(&self) -> usize {
        self.block_size.div_ceil(TILE)
    }

    /// Numbers of a row of values: whole vectors.
    pub fn value_dim(&self) -> usize {
        self.dim.next_multiple_of(TILE)
    }

    /// Units of a tile's keys for one head.
    pub fn key_tile<T: Stored>(&self) -> usize {
        T::tile(self.dim)
    }

    /// Units of a tile's values for one head.
    pub fn value_tile<T: Stored>(&self) -> usize {
        T::tile(self.value_dim())
    }

    /// Tiles that hold the first `context` positions of a sequence.
    pub fn tiles(&self, context: usize) -> usize {
        let (whole, rest) = (context / self.block_size, context % self.block_size);
        whole * self.block_tiles() + rest.div_ceil(TILE)
    }

    /// The first position in a sequence's tile of this number.
    pub fn start(&self, tile: usize) -> usize {
        tile / self.block_tiles() * self.block_size + tile % self.block_tiles() * TILE
    }

    /// How many positions a sequence's tile of this number has.
    pub fn width(&self, tile: usize) -> usize {
        TILE.min(self.block_size - tile % self.block_tiles() * TILE)
    }

    /// Where a sequence's tile of this number lies in the cache.
    pub fn place(&self, span: &SequenceSlice, tile: usize) -> usize {
        span.blocks[tile / self.block_tiles()] as usize * self.block_tiles() + tile % self.block_tiles()
    }

    /// All tiles of a layer.
    pub(super) fn layer_tiles(&self) -> usize {
        self.blocks * self.block_tiles()
    }

    /// Tiles of all layers and heads.
    pub(super) fn all_tiles(&self) -> Option<usize> {
        let tiles = self.blocks.checked_mul(self.block_tiles())?.checked_mul(self.layers)?;
        tiles.checked_mul(self.kv_heads)
    }

    /// Bytes of a cache of numbers of this type.
    pub fn bytes(&self, kind: CacheType) -> u64 {
        let tile = TILE * (kind.row_bytes(self.dim) + kind.row_bytes(self.value_dim()));
        self.all_tiles().map_or(u64::MAX, |tiles| (tiles as u64).saturating_mul(tile as u64))
    }
}
