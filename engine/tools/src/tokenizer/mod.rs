//! Hugging Face's form of a tokenizer: `tokenizer.json` or `tokenizer.model`, `tokenizer_config.json` and what stands beside them.

mod beside;
mod check;
mod model;
mod read;
mod sentence_piece;
mod tokens;
mod write;

pub use check::differs;
pub use model::Model;
pub use read::{Found, read};
pub use write::{files, tokenizer_json};
