//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod kind;
mod mapped;

pub use blocks::Blocks;
pub use kind::GgmlType;
pub use mapped::Mapped;
