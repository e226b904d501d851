//! Hugging Face's form of a tokenizer, read: `tokenizer.json` or `tokenizer.model`, `tokenizer_config.json` and what stands
//! beside them.

mod beside;
mod model;
mod read;
mod sentence_piece;
mod tokens;

pub use model::Model;
pub use read::{Found, read};
