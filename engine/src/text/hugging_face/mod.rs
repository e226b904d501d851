//! Hugging Face's form of a tokenizer: `tokenizer.json`, `tokenizer_config.json` and what stands beside them.

mod check;
mod read;
mod tokens;
mod write;

pub use check::differs;
pub use read::{Found, Model, read};
pub use write::{files, tokenizer_json};
