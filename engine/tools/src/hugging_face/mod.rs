//! Hugging Face's folders: `config.json`, safetensors files with or without an index, and the tokenizer's files.
//!
//! Weights are handed out and taken in as GGUF has them: parts by [`mixtral_engine::arch::TensorSpec`], rows of queries and keys
//! interleaved.

mod folder;
mod names;
mod read_config;
mod write_config;
mod writer;

pub use folder::{Folder, is_folder};
pub use names::{CONFIG, INDEX, SHARD_BYTES, SINGLE, matrices};
pub use writer::{Form, Writer, write};
