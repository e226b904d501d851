//! One row into its tile, and out again.

use half::f16;

use super::layout::{GROUP, Layout, Meaning, TILE_ROWS};
use crate::quant::{Codes, NON_LINEAR};

/// A group of a row's weights out of a tile, as whole numbers and what they are multiplied with.
#[derive(Clone, Debug)]
pub struct RowGroup {
    /// What codes mean.
    pub values: [i8; GROUP],
    /// Scales of sub-blocks; 1 where a type has none.
    pub scales: [i32; 16],
    /// Minimums of sub-blocks; 0 where a type has none.
    pub minimums: [i32; 16],
    /// A tile's each, so that types with tiles of 256 columns have the first alone.
    pub first: [f32; 8],
    pub second: [f32; 8],
}

impl RowGroup {
    pub const ZERO: Self =
        Self { values: [0; GROUP], scales: [1; 16], minimums: [0; 16], first: [0.0; 8], second: [0.0; 8] };

    /// Reads row `row` of a group's tiles.
    pub fn read(&mut self, layout: Layout, tiles: &[u8], row: usize) {
        let mut codes = [0u8; GROUP];
        for (i, tile) in tiles.chunks_exact(layout.bytes()).enumerate() {
            let columns = codes[i * layout.columns..].chunks_exact_mut(32);
            for (columns, chunk) in columns.zip(tile[layout.codes_at()..].chunks_exact(layout.chunk_bytes())) {
                let (low, high) = chunk.split_at(layout.low_bytes());
                read_plane(layout.low, low, 0, row, columns);
                read_plane(layout.high, high, layout.low, row, columns);
            }
            self.first[i] = half(tile, Layout::FIRST, row);
            if layout.minimums {
                self.second[i] = half(tile, Layout::SECOND, row);
            }
            if layout.has_subs() {
                for sub in 0..layout.columns / layout.sub {
                    let scale = tile[layout.scales_at() + sub * TILE_ROWS + row];
                    self.scales[sub] = if layout.nibbles { i32::from(scale & 15) } else { i32::from(scale as i8) };
                    if layout.minimums {
                        let minimum = tile[layout.minimums_at() + sub * TILE_ROWS + row];
                        self.minimums[sub] = i32::from(if layout.nibbles { minimum >> 4 } else { minimum });
                    }
                }
            }
        }
        for (value, code) in self.values.iter_mut().zip(codes) {
            *value = match layout.codes {
                Meaning::Offset(offset) => code as i8 - offset as i8,
                Meaning::Signed => code as i8,
                Meaning::NonLinear => NON_LINEAR[usize::from(code)],
            };
        }
    }

    /// The weights.
    pub fn dequantise(&self, layout: Layout, out: &mut [f32]) {
        for (i, (out, value)) in out.iter_mut().zip(self.values).enumerate() {
            *out = if layout.has_subs() {
                let sub = i / layout.sub;
                self.first[0] * (self.scales[sub] * i32::from(value)) as f32
                    - self.second[0] * self.minimums[sub] as f32
            } else {
                self.first[i / 32] * f32::from(value) + self.second[i / 32]
            };
        }
    }
}

/// Writes up to a group of a row's weights into its tiles, which are zero before.
pub fn write_row(layout: Layout, codes: &Codes, row: usize, tiles: &mut [u8]) {
    let mut bytes = codes.codes;
    if layout.codes == Meaning::Signed {
        bytes.iter_mut().for_each(|code| *code ^= 0x80);
    }
    for (i, tile) in tiles.chunks_exact_mut(layout.bytes()).enumerate() {
        let (head, chunks) = tile.split_at_mut(layout.codes_at());
        let columns = bytes[i * layout.columns..].chunks_exact(32);
        for (columns, chunk) in columns.zip(chunks.chunks_exact_mut(layout.chunk_bytes())) {
            let (low, high) = chunk.split_at_mut(layout.low_bytes());
            write_plane(layout.low, columns, 0, row, low);
            write_plane(layout.high, columns, layout.low, row, high);
        }
        let mut put = |at: usize, value: f32| {
            head[at + 2 * row..][..2].copy_from_slice(&f16::from_f32(value).to_le_bytes());
        };
        put(Layout::FIRST, codes.scale[i]);
        if layout.minimums {
            put(Layout::SECOND, codes.offset[i]);
        }
        if layout.has_subs() {
            // `Codes` has signed scales 128 higher.
            let sign = if layout.minimums { 0 } else { 0x80 };
            for sub in 0..layout.columns / layout.sub {
                let (scale, minimum) = (codes.subs[sub] ^ sign, codes.minimums[sub]);
                let at = sub * TILE_ROWS + row;
                head[layout.scales_at() + at] = if layout.nibbles { scale | minimum << 4 } else { scale };
                if layout.minimums && !layout.nibbles {
                    head[layout.minimums_at() + at] = minimum;
                }
            }
        }
    }
}

fn half(tile: &[u8], at: usize, row: usize) -> f32 {
    f16::from_le_bytes([tile[at + 2 * row], tile[at + 2 * row + 1]]).to_f32()
}

/// `bits` of each code, from bit `shift` on, into a part of a tile.
fn write_plane(bits: usize, codes: &[u8], shift: usize, row: usize, plane: &mut [u8]) {
    match bits {
        8 => write_words::<8>(codes, shift, row, plane),
        4 => write_words::<4>(codes, shift, row, plane),
        2 => write_words::<2>(codes, shift, row, plane),
        1 => write_words::<1>(codes, shift, row, plane),
        _ => {}
    }
}

/// The lowest `BITS` of each byte.
const fn mask<const BITS: usize>() -> u32 {
    0x0101_0101 * ((1 << BITS) - 1)
}

fn write_words<const BITS: usize>(codes: &[u8], shift: usize, row: usize, plane: &mut [u8]) {
    let words = plane.as_chunks_mut::<4>().0;
    for (i, columns) in codes.chunks_exact(32 / BITS).enumerate() {
        // Eight columns at a time, of which the last four go beside the first four.
        let eights = columns.as_chunks::<8>().0.iter().enumerate();
        words[i * TILE_ROWS + row] = if BITS == 8 {
            columns.first_chunk().copied().unwrap_or_default()
        } else {
            let word = eights.fold(0, |word, (i, eight)| {
                let bits = u64::from_le_bytes(*eight) >> shift & (u64::from(mask::<BITS>()) * (1 << 32 | 1));
                word | ((bits | bits >> (32 - BITS)) as u32) << (2 * BITS * i)
            });
            word.to_le_bytes()
        };
    }
}

/// A part of a tile into the `bits` of each code from bit `shift` on.
fn read_plane(bits: usize, plane: &[u8], shift: usize, row: usize, codes: &mut [u8]) {
    match bits {
        8 => read_words::<8>(plane, shift, row, codes),
        4 => read_words::<4>(plane, shift, row, codes),
        2 => read_words::<2>(plane, shift, row, codes),
        1 => read_words::<1>(plane, shift, row, codes),
        _ => {}
    }
}

fn read_words<const BITS: usize>(plane: &[u8], shift: usize, row: usize, codes: &mut [u8]) {
    let words = plane.as_chunks::<4>().0.iter().skip(row).step_by(TILE_ROWS);
    for (word, columns) in words.zip(codes.chunks_exact_mut(32 / BITS)) {
        for (i, four) in columns.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let bits = (u32::from_le_bytes(*word) >> (BITS * i) & mask::<BITS>()) << shift;
            *four = (u32::from_le_bytes(*four) | bits).to_le_bytes();
        }
    }
}
