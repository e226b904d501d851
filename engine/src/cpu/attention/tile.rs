//! A tile of the cache as kernels read it.

#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "asking memory ahead"))]

use std::marker::PhantomData;

use crate::cpu::cache::{Q8_0, Stored};
use crate::model::CacheType;

/// The keys or the values of a tile for one head, and where those lie that will be read after them.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a, T: Stored> {
    pub tile: &'a [T::Unit],
    /// Asked of memory meanwhile; it need not exist.
    pub next: *const T::Unit,
}

/// The same by its addresses.
pub struct Tile<T: Stored> {
    start: *const u8,
    numbers: *const u8,
    /// From here to the next.
    ahead: isize,
    kind: PhantomData<T>,
}

impl<T: Stored> Tile<T> {
    /// A part whose rows are `row` numbers long.
    #[inline]
    pub fn new(part: Part<'_, T>, row: usize) -> Self {
        let start = part.tile.as_ptr().cast::<u8>();
        let scales = if T::KIND == CacheType::Q8_0 { Q8_0::scales(row) } else { 0 };
        let ahead = (part.next.addr() as isize).wrapping_sub(start.addr() as isize);
        Self { start, numbers: start.wrapping_add(scales), ahead, kind: PhantomData }
    }

    /// Bytes of so many numbers, without their scales.
    #[inline(always)]
    pub const fn bytes(numbers: usize) -> usize {
        numbers
            * match T::KIND {
                CacheType::F32 => 4,
                CacheType::F16 => 2,
                CacheType::Q8_0 => 1,
            }
    }

    #[inline(always)]
    pub fn numbers(&self) -> *const u8 {
        self.numbers
    }

    /// Where the scale of this number stands, of a type that has scales.
    #[inline(always)]
    pub fn scales_at(&self, scale: usize) -> *const u8 {
        self.start.wrapping_add(2 * scale)
    }

    /// Asks memory for the line of the next tile that is where this number is in this one, if a line begins there: processors
    /// do not see from themselves where a sequence's next block lies.
    #[inline(always)]
    pub fn read_ahead(&self, number: usize) {
        #[cfg(target_arch = "x86_64")]
        if Self::bytes(number).is_multiple_of(64) {
            use std::arch::x86_64::*;
            let line = self.numbers.wrapping_add(Self::bytes(number)).wrapping_offset(self.ahead);
            // SAFETY: a hint, which reads nothing that a program could notice, and fails silently.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
        }
    }
}
