//! Matrices of weights, repacked.

use std::ops::Range;

use half::{bf16, f16};
use rayon::prelude::*;

use super::ahead::distance;
use super::layout::{GROUP, Layout, TILE_ROWS};
use super::pages::Pages;
use super::tile::{RowGroup, write_row};
use crate::quant::{Codes, GgmlType, decode, is_decoded};

/// A matrix of weights (rows, cols), repacked for products, in memory of its own.
///
/// Quantised weights lie in the tiles that `layout.rs` tells of, those in floating point as (tiles, cols, 16 rows) in their own
/// type. The last tile is filled up with zeros.
pub struct PackedMatrix {
    kind: GgmlType,
    rows: usize,
    cols: usize,
    data: Pages,
    /// How far before its use kernels ask for a weight, in bytes; 0 for not at all.
    ahead: usize,
}

/// How the weights of a type are packed.
#[derive(Clone, Copy)]
pub(super) enum Packing {
    Tiles(Layout),
    /// Numbers of so many bytes.
    Numbers(usize),
    /// Blocks as in the file: (groups of columns, 16 rows).
    Blocks(GgmlType),
}

impl Packing {
    pub fn of(kind: GgmlType) -> Option<Self> {
        match kind {
            GgmlType::F32 => Some(Self::Numbers(4)),
            GgmlType::F16 | GgmlType::BF16 => Some(Self::Numbers(2)),
            _ if Layout::of(kind).is_some() => Layout::of(kind).map(Self::Tiles),
            _ => is_decoded(kind).then_some(Self::Blocks(kind)),
        }
    }

    /// Bytes of 16 rows.
    fn strip(self, cols: usize) -> usize {
        match self {
            Self::Tiles(layout) => cols / layout.columns * layout.bytes(),
            Self::Numbers(size) => cols * TILE_ROWS * size,
            Self::Blocks(kind) => cols / kind.block_len() * kind.block_bytes() * TILE_ROWS,
        }
    }
}

impl PackedMatrix {
    /// Whether weights of a type can be multiplied.
    #[must_use]
    pub fn supports(kind: GgmlType) -> bool {
        Packing::of(kind).is_some()
    }

    /// Bytes that a matrix takes; nothing if its type cannot be multiplied or its rows are not whole blocks.
    #[must_use]
    pub fn bytes_of(kind: GgmlType, rows: usize, cols: usize) -> Option<usize> {
        let packing = Packing::of(kind).filter(|_| cols.is_multiple_of(kind.block_len()))?;
        // A weight takes less than 8 bytes in any type.
        cols.checked_mul(8 * TILE_ROWS)?;
        packing.strip(cols).checked_mul(rows.div_ceil(TILE_ROWS))
    }

    /// Repacks a matrix, on all threads; nothing if its type cannot be multiplied, or if `bytes` are not exactly its blocks.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn pack(kind: GgmlType, rows: usize, cols: usize, bytes: &[u8]) -> Option<std::io::Result<Self>> {
        let packing = Packing::of(kind)?;
        let total = Self::bytes_of(kind, rows, cols)?;
        let row_bytes = cols / kind.block_len() * kind.block_bytes();
        if row_bytes.checked_mul(rows)? != bytes.len() || total == 0 {
            return None;
        }
        let mut data = match Pages::zeroed(total) {
            Ok(data) => data,
            Err(error) => return Some(Err(error)),
        };
        let strips = data.par_chunks_mut(packing.strip(cols)).zip(bytes.par_chunks(row_bytes * TILE_ROWS));
        strips.for_each(|(strip, bytes)| {
            let mut codes = Codes::ZERO;
            // A group of columns at a time: its tiles stay in the nearest cache while the rows come in.
            let group = (GROUP / kind.block_len() * kind.block_bytes()).min(row_bytes);
            for (number, part) in strip.chunks_mut(packing.strip(GROUP)).enumerate() {
                for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
                    let bytes = &bytes[number * group..row_bytes.min((number + 1) * group)];
                    match packing {
                        Packing::Tiles(layout) => {
                            codes.read(kind, bytes);
                            write_row(layout, &codes, row, part);
                        }
                        Packing::Blocks(_) => {
                            let size = part.len() / TILE_ROWS;
                            part[row * size..][..size].copy_from_slice(bytes);
                        }
                        Packing::Numbers(2) => interleave::<2>(row, bytes, part),
                        Packing::Numbers(_) => interleave::<4>(row, bytes, part),
                    }
                }
            }
        });
        Some(Ok(Self { kind, rows, cols, data, ahead: distance() }))
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    #[must_use]
    pub fn kind(&self) -> GgmlType {
        self.kind
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Tiles of rows that together hold `rows`, number and all.
    ///
    /// # Panics
    /// If `rows` begin inside a tile, end inside one that is not the last, or are not the matrix's.
    pub(super) fn strips(&self, rows: Range<usize>) -> impl Iterator<Item = Strip<'_>> {
        assert!(rows.start.is_multiple_of(TILE_ROWS) && rows.end <= self.rows, "rows of whole tiles");
        assert!(rows.end.is_multiple_of(TILE_ROWS) || rows.end == self.rows, "rows of whole tiles");
        let size = Packing::of(self.kind).map_or(0, |packing| packing.strip(self.cols));
        rows.step_by(TILE_ROWS).map(move |first| Strip {
            first,
            count: TILE_ROWS.min(self.rows - first),
            bytes: &self.data[first / TILE_ROWS * size..][..size],
            ahead: self.ahead,
        })
    }

    /// Writes the weights of a row.
    ///
    /// # Panics
    /// If there is no such row, or `out` is not as long as one.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.rows && out.len() == self.cols, "a row of the matrix");
        let first = row / TILE_ROWS * TILE_ROWS;
        let last = (first + TILE_ROWS).min(self.rows);
        for strip in self.strips(first..last) {
            let row = row - first;
            match Layout::of(self.kind) {
                Some(layout) => {
                    let mut group = RowGroup::ZERO;
                    let tiles = strip.bytes.chunks(GROUP / layout.columns * layout.bytes());
                    for (out, tiles) in out.chunks_mut(GROUP).zip(tiles) {
                        group.read(layout, tiles, row);
                        group.dequantise(layout, out);
                    }
                }
                None if is_decoded(self.kind) => {
                    let parts = strip.bytes.chunks(Packing::Blocks(self.kind).strip(GROUP));
                    for (out, part) in out.chunks_mut(GROUP).zip(parts) {
                        decode(self.kind, &part[row * (part.len() / TILE_ROWS)..], out);
                    }
                }
                None => out.iter_mut().enumerate().for_each(|(col, out)| *out = strip.number(self.kind, col, row)),
            }
        }
    }
}

impl std::fmt::Debug for PackedMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PackedMatrix({}, {} x {})", self.kind, self.rows, self.cols)
    }
}

/// 16 rows of a matrix, of which the last may be filled up.
#[derive(Clone, Copy)]
pub(super) struct Strip<'a> {
    /// The number of the first.
    pub first: usize,
    /// How many are the matrix's.
    pub count: usize,
    pub bytes: &'a [u8],
    pub ahead: usize,
}

impl Strip<'_> {
    /// A weight in floating point.
    pub fn number(&self, kind: GgmlType, col: usize, row: usize) -> f32 {
        let at = col * TILE_ROWS + row;
        let two = || [self.bytes[2 * at], self.bytes[2 * at + 1]];
        match kind {
            GgmlType::F16 => f16::from_le_bytes(two()).to_f32(),
            GgmlType::BF16 => bf16::from_le_bytes(two()).to_f32(),
            _ => {
                let bytes = self.bytes[4 * at..].first_chunk().copied().unwrap_or_default();
                f32::from_le_bytes(bytes)
            }
        }
    }
}

/// 256 columns of 16 rows in F32: (columns, 16 rows).
pub(super) type Panel = [[f32; TILE_ROWS]; GROUP];

impl Strip<'_> {
    /// Blocks of a decoded type, a group of columns after the other, in F32; gives `each` the number of the group, how many
    /// columns it has, and the columns.
    pub fn panels(&self, kind: GgmlType, mut each: impl FnMut(usize, usize, &Panel)) {
        let mut panel: Panel = [[0.0; TILE_ROWS]; GROUP];
        let mut weights = [0f32; GROUP];
        for (group, part) in self.bytes.chunks(Packing::Blocks(kind).strip(GROUP)).enumerate() {
            let size = part.len() / TILE_ROWS;
            let cols = size / kind.block_bytes() * kind.block_len();
            for (row, bytes) in part.chunks_exact(size).enumerate() {
                // Rows that are not the matrix's are zeros, which no decoder need make zero.
                if row < self.count {
                    decode(kind, bytes, &mut weights[..cols]);
                } else {
                    weights.fill(0.0);
                }
                panel.iter_mut().zip(&weights).for_each(|(panel, weight)| panel[row] = *weight);
            }
            each(group, cols, &panel);
        }
    }
}

/// Numbers of a row, each after those of the other rows in its column.
fn interleave<const SIZE: usize>(row: usize, bytes: &[u8], strip: &mut [u8]) {
    let places = strip.as_chunks_mut::<SIZE>().0.iter_mut().skip(row).step_by(TILE_ROWS);
    for (place, number) in places.zip(bytes.as_chunks::<SIZE>().0) {
        *place = *number;
    }
}
