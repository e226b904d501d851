//! GGUF files: own reader (versions 2 and 3, little-endian, sharded or not) and a small writer.

mod file;
mod header;
mod metadata;
mod reader;
mod shards;
mod value;
mod writer;

pub use file::{Gguf, TensorInfo};
pub use metadata::Metadata;
pub use shards::shard_files;
pub use value::{Array, Value};
pub use writer::{Stream, Writer};
