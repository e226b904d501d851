//! Choosing tokens on the threads that computed the logits.

use crate::model::Outcome;
use crate::sample::Draw;

/// What follows from a row of logits: a token where it is said how to choose.
pub fn outcome(draw: Option<&Draw>, logits: &[f32]) -> Outcome {
    match draw.map(|draw| draw.choose(logits)) {
        Some(Ok(choice)) => Outcome::Token(choice.token),
        Some(Err(error)) => Outcome::NotFinite(error),
        None => Outcome::Logits(logits.to_vec()),
    }
}
