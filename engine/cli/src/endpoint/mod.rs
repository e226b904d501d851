//! OpenAI-compatible endpoints, asked over HTTP. The engine's other folders know no HTTP.
//!
//! ```text
//! patience    tries again, and keeps to a budget
//! client      one request
//! fault       why it failed
//! ```

mod client;
mod fault;
mod patience;

pub use client::{Client, Prompt, Reply};
pub use fault::Fault;
pub use patience::{Budget, Patience};
