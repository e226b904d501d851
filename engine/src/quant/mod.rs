//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod finite;
mod kind;
mod raw_blocks;
mod round;

pub use blocks::Blocks;
pub use finite::are_finite;
pub use kind::GgmlType;
pub use raw_blocks::RawBlocks;
pub use round::{check_range, largest, round_rows};
