//! Hugging Face's form of a tokenizer: `tokenizer.json`, `tokenizer_config.json` and what stands beside them.

mod write;

pub use write::{files, tokenizer_json};
