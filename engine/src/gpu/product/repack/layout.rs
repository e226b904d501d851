//! How the weights of each type lie in tiles.

use half::{bf16, f16};
use rayon::prelude::*;

use super::planes::{self, Place};
use super::scales::Scales;
use super::shape::{TILE_COLUMNS, TILE_ROWS};
use crate::quant::{Codes, GgmlType};

/// How the codes of a type lie in a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Planes {
    /// Halves; F32 has two tiles of them, the second with what rounding left of the first.
    Halves {
        tiles: usize,
    },
    Eight,
    /// The low 4 bits, and so many above.
    Four {
        high: usize,
    },
    /// The low 2 bits, and so many above.
    Two {
        high: usize,
    },
}

/// A type's tiles.
#[derive(Clone, Copy)]
pub struct Layout {
    kind: GgmlType,
    planes: Planes,
    scales: Scales,
}

impl Layout {
    /// The tiles of a type, if there are kernels for it.
    #[must_use]
    pub fn of(kind: GgmlType) -> Option<Self> {
        let (planes, scales) = match kind {
            GgmlType::F32 => (Planes::Halves { tiles: 2 }, Scales::None),
            GgmlType::F16 | GgmlType::BF16 => (Planes::Halves { tiles: 1 }, Scales::None),
            GgmlType::Q8_0 => (Planes::Eight, Scales::OfBlock),
            GgmlType::Q4_0 | GgmlType::IQ4_NL => (Planes::Four { high: 0 }, Scales::OfBlock),
            GgmlType::Q4_1 => (Planes::Four { high: 0 }, Scales::AndOffset),
            GgmlType::Q5_0 => (Planes::Four { high: 1 }, Scales::OfBlock),
            GgmlType::Q5_1 => (Planes::Four { high: 1 }, Scales::AndOffset),
            GgmlType::Q2_K => (Planes::Two { high: 0 }, Scales::Q2),
            GgmlType::Q3_K => (Planes::Two { high: 1 }, Scales::Of16),
            GgmlType::Q4_K => (Planes::Four { high: 0 }, Scales::K),
            GgmlType::Q5_K => (Planes::Four { high: 1 }, Scales::K),
            GgmlType::Q6_K => (Planes::Four { high: 2 }, Scales::Of16),
            GgmlType::IQ4_XS => (Planes::Four { high: 0 }, Scales::Of32),
            _ => return None,
        };
        Some(Self { kind, planes, scales })
    }

    fn code_bytes(self) -> usize {
        match self.planes {
            Planes::Halves { tiles } => 8192 * tiles,
            Planes::Eight => 4096,
            Planes::Four { high } => 2048 + 512 * high,
            Planes::Two { high } => 1024 + 512 * high,
        }
    }

    /// Bytes of 16 rows x 256 columns.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.code_bytes() + self.scales.bytes()
    }

    /// Kernels' tiles for one tile of activations.
    #[must_use]
    pub fn tiles_per_depth(self) -> usize {
        match self.planes {
            Planes::Halves { tiles } => tiles,
            _ => 1,
        }
    }

    /// The power of two that brings a row's largest weight or scale to its place.
    fn factor(self, row: &[u8]) -> f32 {
        let target = match self.kind {
            GgmlType::F16 => return 1.0,
            GgmlType::F32 | GgmlType::BF16 => 15,
            _ => -9,
        };
        let largest = self.largest(row);
        if largest <= 0.0 {
            return 1.0;
        }
        // largest < 2^(exponent + 1); of powers of two from 2^-126 to 2^126 the inverse is exact as well
        let exponent = i32::from(((largest.to_bits() >> 23) & 255) as u8) - 127;
        f32::from_bits((((target - exponent - 1).clamp(-126, 126) + 127) as u32) << 23)
    }

    /// The largest magnitude of a row's finite weights, or what bounds its scales.
    fn largest(self, row: &[u8]) -> f32 {
        let most = |found: f32, v: f32| if v.is_finite() { found.max(v.abs()) } else { found };
        match self.kind {
            GgmlType::F32 => row.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).fold(0.0, most),
            GgmlType::BF16 => row.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).fold(0.0, most),
            kind => {
                let at = match kind {
                    GgmlType::Q2_K => 80,
                    GgmlType::Q3_K => 108,
                    GgmlType::Q6_K => 208,
                    _ => 0,
                };
                let scales =
                    row.chunks_exact(kind.block_bytes()).map(|b| f16::from_le_bytes([b[at], b[at + 1]]).to_f32());
                scales.fold(0.0, most) * self.scales.largest_sub()
            }
        }
    }

    /// Writes tiles: of 16 rows each, all of `columns`, and what each row's sums are to be multiplied with. A row that is `None` is
    /// zero. `out` is whole rows of tiles.
    pub fn write<'a>(
        self,
        columns: usize,
        row: impl Fn(usize) -> Option<&'a [u8]> + Sync,
        out: &mut [u8],
        row_scales: &mut [f32],
    ) {
        let depth = columns.div_ceil(TILE_COLUMNS);
        let part = TILE_COLUMNS / self.kind.block_len() * self.kind.block_bytes();
        let tiles = out.par_chunks_mut(depth * self.bytes()).zip(row_scales.par_chunks_mut(TILE_ROWS)).enumerate();
        tiles.for_each(|(tile, (out, row_scales))| {
            out.fill(0);
            row_scales.fill(1.0);
            let mut codes = Codes::ZERO;
            for (i, row_scale) in row_scales.iter_mut().enumerate().take(TILE_ROWS) {
                let Some(bytes) = row(tile * TILE_ROWS + i) else { continue };
                let factor = self.factor(bytes);
                *row_scale = 1.0 / factor;
                for (bytes, out) in bytes.chunks(part).zip(out.chunks_exact_mut(self.bytes())) {
                    self.write_row(bytes, factor, Place::of(i), &mut codes, out);
                }
            }
        });
    }

    fn write_row(self, bytes: &[u8], factor: f32, place: Place, codes: &mut Codes, out: &mut [u8]) {
        let (plane, scales) = out.split_at_mut(self.code_bytes());
        if let Planes::Halves { .. } = self.planes {
            return self.write_halves(bytes, factor, place, plane);
        }
        codes.read(self.kind, bytes);
        match self.planes {
            Planes::Halves { .. } => {}
            Planes::Eight => planes::eight(&codes.codes, place, plane),
            Planes::Four { high } => {
                planes::low_four(&codes.codes, place, &mut plane[..2048]);
                match high {
                    0 => {}
                    1 => planes::one(&codes.codes, 4, place, &mut plane[2048..]),
                    _ => planes::two(&codes.codes, 4, place, &mut plane[2048..]),
                }
            }
            Planes::Two { high } => {
                planes::two(&codes.codes, 0, place, &mut plane[..1024]);
                if high == 1 {
                    planes::one(&codes.codes, 2, place, &mut plane[1024..]);
                }
            }
        }
        self.scales.write(codes, factor, place, scales);
    }

    fn write_halves(self, bytes: &[u8], factor: f32, place: Place, plane: &mut [u8]) {
        let mut first = [0u16; TILE_COLUMNS];
        if self.kind == GgmlType::F16 {
            first.iter_mut().zip(bytes.chunks_exact(2)).for_each(|(to, b)| *to = u16::from_le_bytes([b[0], b[1]]));
            return planes::halves(&first, place, plane);
        }
        let mut rest = [0u16; TILE_COLUMNS];
        let weights = bytes.chunks_exact(self.kind.block_bytes()).map(|b| match self.kind {
            GgmlType::F32 => f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            _ => bf16::from_le_bytes([b[0], b[1]]).to_f32(),
        });
        for ((first, rest), weight) in first.iter_mut().zip(&mut rest).zip(weights) {
            let weight = weight * factor;
            let rounded = f16::from_f32(weight);
            *first = rounded.to_bits();
            *rest = f16::from_f32(weight - rounded.to_f32()).to_bits();
        }
        let (main, second) = plane.split_at_mut(8192);
        planes::halves(&first, place, main);
        if !second.is_empty() {
            planes::halves(&rest, place, second);
        }
    }
}
