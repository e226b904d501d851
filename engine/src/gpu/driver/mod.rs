//! The CUDA driver as a [`Gpu`]: contexts, modules and streams, through cudarc's bindings.
#![expect(unsafe_code, reason = "calls into the CUDA driver")]

mod call;
mod card;
mod queue;

use std::sync::Arc;

use super::device::Gpu;
use crate::error::Result;

/// Opens the GPU of this number, with the kernels.
pub fn open(number: usize) -> Result<Arc<dyn Gpu>> {
    Ok(Arc::new(queue::Queue::new(Arc::new(card::Card::open(number)?))?))
}
