//! Hugging Face's folders: `config.json`, safetensors files with or without an index, and the tokenizer's files.
//!
//! Weights are handed out and taken in as GGUF has them: parts by [`crate::model::Part`], rows of queries and keys
//! interleaved.

mod order;
mod shard;
mod write_config;
mod writer;

pub(crate) use order::{to_gguf, to_hugging_face};
pub use writer::{CONFIG, Form, INDEX, SHARD_BYTES, SINGLE, Writer, matrices, write};
