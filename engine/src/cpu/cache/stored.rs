//! The types of cached numbers, and how a tile of 16 positions holds them.
//!
//! Keys are turned by their side, (dim, 16); values are as they come, (16, width). In Q8_0, codes lie so as well, and before
//! them the scales of their blocks of 32 numbers, for keys and values alike (blocks, 16).

#![expect(unsafe_code, reason = "pages that several threads write")]

use std::fmt::Debug;

use half::f16;

use crate::cpu::memory::{Buffer, Plain};
use crate::model::CacheType;

/// Positions of a tile.
pub const TILE: usize = 16;

/// Numbers of a block that has its own scale.
pub const BLOCK: usize = 32;

/// A type of cached numbers.
pub trait Stored: Copy + Debug + Send + Sync + 'static {
    /// What tiles are made of.
    type Unit: Plain + Default + Debug;
    const KIND: CacheType;

    /// Units of a tile whose rows have so many numbers.
    fn tile(row: usize) -> usize;

    /// Puts a position's key into the tile that begins at `at`, and says whether all of it is finite in this type.
    ///
    /// # Safety
    /// No other thread reads or writes this position meanwhile.
    unsafe fn write_key(tiles: &Buffer<Self::Unit>, at: usize, position: usize, key: &[f32]) -> bool;

    /// The same for a value, whose row is `width` numbers long.
    ///
    /// # Safety
    /// The same.
    unsafe fn write_value(tiles: &Buffer<Self::Unit>, at: usize, position: usize, width: usize, value: &[f32]) -> bool;

    /// Number `i` of a position's key, in a tile of `dim` numbers for each.
    fn key(tile: &[Self::Unit], dim: usize, position: usize, i: usize) -> f32;

    /// Number `i` of a position's value.
    fn value(tile: &[Self::Unit], width: usize, position: usize, i: usize) -> f32;
}

/// A number that stands for itself.
pub trait Number: Plain + Default + Debug {
    const KIND: CacheType;
    /// The nearest number of this type.
    fn narrow(value: f32) -> Self;
    /// What it is.
    fn widen(self) -> f32;
}

impl Number for f32 {
    const KIND: CacheType = CacheType::F32;

    fn narrow(value: f32) -> Self {
        value
    }

    fn widen(self) -> f32 {
        self
    }
}

/// F16, by its bits.
impl Number for u16 {
    const KIND: CacheType = CacheType::F16;

    fn narrow(value: f32) -> Self {
        f16::from_f32(value).to_bits()
    }

    fn widen(self) -> f32 {
        f16::from_bits(self).to_f32()
    }
}

impl<T: Number> Stored for T {
    type Unit = T;
    const KIND: CacheType = <T as Number>::KIND;

    fn tile(row: usize) -> usize {
        row * TILE
    }

    unsafe fn write_key(tiles: &Buffer<T>, at: usize, position: usize, key: &[f32]) -> bool {
        let mut sum = 0.0;
        // Number by number, for the numbers beside them are other threads' tokens.
        for (i, key) in key.iter().enumerate() {
            let (to, number) = (at + i * TILE + position, T::narrow(*key));
            sum += number.widen() * 0.0;
            // SAFETY: the place is this position's; the caller's condition.
            unsafe { tiles.get_mut(to..to + 1)[0] = number };
        }
        sum == 0.0
    }

    unsafe fn write_value(tiles: &Buffer<T>, at: usize, position: usize, width: usize, value: &[f32]) -> bool {
        let mut sum = 0.0;
        let to = at + position * width;
        // SAFETY: the row is this position's; the caller's condition.
        let row = unsafe { tiles.get_mut(to..to + value.len()) };
        for (to, value) in row.iter_mut().zip(value) {
            *to = T::narrow(*value);
            sum += to.widen() * 0.0;
        }
        sum == 0.0
    }

    fn key(tile: &[T], _: usize, position: usize, i: usize) -> f32 {
        tile[i * TILE + position].widen()
    }

    fn value(tile: &[T], width: usize, position: usize, i: usize) -> f32 {
        tile[position * width + i].widen()
    }
}

/// GGML's Q8_0: whole numbers of 8 bits, and a scale in F16 for each 32 of them.
#[derive(Clone, Copy, Debug)]
pub struct Q8_0;

impl Q8_0 {
    /// Bytes of a tile's scales, which stand before its codes.
    pub const fn scales(row: usize) -> usize {
        row.div_ceil(BLOCK) * TILE * 2
    }

    /// Rounds a row as GGML does; gives `scale` the number of each block and its scale's bits, and `code` the number of each
    /// code and the code. Says whether all scales are finite.
    fn round(row: &[f32], mut scale: impl FnMut(usize, u16), mut code: impl FnMut(usize, i8)) -> bool {
        let mut is_finite = true;
        for (block, numbers) in row.chunks(BLOCK).enumerate() {
            let most = numbers.iter().fold(0f32, |most, number| most.max(number.abs()));
            let sum: f32 = numbers.iter().map(|number| number * 0.0).sum();
            let unit = most / 127.0;
            let half = f16::from_f32(unit);
            is_finite &= half.is_finite() && sum == 0.0;
            scale(block, half.to_bits());
            let inverse = if unit == 0.0 { 0.0 } else { 1.0 / unit };
            for (i, number) in numbers.iter().enumerate() {
                code(block * BLOCK + i, (number * inverse).round() as i8);
            }
        }
        is_finite
    }

    fn number(tile: &[u8], row: usize, position: usize, i: usize, code: usize) -> f32 {
        let at = (i / BLOCK * TILE + position) * 2;
        let scale = f16::from_le_bytes([tile[at], tile[at + 1]]).to_f32();
        scale * f32::from(tile[Self::scales(row) + code] as i8)
    }
}

impl Stored for Q8_0 {
    type Unit = u8;
    const KIND: CacheType = CacheType::Q8_0;

    fn tile(row: usize) -> usize {
        row * TILE + Self::scales(row)
    }

    unsafe fn write_key(tiles: &Buffer<u8>, at: usize, position: usize, key: &[f32]) -> bool {
        let codes = at + Self::scales(key.len());
        // SAFETY: the bytes are this position's; the caller's condition.
        let put = |at: usize, bytes: &[u8]| unsafe { tiles.get_mut(at..at + bytes.len()).copy_from_slice(bytes) };
        Self::round(
            key,
            |block, scale| put(at + (block * TILE + position) * 2, &scale.to_le_bytes()),
            |i, code| put(codes + i * TILE + position, &[code as u8]),
        )
    }

    unsafe fn write_value(tiles: &Buffer<u8>, at: usize, position: usize, width: usize, value: &[f32]) -> bool {
        let codes = at + Self::scales(width) + position * width;
        // SAFETY: the bytes are this position's; the caller's condition.
        let put = |at: usize, bytes: &[u8]| unsafe { tiles.get_mut(at..at + bytes.len()).copy_from_slice(bytes) };
        Self::round(
            value,
            |block, scale| put(at + (block * TILE + position) * 2, &scale.to_le_bytes()),
            |i, code| put(codes + i, &[code as u8]),
        )
    }

    fn key(tile: &[u8], dim: usize, position: usize, i: usize) -> f32 {
        Self::number(tile, dim, position, i, i * TILE + position)
    }

    fn value(tile: &[u8], width: usize, position: usize, i: usize) -> f32 {
        Self::number(tile, width, position, i, position * width + i)
    }
}
