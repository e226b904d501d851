//! Hugging Face folders into GGUF files and back: one matrix in memory at a time.

mod strangers;
mod to_folder;
mod to_gguf;

pub use to_folder::{folder_type, to_folder};
pub use to_gguf::{named, to_gguf};
