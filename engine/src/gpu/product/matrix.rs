//! Matrices on a device.

use std::sync::Arc;

use super::repack::{Layout, TILE_COLUMNS, TILE_ROWS};
use crate::error::{GpuError, Result};
use crate::gpu::{Address, Buffer, Gpu};
use crate::quant::GgmlType;

/// Bytes that are put into tiles and copied to the device at once.
const CHUNK: usize = 64 << 20;

/// Columns of an activation row, with padding.
#[must_use]
pub fn activation_stride(columns: usize) -> usize {
    columns.next_multiple_of(TILE_COLUMNS)
}

/// Bytes of `rows` activation rows.
#[must_use]
pub fn activation_bytes(rows: usize, columns: usize) -> usize {
    rows * activation_stride(columns) * 2
}

/// Where a column stands in an activation row; as in `activation.cuh`.
#[must_use]
pub fn activation_index(column: usize) -> usize {
    (column & !255) + ((column & 63) >> 3) * 32 + ((column & 255) >> 6) * 8 + (column & 7)
}

/// One expert's weights, or those of a matrix without experts, as they lie in a file: row after row in whole blocks.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a> {
    /// Matrices one below the other: their products stand side by side.
    Stack(&'a [&'a [u8]]),
    /// Both halves of a gated network's first layer, of one shape. Their product is silu(gate) * up.
    GateUp { gate: &'a [u8], up: &'a [u8] },
}

impl<'a> Weights<'a> {
    fn bytes(self) -> Vec<&'a [u8]> {
        match self {
            Self::Stack(parts) => parts.to_vec(),
            Self::GateUp { gate, up } => vec![gate, up],
        }
    }

    /// The bytes of row `number` in the order of tiles.
    fn row(self, number: usize, size: usize) -> Option<&'a [u8]> {
        let at = |bytes: &'a [u8], row: usize| bytes.get(row * size..(row + 1) * size);
        match self {
            Self::Stack(parts) => {
                let mut row = number;
                for part in parts {
                    let rows = part.len() / size;
                    if row < rows {
                        return at(part, row);
                    }
                    row -= rows;
                }
                None
            }
            Self::GateUp { gate, up } => {
                let (tile, i, half) = (number / TILE_ROWS, number % TILE_ROWS, TILE_ROWS / 2);
                at(if i < half { gate } else { up }, tile * half + i % half)
            }
        }
    }
}

/// A matrix, or one for each expert, on a device.
#[derive(Debug)]
pub struct DeviceMatrix {
    pub(super) tiles: Buffer,
    /// (experts, row tiles, 16), F32: what the sums of a row are multiplied with.
    pub(super) row_scales: Buffer,
    pub(super) kind: GgmlType,
    pub(super) experts: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_tiles: usize,
    /// The kernels' tiles from left to right.
    pub(super) depth_tiles: usize,
    /// Tiles of weights for one of activations, as a power of two.
    pub(super) halves: u32,
    pub(super) gate_up: bool,
}

impl DeviceMatrix {
    /// Whether there are kernels for a type.
    #[must_use]
    pub fn supports(kind: GgmlType) -> bool {
        Layout::of(kind).is_some()
    }

    /// Bytes that a matrix takes on a device; nothing if its type has no kernels.
    #[must_use]
    pub fn bytes_of(kind: GgmlType, experts: usize, rows: usize, columns: usize) -> Option<usize> {
        let layout = Layout::of(kind)?;
        let row_tile = columns.div_ceil(TILE_COLUMNS) * layout.bytes() + TILE_ROWS * size_of::<f32>();
        Some(experts * rows.div_ceil(TILE_ROWS) * row_tile)
    }

    /// Brings weights to a device, all of one type and shape.
    ///
    /// # Errors
    /// The type has no kernels, the bytes are not whole rows or experts differ in shape, or the device has no room.
    pub fn upload(gpu: &Arc<dyn Gpu>, kind: GgmlType, columns: usize, experts: &[Weights<'_>]) -> Result<Self> {
        let refused = |message: String| GpuError::new("a matrix", "not supported", message);
        let layout = Layout::of(kind).ok_or_else(|| refused(format!("there are no CUDA kernels for {kind}")))?;
        let size = kind.bytes_of(columns as u64).filter(|size| *size > 0);
        let size = size.ok_or_else(|| refused(format!("{columns} columns are not whole blocks of {kind}")))? as usize;
        let shapes: Vec<Vec<usize>> =
            experts.iter().map(|weights| weights.bytes().iter().map(|part| part.len()).collect()).collect();
        let gate_up = matches!(experts.first(), Some(Weights::GateUp { .. }));
        let same =
            shapes.iter().all(|shape| *shape == shapes[0] && shape.iter().all(|bytes| bytes.is_multiple_of(size)))
                && experts.iter().all(|weights| matches!(weights, Weights::GateUp { .. }) == gate_up)
                && !(gate_up && shapes.iter().any(|shape| shape[0] != shape[1]));
        if !same || shapes.is_empty() {
            return Err(refused("experts of different shapes, or rows that are not whole".into()).into());
        }
        let all_rows = shapes[0].iter().sum::<usize>() / size;
        let rows = if gate_up { all_rows / 2 } else { all_rows };
        // The product of gate and up is an activation row: its padding is computed, from zeros.
        let row_tiles = match gate_up {
            true => activation_stride(rows) / (TILE_ROWS / 2),
            false => rows.div_ceil(TILE_ROWS),
        };
        let depth = columns.div_ceil(TILE_COLUMNS);
        let line = depth * layout.bytes();
        let tiles = Buffer::new(gpu, experts.len() * row_tiles * line)?;
        let step = (CHUNK / line).clamp(1, row_tiles.max(1));
        let mut packed = vec![0u8; step * line];
        let mut row_scales = vec![1f32; experts.len() * row_tiles * TILE_ROWS];
        for (expert, weights) in experts.iter().enumerate() {
            for first in (0..row_tiles).step_by(step) {
                let packed = &mut packed[..step.min(row_tiles - first) * line];
                let scales = &mut row_scales[(expert * row_tiles + first) * TILE_ROWS..];
                layout.write(columns, |row| weights.row(first * TILE_ROWS + row, size), packed, scales);
                tiles.write((expert * row_tiles + first) * line, packed)?;
            }
        }
        let row_scales = Buffer::of(gpu, &row_scales)?;
        Ok(Self {
            tiles,
            row_scales,
            kind,
            experts: experts.len(),
            rows,
            columns,
            row_tiles,
            depth_tiles: depth * layout.tiles_per_depth(),
            halves: layout.tiles_per_depth().ilog2(),
            gate_up,
        })
    }

    /// The same matrix once more.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn duplicate(&self, gpu: &Arc<dyn Gpu>) -> Result<Self> {
        let tiles = Buffer::new(gpu, self.tiles.bytes())?;
        gpu.copy(self.tiles.address(), tiles.address(), tiles.bytes())?;
        let row_scales = Buffer::new(gpu, self.row_scales.bytes())?;
        gpu.copy(self.row_scales.address(), row_scales.address(), row_scales.bytes())?;
        Ok(Self { tiles, row_scales, ..*self })
    }

    /// Results of a row: the matrix's rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    #[must_use]
    pub fn experts(&self) -> usize {
        self.experts
    }

    #[must_use]
    pub fn kind(&self) -> GgmlType {
        self.kind
    }

    /// Bytes on the device.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.tiles.bytes() + self.row_scales.bytes()
    }

    pub(super) fn address(&self) -> Address {
        self.tiles.address()
    }
}
