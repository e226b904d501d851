//! The operations of the model.
//!
//! [`mod@reference`] has each of them in candle's own, readable and slow: importance matrices watch it, and tests hold the
//! executors against it. Beside it stand what executors and training share: plain loops that the compiler vectorises, matrix
//! products of F32, the assignment of tokens to experts, and the check of a plan.

mod activation_stats;
mod assignments;
mod batch;
mod finite;
pub mod gemm;
mod host;
mod matrix;
pub mod reference;
mod rope;
mod simd;
mod transpose;
mod weights;

pub use activation_stats::{ActivationRecorder, ActivationStats};
pub use assignments::ExpertAssignments;
pub use batch::Batch;
pub use finite::{are_finite, can_normalise};
pub use host::read;
pub use matrix::{Expert, Matrix};
pub use rope::apply_rope;
pub(crate) use simd::leveled;
pub use simd::{Level, add_scaled, exp, level, rms_norm, swiglu};
