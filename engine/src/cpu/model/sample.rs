//! Choosing tokens on the threads that computed the logits.

use crate::model::{Outcome, Want};

/// What follows from a row of logits, or from a hidden state where that is wanted.
pub fn outcome(want: &Want, numbers: &[f32]) -> Outcome {
    match want {
        Want::Logits => Outcome::Logits(numbers.to_vec()),
        Want::Hidden => Outcome::Hidden(numbers.to_vec()),
        Want::Token(draw) => match draw.choose(numbers) {
            Ok(choice) => Outcome::Token(choice.token),
            Err(error) => Outcome::NotFinite(error),
        },
    }
}
