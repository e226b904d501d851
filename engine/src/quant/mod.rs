//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod coded;
pub mod file;
mod kind;
mod mapped;
pub mod quantize;

pub use blocks::Blocks;
pub use coded::Coded;
pub use kind::GgmlType;
pub use mapped::Mapped;
