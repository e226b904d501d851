//! Hugging Face's form of a tokenizer, written, and held against ours. It is read in
//! [`mixtral_engine::hugging_face::tokenizer`].

mod check;
mod write;

pub use check::differs;
pub use write::{files, tokenizer_json};
