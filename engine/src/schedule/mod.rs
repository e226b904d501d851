//! What runs next: plain data that never sees a tensor.

mod plan;

pub use plan::{Plan, Span};
