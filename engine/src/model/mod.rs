//! The Mixtral model: what is asked of it ([`Forward`]), and a readable one over the reference operations of [`crate::ops`].
//! Executors compute the same for serving.

mod attention;
mod check;
mod forward;
mod kv_cache;
mod loader;
mod mixtral;
mod moe;
mod norm;
mod sizes;

pub use check::check_tensors;
pub(crate) use check::norm_weights;
pub use forward::{Forward, Outcome, WithCache};
pub use kv_cache::KvCache;
pub use loader::weight_bytes;
pub use mixtral::Mixtral;
pub use sizes::{CacheType, Sizes};
