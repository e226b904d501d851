//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod coded;
mod kind;
mod round;

pub use blocks::Blocks;
pub use coded::Coded;
pub use kind::GgmlType;
pub use round::{check_range, largest, round_rows};
