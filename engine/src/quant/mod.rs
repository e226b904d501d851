//! The numeric types of GGML files: their names and block layouts, and blocks in memory.

mod kind;
mod mapped;

pub use kind::GgmlType;
pub use mapped::Mapped;
