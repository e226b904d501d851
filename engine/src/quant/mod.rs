//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod codes;
mod finite;
mod kind;
mod raw_blocks;
mod round;

pub use blocks::Blocks;
pub use codes::Codes;
pub use finite::are_finite;
pub use kind::GgmlType;
pub use raw_blocks::{NON_LINEAR, RawBlocks};
pub use round::{check_range, largest, round_rows};
