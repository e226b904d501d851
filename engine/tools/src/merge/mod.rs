//! Adapters put into their base for good, a folder onto a folder or a GGUF onto a GGUF; one tensor in memory at a time.

mod folder;
mod gguf;
mod tokenizer;

pub use folder::into_folder;
pub use gguf::into_gguf;
pub use mixtral_engine::weights::lora::open_all as open;
pub use tokenizer::{TokenizerFrom, tokenizer_of};
