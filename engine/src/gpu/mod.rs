//! NVIDIA GPUs: own kernels over the CUDA driver's API alone.
//!
//! [`Gpu`] is what a device can do. Behind it stand the driver (`--features cuda`) and, in tests, an emulator that runs the
//! same kernel sources on the processor: whatever is written here is tested without a GPU. Kernels lie in `kernels/`.

mod attention;
mod buffer;
mod device;
#[cfg(feature = "cuda")]
mod driver;
#[cfg(test)]
mod emulated;
pub mod model;
pub mod product;
mod sample;

pub use attention::{Attention, AttentionInputs, AttentionShape, AttentionWork};
pub use buffer::{Buffer, Event, Graph, Pod};
pub use device::{Address, Arg, Gpu, Launch, MemoryInfo, Properties};
#[cfg(test)]
pub use emulated::emulated;
pub use model::{GpuModel, MemoryPlan, Profile, cache_bytes};
pub use sample::{DeviceSampler, Sampled};

use std::sync::Arc;

use crate::error::{Error, Result};

/// Whether this build can use NVIDIA GPUs.
pub const AVAILABLE: bool = cfg!(feature = "cuda");

/// Opens the NVIDIA GPU of this number.
///
/// # Errors
/// This build has no CUDA, the machine has no driver, or there is no such GPU.
#[cfg(feature = "cuda")]
pub fn open(number: usize) -> Result<Arc<dyn Gpu>> {
    driver::open(number).map_err(|fault| Error::Device { device: format!("cuda:{number}"), message: fault.to_string() })
}

/// Opens the NVIDIA GPU of this number.
///
/// # Errors
/// Always: this build has no CUDA.
#[cfg(not(feature = "cuda"))]
pub fn open(number: usize) -> Result<Arc<dyn Gpu>> {
    let message = "this build has no CUDA; build it with --features cuda, or use cpu".into();
    Err(Error::Device { device: format!("cuda:{number}"), message })
}

#[cfg(test)]
mod tests;
