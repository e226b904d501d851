//! An OpenAI-compatible endpoint that does what a test tells it: answer, dawdle, hang, fail, lie, or hang up.
//!
//! It speaks HTTP by hand, because a proper server library would keep it from cutting characters, lines and connections in
//! two: see [`Step`]. A well-formed answer is told by its pieces and its end: see [`Behaviour`].
//!
//! ```text
//! endpoint      models and what they have been asked, in a thread of its own
//! behaviour     what a model does
//! wire          HTTP, step by step
//! ```

mod behaviour;
mod endpoint;
mod wire;

pub use behaviour::{Behaviour, Ending, chunk};
pub use endpoint::Endpoint;
pub use wire::Step;
