//! The Mixtral model: from a plan's tokens to logits. It is written once, over [`crate::ops`].

mod attention;
mod config;
mod kv_cache;
mod loader;
mod mixtral;
mod moe;
mod norm;
mod parts;
mod rope;
mod shape;

pub use config::{Config, RopeScaling};
pub use kv_cache::KvCache;
pub use loader::weight_bytes;
pub use mixtral::Mixtral;
pub use parts::{Part, Role, interleaved_row, parts};
pub(crate) use rope::Rope;
pub use shape::shape_values;
