//! Hugging Face's form of a tokenizer: `tokenizer.json` or `tokenizer.model`, `tokenizer_config.json` and what stands beside them.

mod beside;
mod check;
mod read;
mod sentence_piece;
mod tokens;
mod write;

pub use check::differs;
pub use read::{Found, Model, read};
pub use write::{files, tokenizer_json};
