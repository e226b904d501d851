//! The operations of the model in candle's own, and what they work on.

mod activation_stats;
mod batch;
mod host;
mod matrix;
mod operations;
mod weights;

pub use activation_stats::{ActivationRecorder, ActivationStats};
pub use batch::Batch;
pub use host::read;
pub use matrix::{Expert, Matrix};
pub use operations::{angles, attention, embed, experts, linear, rms_norm, rope, write_kv};
