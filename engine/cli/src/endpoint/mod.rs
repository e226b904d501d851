//! OpenAI-compatible endpoints, asked over HTTP. The engine's other folders know no HTTP.
//!
//! ```text
//! remote      the options of commands that can ask an endpoint
//! patience    tries again, and keeps to a budget
//! client      one request
//! fault       why it failed
//! ```

mod client;
mod fault;
mod patience;
mod remote;

pub use client::{Client, Input, Prompt, Reply};
pub use fault::Fault;
pub use patience::{Budget, Patience};
pub use remote::Remote;
