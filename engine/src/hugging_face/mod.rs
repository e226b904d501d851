//! Hugging Face's folders, read: `config.json`, safetensors files with or without an index, and the tokenizer's files.
//!
//! Weights are handed out as GGUF has them: parts by [`crate::arch::TensorSpec`], rows of queries and keys interleaved. A folder
//! is a model as it is ([`FolderSource`]): its matrices in their own types, or quantised as they are read.

mod folder;
mod generation;
mod metadata;
mod names;
mod read_config;
mod source;
pub mod tokenizer;

pub use folder::{Folder, Shard, Spot, is_folder};
pub use metadata::{Named, named, values};
pub use names::{CONFIG, INDEX, SHARD_BYTES, SINGLE, matrices};
pub use source::{FolderSource, planned};
