//! What runs next: plain data that never sees a tensor.

mod blocks;
mod scheduler;
mod sequence;
mod step_input;

pub use blocks::Blocks;
pub use scheduler::{AdmissionError, Admitted, Limits, Scheduled, Scheduler};
pub use sequence::{Id, Sequence};
pub use step_input::{SequenceSlice, StepInput};
