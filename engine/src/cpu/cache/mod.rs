//! Pages of keys and values.
//!
//! A block of the schedule is cut into tiles of 16 positions. A tile holds, for each key head, the keys turned by their side,
//! (dim, 16), so that one number of a query meets 16 keys at once; and the values as they are, (16, dim). What lies in a tile
//! how depends on the type ([`Stored`]).

#![expect(unsafe_code, reason = "pages that several threads write")]

mod shape;
mod stored;
#[cfg(test)]
mod tests;

pub use shape::Shape;
pub use stored::{BLOCK, Q8_0, Stored, TILE};

use super::memory::Buffer;
use crate::error::{Error, Result};
use crate::model::CacheType;

/// Keys and values of all layers.
#[derive(Debug)]
pub struct Pages<T: Stored> {
    shape: Shape,
    keys: Buffer<T::Unit>,
    values: Buffer<T::Unit>,
}

impl<T: Stored> Pages<T> {
    pub fn new(shape: Shape) -> Result<Self> {
        let slots =
            shape.blocks.checked_mul(shape.block_size).filter(|slots| *slots > 0 && u32::try_from(*slots).is_ok());
        let lengths = shape.all_tiles().and_then(|tiles| {
            Some((tiles.checked_mul(shape.key_tile::<T>())?, tiles.checked_mul(shape.value_tile::<T>())?))
        });
        let (Some(_), Some((keys, values))) = (slots, lengths) else {
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
        self.keys.all_mut().fill(T::Unit::default());
        self.values.all_mut().fill(T::Unit::default());
    }

    fn index(&self, layer: usize, place: usize, head: usize) -> usize {
        (layer * self.shape.layer_tiles() + place) * self.shape.kv_heads + head
    }

    /// The keys of a tile for one head, (dim, 16), and its values, (16, value dim).
    ///
    /// # Safety
    /// No thread writes them meanwhile.
    pub unsafe fn tile(&self, layer: usize, place: usize, head: usize) -> (&[T::Unit], &[T::Unit]) {
        let at = self.index(layer, place, head);
        let (key, value) = (self.shape.key_tile::<T>(), self.shape.value_tile::<T>());
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
        let (place, position) = (block * self.shape.block_tiles() + offset / TILE, offset % TILE);
        let (key_tile, value_tile) = (self.shape.key_tile::<T>(), self.shape.value_tile::<T>());
        let mut is_finite = true;
        for (head, (key, value)) in keys.chunks_exact(dim).zip(values.chunks_exact(dim)).enumerate() {
            let at = self.index(layer, place, head);
            // SAFETY: the position is this slot's; the caller's condition.
            unsafe {
                is_finite &= T::write_key(&self.keys, at * key_tile, position, key);
                is_finite &= T::write_value(&self.values, at * value_tile, position, self.shape.value_dim(), value);
            }
        }
        is_finite
    }
}

/// A cache in the type that was asked for.
#[derive(Debug)]
pub enum Cache {
    F16(Pages<u16>),
    F32(Pages<f32>),
    Q8_0(Pages<Q8_0>),
}

impl Cache {
    pub fn new(shape: Shape, kind: CacheType) -> Result<Self> {
        Ok(match kind {
            CacheType::F16 => Self::F16(Pages::new(shape)?),
            CacheType::F32 => Self::F32(Pages::new(shape)?),
            CacheType::Q8_0 => Self::Q8_0(Pages::new(shape)?),
        })
    }

    pub fn clear(&mut self) {
        match self {
            Self::F16(pages) => pages.clear(),
            Self::F32(pages) => pages.clear(),
            Self::Q8_0(pages) => pages.clear(),
        }
    }
}
