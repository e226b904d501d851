//! What runs next: plain data that never sees a tensor.

mod blocks;
mod plan;
mod scheduler;
mod sequence;

pub use blocks::Blocks;
pub use plan::{Plan, Span};
pub use scheduler::{Limits, Refused, Scheduled, Scheduler};
pub use sequence::{Id, Sequence};
