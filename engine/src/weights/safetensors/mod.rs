//! Hugging Face's folders: `config.json`, safetensors files with or without an index, and the tokenizer's files.
//!
//! Weights are handed out and taken in as GGUF has them: parts by [`crate::model::Part`], rows of queries and keys
//! interleaved.

pub(crate) mod file;
mod folder;
pub(crate) mod order;
pub(crate) mod read_config;
pub(crate) mod shard;
mod write_config;
mod writer;

pub use folder::{Folder, is_folder};
pub(crate) use order::{to_gguf, to_hugging_face};
pub(crate) use shard::{Planned, Stream};
pub use writer::{CONFIG, Form, INDEX, SHARD_BYTES, SINGLE, Writer, matrices, write};
