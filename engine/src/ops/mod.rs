//! The operations of the model, one signature each.
//!
//! Two sets stand behind them: [`Backend::Reference`], in candle's operations, for every
//! device, and [`Backend::Kernels`] for the processor. A model uses one set throughout.

mod backend;
mod batch;
mod cpu;
mod flip;
pub mod gemm;
mod host;
mod matrix;
mod operations;
mod reference;
mod routes;
mod watch;
mod weights;

pub use backend::{Backend, cache_type};
pub use batch::Batch;
pub use cpu::rope as rotate;
pub use cpu::simd::{Level, exp, level};
pub use host::read;
pub use matrix::{Expert, Matrix};
pub use routes::Routes;
pub use watch::{Moments, Watch};
