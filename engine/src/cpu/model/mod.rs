//! A whole forward pass by own kernels: weights repacked for products, pages of the cache, a workspace that is allocated once,
//! and a step as a list of phases between which all threads meet.

mod grouping;
mod joined;
mod load;
mod memory;
mod pair;
mod phases;
mod run;
mod sample;
mod shelf;
mod step;
mod weights;
mod workspace;

pub use memory::MemoryPlan;
pub use run::{CpuModel, Family, Member, sample_together};
pub use shelf::Shelf;

pub use super::cache::Shape as CacheShape;
