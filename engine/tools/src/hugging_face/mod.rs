//! Hugging Face's folders, written: `config.json`, safetensors files with or without an index, and the tokenizer's files. They are
//! read in [`mixtral_engine::hugging_face`].
//!
//! Weights are taken in as GGUF has them: parts by [`mixtral_engine::arch::TensorSpec`], rows of queries and keys interleaved.

mod write_config;
mod writer;

pub use writer::{Form, Writer, write};
