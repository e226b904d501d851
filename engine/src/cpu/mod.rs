//! The processor: own kernels over weights that are repacked when a model is loaded.
//!
//! [`product`] multiplies activations with weights of any type; `attention` reads the pages of the `cache`; `model` runs a
//! step's phases on the threads of the [`Pool`].

mod attention;
mod cache;
mod memory;
mod model;
mod pool;
pub mod product;

pub use model::{CacheShape, CpuModel, Family, Member, MemoryPlan, Shelf, sample_together};
pub use pool::{Pool, allowed_cores, panic_text};
