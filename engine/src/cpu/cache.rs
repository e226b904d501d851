//! Pages of keys and values.
//!
//! A block of the schedule is cut into tiles of 16 positions. A tile holds, for each key head, the keys turned by their side,
//! (dim, 16), so that one number of a query meets 16 keys at once; and the values as they are, (16, dim).

#![expect(unsafe_code, reason = "pages that several threads write")]

use half::f16;

use super::memory::{Buffer, Plain};
use crate::arch::Config;
use crate::error::{Error, Result};
use crate::model::{CacheType, Sizes};
use crate::schedule::SequenceSlice;

/// Positions of a tile.
pub const TILE: usize = 16;

/// A type of cached numbers.
pub trait Number: Plain {
    /// The nearest number of this type.
    fn narrow(value: f32) -> Self;
    /// What it is.
    fn widen(self) -> f32;
}

impl Number for f32 {
    fn narrow(value: f32) -> Self {
        value
    }

    fn widen(self) -> f32 {
        self
    }
}

/// F16, by its bits.
impl Number for u16 {
    fn narrow(value: f32) -> Self {
        f16::from_f32(value).to_bits()
    }

    fn widen(self) -> f32 {
        f16::from_bits(self).to_f32()
    }
}

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

    /// Numbers of a tile's keys for one head.
    pub fn key_tile(&self) -> usize {
        self.dim * TILE
    }

    /// Numbers of a tile's values for one head.
    pub fn value_tile(&self) -> usize {
        self.value_dim() * TILE
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
    fn layer_tiles(&self) -> usize {
        self.blocks * self.block_tiles()
    }

    fn lengths(&self) -> Option<(usize, usize)> {
        let each = |tile: usize| {
            let tiles = self.blocks.checked_mul(self.block_tiles())?.checked_mul(self.layers)?;
            tiles.checked_mul(self.kv_heads)?.checked_mul(tile)
        };
        Some((each(self.key_tile())?, each(self.value_tile())?))
    }

    /// Bytes of a cache of numbers of this type.
    pub fn bytes(&self, kind: CacheType) -> u64 {
        let numbers = self.lengths().and_then(|(keys, values)| keys.checked_add(values));
        numbers.map_or(u64::MAX, |numbers| (numbers as u64).saturating_mul(kind.bytes() as u64))
    }
}

/// Keys and values of all layers.
#[derive(Debug)]
pub struct Pages<T> {
    shape: Shape,
    keys: Buffer<T>,
    values: Buffer<T>,
}

impl<T: Number> Pages<T> {
    pub fn new(shape: Shape) -> Result<Self> {
        let slots =
            shape.blocks.checked_mul(shape.block_size).filter(|slots| *slots > 0 && u32::try_from(*slots).is_ok());
        let (Some(_), Some((keys, values))) = (slots, shape.lengths()) else {
            let Shape { blocks, block_size, .. } = shape;
            return Err(Error::StepInput(format!("a cache of {blocks} blocks of {block_size} tokens is not possible")));
        };
        Ok(Self { shape, keys: Buffer::new(keys)?, values: Buffer::new(values)? })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Forgets everything: what is behind a context must be finite, though it counts for nothing.
    pub fn clear(&mut self) {
        self.keys.all_mut().fill(T::narrow(0.0));
        self.values.all_mut().fill(T::narrow(0.0));
    }

    fn index(&self, layer: usize, place: usize, head: usize) -> usize {
        (layer * self.shape.layer_tiles() + place) * self.shape.kv_heads + head
    }

    /// The keys of a tile for one head, (dim, 16), and its values, (16, value dim).
    ///
    /// # Safety
    /// No thread writes them meanwhile.
    pub unsafe fn tile(&self, layer: usize, place: usize, head: usize) -> (&[T], &[T]) {
        let at = self.index(layer, place, head);
        let (key, value) = (self.shape.key_tile(), self.shape.value_tile());
        // SAFETY: the caller's condition.
        unsafe { (self.keys.get(at * key..(at + 1) * key), self.values.get(at * value..(at + 1) * value)) }
    }

    /// Puts a token's keys and values, (kv heads, dim) each, into its slot, and says whether all of them are finite in this
    /// type.
    ///
    /// # Safety
    /// No other thread reads or writes this slot meanwhile.
    pub unsafe fn write(&self, layer: usize, slot: usize, keys: &[f32], values: &[f32]) -> bool {
        let Shape { dim, block_size, .. } = self.shape;
        let (block, offset) = (slot / block_size, slot % block_size);
        let (place, lane) = (block * self.shape.block_tiles() + offset / TILE, offset % TILE);
        let (key_tile, value_tile, value_dim) =
            (self.shape.key_tile(), self.shape.value_tile(), self.shape.value_dim());
        let mut sum = 0.0;
        for (head, (keys, values)) in keys.chunks_exact(dim).zip(values.chunks_exact(dim)).enumerate() {
            let at = self.index(layer, place, head);
            // Number by number, for the tile's other lanes are other threads' tokens.
            for (i, key) in keys.iter().enumerate() {
                let to = at * key_tile + i * TILE + lane;
                let number = T::narrow(*key);
                sum += number.widen() * 0.0;
                // SAFETY: this lane is this slot's; the caller's condition.
                unsafe { self.keys.get_mut(to..to + 1)[0] = number };
            }
            let to = at * value_tile + lane * value_dim;
            // SAFETY: this row is this slot's; the caller's condition.
            let row = unsafe { self.values.get_mut(to..to + dim) };
            for (to, value) in row.iter_mut().zip(values) {
                *to = T::narrow(*value);
                sum += to.widen() * 0.0;
            }
        }
        sum == 0.0
    }
}

/// A cache in the type that was asked for.
#[derive(Debug)]
pub enum Cache {
    F16(Pages<u16>),
    F32(Pages<f32>),
}

impl Cache {
    pub fn new(shape: Shape, kind: CacheType) -> Result<Self> {
        Ok(match kind {
            CacheType::F16 => Self::F16(Pages::new(shape)?),
            CacheType::F32 => Self::F32(Pages::new(shape)?),
        })
    }

    pub fn clear(&mut self) {
        match self {
            Self::F16(pages) => pages.clear(),
            Self::F32(pages) => pages.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(block_size: usize) -> Shape {
        Shape { kv_heads: 2, dim: 24, block_size, blocks: 5, layers: 2 }
    }

    fn span(blocks: Vec<u32>, context: usize) -> SequenceSlice {
        SequenceSlice { start: 0, len: context, context, blocks }
    }

    fn round_trip<T: Number>(block_size: usize) {
        let shape = shape(block_size);
        let pages = Pages::<T>::new(shape).expect("memory");
        let context = 3 * block_size - 1;
        let span = span(vec![4, 0, 2], context);
        let numbers = |position: usize, part: usize| -> Vec<f32> {
            (0..48).map(|i| (position * 100 + part * 50 + i) as f32 / 8.0).collect()
        };
        for position in 0..context {
            let slot = span.blocks[position / block_size] as usize * block_size + position % block_size;
            // SAFETY: there is one thread.
            assert!(unsafe { pages.write(1, slot, &numbers(position, 0), &numbers(position, 1)) });
        }
        let mut seen = 0;
        for tile in 0..shape.tiles(context) {
            let start = shape.start(tile);
            assert_eq!(start, seen, "tiles follow each other");
            for lane in 0..shape.width(tile).min(context - start) {
                for head in 0..2 {
                    // SAFETY: there is one thread.
                    let (keys, values) = unsafe { pages.tile(1, shape.place(&span, tile), head) };
                    for i in 0..24 {
                        let key = keys[i * TILE + lane].widen();
                        let value = values[lane * shape.value_dim() + i].widen();
                        let wanted = |part| T::narrow(numbers(start + lane, part)[head * 24 + i]).widen();
                        assert_eq!((key, value), (wanted(0), wanted(1)));
                    }
                }
                seen += 1;
            }
        }
        assert_eq!(seen, context);
    }

    #[test]
    fn every_position_lies_where_its_tile_says() {
        for block_size in [1, 4, 16, 24, 32] {
            round_trip::<f32>(block_size);
            round_trip::<u16>(block_size);
        }
    }

    #[test]
    fn what_does_not_fit_halves_is_told() {
        let pages = Pages::<u16>::new(shape(16)).expect("memory");
        let (good, mut large) = (vec![1.0; 48], vec![1.0; 48]);
        large[47] = 1e6;
        // SAFETY: there is one thread.
        unsafe {
            assert!(pages.write(0, 3, &good, &good));
            assert!(!pages.write(0, 3, &large, &good) && !pages.write(0, 3, &good, &large));
        }
        let mut cache = Cache::F16(pages);
        cache.clear();
        let Cache::F16(pages) = cache else { panic!("the type stays") };
        // SAFETY: there is one thread.
        assert!(unsafe { pages.tile(0, 0, 1) }.0.iter().all(|key| *key == 0));
    }

    #[test]
    fn its_size_is_known_before() {
        assert_eq!(shape(16).bytes(CacheType::F32), 2 * 5 * 2 * 16 * (24 + 32) * 4);
        assert_eq!(shape(16).bytes(CacheType::F16) * 2, shape(16).bytes(CacheType::F32));
        assert!(Pages::<u16>::new(Shape { blocks: 0, ..shape(16) }).is_err());
        assert!(Pages::<u16>::new(Shape { blocks: usize::MAX, ..shape(16) }).is_err());
    }
}
