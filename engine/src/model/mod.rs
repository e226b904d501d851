//! The Mixtral model: from a plan's tokens to logits. It is written once, over [`crate::ops`].

mod attention;
mod check;
mod forward;
mod kv_cache;
mod loader;
mod mixtral;
mod moe;
mod norm;

pub use check::check_tensors;
pub use forward::{Forward, Outcome, WithCache};
pub use kv_cache::KvCache;
pub use loader::weight_bytes;
pub use mixtral::Mixtral;
