//! Weights out of GGML's blocks into tiles (`kernels/tile.cuh`), no larger than in their file but for Q3_K and IQ4_XS (4 and 1 %).
//!
//! A matrix is multiplied by a power of two on the way, so that its scales use the range of halves well, and its products are
//! divided by it: nothing is rounded but what is a trillionth of the matrix's largest weights.

mod layout;
mod planes;
mod scales;
mod shape;
#[cfg(test)]
mod tests;
mod unpack;

pub use layout::Layout;
pub use shape::{TILE_COLUMNS, TILE_ROWS};
