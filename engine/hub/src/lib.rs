//! Models of the Hugging Face hub by name: a repository's files are listed, those that are meant are chosen, downloaded with
//! resume and checksum, and kept in the cache that `huggingface_hub` and other tools share.
//!
//! The cache's layout is the crate `hf-hub`'s. Transfer is our own: that crate's releases with few dependencies neither check
//! what they receive nor know `HF_HUB_OFFLINE`, and its newest brings 88 crates, a C library among them.

mod cache;
mod client;
mod download;
mod error;
mod label;
mod listing;
mod part;
mod select;
mod settings;

pub use download::{Event, Wanted, fetch};
pub use error::{Error, Result};
pub use settings::Settings;
