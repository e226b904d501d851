//! What executors and training share: plain loops that the compiler vectorises, matrix products of F32, the assignment of
//! tokens to experts, and the check of a plan.

mod assignments;
mod finite;
pub mod gemm;
mod plan;
mod rope;
mod simd;
mod transpose;

pub use assignments::ExpertAssignments;
pub use finite::{are_finite, can_normalise};
pub use plan::{check_plan, slot};
pub use rope::apply_rope;
pub(crate) use simd::leveled;
pub use simd::{Level, add_scaled, exp, level, rms_norm, swiglu};
