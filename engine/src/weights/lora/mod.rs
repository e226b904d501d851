//! Low-rank adapters (LoRA, arXiv 2106.09685) in the files that PEFT reads and writes: a folder with
//! `adapter_config.json` and `adapter_model.safetensors`.
//!
//! Names in the files are Hugging Face's; everything handed out or taken in here is in GGUF's order,
//! in which the rows of query and key matrices are interleaved.

mod adapter;
mod config;
mod merge;
mod merge_at_load;
pub mod names;
mod pair;

pub use adapter::{Adapter, WEIGHTS_FILE};
pub use config::{AdapterConfig, CONFIG_FILE, Pattern};
pub use merge::{apply, open_all, touched};
pub(crate) use merge_at_load::MergeAtLoad;
pub use pair::{Pair, fold, transposed};
