//! How the weights of each type lie in tiles.
//!
//! A tile is 16 rows of 256 columns (K types, IQ4_XS) or of 32 (types with a scale in floating point for each block of 32). Its
//! parts stand one behind the other, in the order in which kernels read them, for memory is fast where it is read in order:
//!
//! 1. a half for each row: what all is multiplied with;
//! 2. another: what minimums are multiplied with, or what is added;
//! 3. whole-numbered scales of sub-blocks, a byte each: (sub-blocks, 16 rows);
//! 4. minimums of sub-blocks, the same; those of Q2_K share the scales' bytes;
//! 5. for each 32 columns the low bits of all codes, 8, 4 or 2 of each, and then the bits above them, none, 1 or 2 of each.
//!
//! A part of codes is made of words of 32 bits, (groups of columns, 16 rows). With 4 bits a code, group `g` of a row holds the
//! columns `8g..8g + 4` in the low halves of its 4 bytes and `8g + 4..8g + 8` in the high ones; with 2 bits or 1 likewise 16 or
//! 32 columns. So 64 bytes hold the same columns of 16 rows, and shifting and masking them gives 4 neighbouring columns of each
//! row at once: what `pmaddubsw`, `vpdpbusd` and the like multiply.

use crate::quant::GgmlType;

/// Rows of a tile.
pub const TILE_ROWS: usize = 16;
/// Columns that kernels unpack at once: a tile of 256, or eight of 32.
pub const GROUP: usize = 256;

/// A type's tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// 32 or 256.
    pub columns: usize,
    /// How many low bits of a code stand together: 8, 4 or 2.
    pub low: usize,
    /// And how many bits above them.
    pub high: usize,
    /// Columns of a sub-block.
    pub sub: usize,
    /// Whether there are minimums, or offsets.
    pub minimums: bool,
    /// Whether scales and minimums of sub-blocks are halves of bytes.
    pub nibbles: bool,
    pub codes: Meaning,
}

/// What codes stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The code less this; the code itself is multiplied, and the sum corrected.
    Offset(i32),
    /// A byte with a sign.
    Signed,
    /// An entry of [`NON_LINEAR`](crate::quant::NON_LINEAR).
    NonLinear,
}

impl Layout {
    /// The tiles of a quantised type.
    pub const fn of(kind: GgmlType) -> Option<Self> {
        use GgmlType as T;
        let (columns, low, high, sub, minimums, codes) = match kind {
            T::Q4_0 => (32, 4, 0, 32, false, Meaning::Offset(8)),
            T::Q4_1 => (32, 4, 0, 32, true, Meaning::Offset(0)),
            T::Q5_0 => (32, 4, 1, 32, false, Meaning::Offset(16)),
            T::Q5_1 => (32, 4, 1, 32, true, Meaning::Offset(0)),
            T::Q8_0 => (32, 8, 0, 32, false, Meaning::Signed),
            T::IQ4_NL => (32, 4, 0, 32, false, Meaning::NonLinear),
            T::Q2_K => (256, 2, 0, 16, true, Meaning::Offset(0)),
            T::Q3_K => (256, 2, 1, 16, false, Meaning::Offset(4)),
            T::Q4_K => (256, 4, 0, 32, true, Meaning::Offset(0)),
            T::Q5_K => (256, 4, 1, 32, true, Meaning::Offset(0)),
            T::Q6_K => (256, 4, 2, 16, false, Meaning::Offset(32)),
            T::IQ4_XS => (256, 4, 0, 32, false, Meaning::NonLinear),
            _ => return None,
        };
        Some(Self { columns, low, high, sub, minimums, nibbles: matches!(kind, T::Q2_K), codes })
    }

    /// Whether sub-blocks have whole-numbered scales.
    pub const fn has_subs(self) -> bool {
        self.columns == GROUP
    }

    /// Where the first halves begin.
    pub const FIRST: usize = 0;
    /// Where the second halves begin, in types that have them.
    pub const SECOND: usize = 2 * TILE_ROWS;

    /// Where scales begin.
    pub const fn scales_at(self) -> usize {
        Self::SECOND + if self.minimums { 2 * TILE_ROWS } else { 0 }
    }

    const fn sub_bytes(self) -> usize {
        if self.has_subs() { self.columns / self.sub * TILE_ROWS } else { 0 }
    }

    /// Where minimums begin.
    pub const fn minimums_at(self) -> usize {
        if self.nibbles { self.scales_at() } else { self.scales_at() + self.sub_bytes() }
    }

    /// Where codes begin.
    pub const fn codes_at(self) -> usize {
        self.minimums_at() + if self.minimums || !self.has_subs() { self.sub_bytes() } else { 0 }
    }

    /// Bytes of the low bits of 32 columns.
    pub const fn low_bytes(self) -> usize {
        4 * TILE_ROWS * self.low
    }

    /// Bytes of 32 columns.
    pub const fn chunk_bytes(self) -> usize {
        4 * TILE_ROWS * (self.low + self.high)
    }

    /// Bytes of a tile.
    pub const fn bytes(self) -> usize {
        self.codes_at() + self.columns / 32 * self.chunk_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_hardly_larger_than_blocks() {
        for kind in GgmlType::all() {
            let Some(layout) = Layout::of(kind) else { continue };
            let tile = layout.bytes() * 8;
            let bits = tile as f64 / (TILE_ROWS * layout.columns) as f64;
            let file = (kind.block_bytes() * 8) as f64 / kind.block_len() as f64;
            println!("{kind}: {bits} bits a weight, {file} in a file");
            assert!(bits <= file * 1.04, "{kind}: {bits} bits instead of {file}");
            assert_eq!(layout.bytes() % 32, 0, "{kind}: tiles begin at whole vectors");
        }
    }
}
