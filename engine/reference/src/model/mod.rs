//! The model over the operations of [`crate::ops`].

mod attention;
mod kv_cache;
mod loader;
mod mixtral;
mod moe;
mod norm;
mod with_cache;

pub use kv_cache::KvCache;
pub use mixtral::Mixtral;
pub use with_cache::WithCache;
