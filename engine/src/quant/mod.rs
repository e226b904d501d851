//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod blocks;
mod coded;
pub mod file;
pub mod imatrix;
mod kind;
mod mapped;
pub mod quantize;
mod types;

pub use blocks::Blocks;
pub use coded::Coded;
pub use kind::GgmlType;
pub use mapped::Mapped;
pub use types::Types;
