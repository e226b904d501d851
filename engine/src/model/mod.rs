//! The Mixtral model: what is asked of it ([`Forward`]), how much it must have room for, and whether a source has its tensors.
//! Executors compute it.

mod check;
mod forward;
mod sizes;
mod weight_bytes;

pub use check::{check_tensors, norm_weights};
pub use forward::{Forward, Outcome, Want};
pub use sizes::{CacheType, Sizes};
pub use weight_bytes::weight_bytes;
