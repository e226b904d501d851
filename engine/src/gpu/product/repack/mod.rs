//! Weights out of GGML's blocks into tiles (`kernels/tile.cuh`), no larger than in their file but for Q3_K and IQ4_XS (4 and 1 %).
//!
//! Each row is multiplied by a power of two on the way, so that its scales use the range of halves well, and its sums are divided
//! by it at the end: what halves are too coarse for is far below the row's largest weights.

mod layout;
mod planes;
mod scales;
mod shape;
#[cfg(test)]
mod tests;

pub use layout::Layout;
pub use shape::{TILE_COLUMNS, TILE_ROWS};
