//! The operations of the model, one signature each.
//!
//! Two sets stand behind them: [`Backend::Reference`], in candle's operations, for every
//! device, and [`Backend::Kernels`] for the processor. A model uses one set throughout.

mod activation_stats;
mod assignments;
mod backend;
mod batch;
mod cpu;
pub mod gemm;
mod host;
mod matrix;
mod operations;
mod reference;
mod transpose;
mod weights;

pub use activation_stats::{ActivationRecorder, ActivationStats};
pub use assignments::ExpertAssignments;
pub use backend::{Backend, cache_type};
pub use batch::Batch;
pub use cpu::rope as apply_rope;
pub use cpu::simd::{Level, exp, level};
pub use host::read;
pub use matrix::{Expert, Matrix};
