//! From logits to a token: penalties, temperature, top-k, top-p, min-p, and a seeded draw.

mod choose;
mod settings;

pub use choose::{Choice, Draw, NotFinite, Sampler, log_probability, top_logprobs};
pub use settings::{OutOfRange, Sampling};
