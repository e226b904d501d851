//! A whole forward pass by own kernels: weights repacked for products, pages of the cache, a workspace that is allocated once,
//! and a step as a list of phases between which all threads meet.

mod grouping;
mod load;
mod memory;
mod phases;
mod run;
mod sample;
mod weights;
mod workspace;

pub use memory::MemoryPlan;
pub use run::CpuModel;

pub use super::cache::Shape as CacheShape;
