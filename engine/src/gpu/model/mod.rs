//! The whole forward pass on a GPU: weights, pages, and the launches of a step.

mod cache;
mod forward;
mod graphs;
mod indices;
mod layers;
mod load;
mod memory;
mod profile;
mod routing;
mod warm_up;
mod workspace;

pub use forward::GpuModel;
pub use memory::MemoryPlan;
pub use profile::Profile;
#[cfg(test)]
pub use routing::routed;

use crate::arch::Config;
use crate::model::Sizes;

/// How many bytes such a cache takes.
#[must_use]
pub fn cache_bytes(config: &Config, sizes: &Sizes) -> u64 {
    cache::Cache::bytes(config, sizes)
}
