//! The containers that weights come in: GGUF, safetensors, and the JSON beside them. They know tensors by name, type and
//! shape, and nothing of models.

pub mod gguf;
pub mod json;
mod mmap;
mod reader;
pub mod safetensors;
mod source;

pub use mmap::{Mapped, Stamp};
pub use reader::TensorReader;
pub use source::{Info, Source, View};
