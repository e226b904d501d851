//! Which operations compute, and in which type they cache.

use candle_core::{DType, Device};

/// Which set of operations computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Candle's operations, on any device.
    Reference,
    /// Own kernels on the processor.
    Kernels,
}

impl Backend {
    /// The fastest set for a device.
    pub fn of(device: &Device) -> Self {
        if device.is_cpu() { Self::Kernels } else { Self::Reference }
    }
}

/// The type of cached keys and values: exact on the processor, half the memory on a GPU.
pub fn cache_type(device: &Device) -> DType {
    if device.is_cpu() { DType::F32 } else { DType::F16 }
}
