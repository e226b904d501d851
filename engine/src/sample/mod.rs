//! From logits to a token: penalties, temperature, top-k, top-p, min-p, and a seeded draw.

/// The logit of a token that must not come: far below any other, and finite, as the sampler demands.
pub const BANNED: f32 = -1e30;

mod choose;
mod settings;

pub use choose::{Choice, Draw, NotFinite, Sampler, log_probability, top_logprobs};
pub use settings::{OutOfRange, Sampling};
