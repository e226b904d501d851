//! One row's codes into the planes of its tile; the order is told in `kernels/tile.cuh`.

use super::shape::{TILE_COLUMNS, TILE_ROWS};

/// Bits of a pair in the plane of two bits and in that of one.
const TWO: [u32; 8] = [0, 4, 2, 6, 8, 12, 10, 14];
const ONE: [u32; 8] = [0, 4, 1, 5, 2, 6, 3, 7];

/// Where a row stands in its tile: its group of lanes, and whether it is the group's first or second row.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub group: usize,
    pub second: usize,
}

impl Place {
    pub(super) fn of(row: usize) -> Self {
        Self { group: row % (TILE_ROWS / 2), second: row / (TILE_ROWS / 2) }
    }
}

/// Each unit of a row: its lane, its number, its 16 columns.
fn units<T>(row: &[T; TILE_COLUMNS], place: Place) -> impl Iterator<Item = (usize, usize, &[T])> {
    row.chunks_exact(16).enumerate().map(move |(i, columns)| (4 * place.group + i / 4, i % 4, columns))
}

fn or(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].iter_mut().zip(word.to_le_bytes()).for_each(|(byte, new)| *byte |= new);
}

/// Both columns of each pair, `bits` wide, at the pair's place.
fn word(columns: &[u8], shift: u32, bits: u8, at: impl Fn(usize) -> u32) -> u32 {
    let pairs = columns.chunks_exact(2).enumerate();
    pairs.fold(0, |word, (p, pair)| {
        let [first, second] = [pair[0], pair[1]].map(|code| u32::from(code >> shift & bits));
        word | (first | second << 16) << at(p)
    })
}

/// The low 4 bits of each code.
pub(super) fn low_four(codes: &[u8; TILE_COLUMNS], place: Place, plane: &mut [u8]) {
    for (lane, unit, columns) in units(codes, place) {
        for (i, columns) in columns.chunks_exact(8).enumerate() {
            let at = unit * 512 + lane * 16 + (2 * place.second + i) * 4;
            or(plane, at, word(columns, 0, 15, |p| 4 * p as u32));
        }
    }
}

/// Two bits of each code, from bit `shift` on.
pub(super) fn two(codes: &[u8; TILE_COLUMNS], shift: u32, place: Place, plane: &mut [u8]) {
    for (lane, unit, columns) in units(codes, place) {
        or(plane, unit * 256 + lane * 8 + place.second * 4, word(columns, shift, 3, |p| TWO[p]));
    }
}

/// One bit of each code.
pub(super) fn one(codes: &[u8; TILE_COLUMNS], shift: u32, place: Place, plane: &mut [u8]) {
    for (lane, unit, columns) in units(codes, place) {
        or(plane, unit * 128 + lane * 4, word(columns, shift, 1, |p| ONE[p] + 8 * place.second as u32));
    }
}

/// Whole bytes.
pub(super) fn eight(codes: &[u8; TILE_COLUMNS], place: Place, plane: &mut [u8]) {
    for (lane, unit, columns) in units(codes, place) {
        for (i, c) in columns.chunks_exact(4).enumerate() {
            let at = (2 * unit + place.second) * 512 + lane * 16 + i * 4;
            plane[at..at + 4].copy_from_slice(&[c[0], c[2], c[1], c[3]]);
        }
    }
}

/// Halves, as operands.
pub(super) fn halves(weights: &[u16; TILE_COLUMNS], place: Place, plane: &mut [u8]) {
    for (lane, unit, columns) in units(weights, place) {
        for (p, pair) in columns.chunks_exact(2).enumerate() {
            let at = (4 * unit + p / 2) * 512 + lane * 16 + (p % 2 * 2 + place.second) * 4;
            or(plane, at, u32::from(pair[0]) | u32::from(pair[1]) << 16);
        }
    }
}
