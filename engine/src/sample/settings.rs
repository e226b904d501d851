//! The sampling settings, their defaults and their ranges.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How tokens are chosen. The defaults are Chinese-Mixtral's own generation settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token always.
    pub temperature: f32,
    /// Only the k likeliest tokens; 0 means all.
    pub top_k: usize,
    /// Only the likeliest tokens that together reach this probability; 1 means all.
    pub top_p: f32,
    /// Only tokens at least this fraction as likely as the likeliest; 0 means all.
    pub min_p: f32,
    /// Weakens tokens that stand in the prompt or the answer; 1 means none.
    pub repetition_penalty: f32,
    /// Taken off a token's logit for each time it stands in the answer.
    pub frequency_penalty: f32,
    /// Taken off a token's logit once it stands in the answer.
    pub presence_penalty: f32,
    /// The same seed, prompt and settings give the same answer, whatever else is running.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.2,
            top_k: 40,
            top_p: 0.9,
            min_p: 0.0,
            repetition_penalty: 1.1,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            seed: None,
        }
    }
}

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {message}")]
pub struct OutOfRange {
    /// The setting's name.
    pub field: &'static str,
    /// The range.
    pub message: String,
}

impl Sampling {
    /// Always the likeliest token, with no penalty.
    #[must_use]
    pub fn greedy() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, repetition_penalty: 1.0, ..Self::default() }
    }

    /// Names the first setting that is out of range; a NaN is.
    ///
    /// # Errors
    /// The field and its range.
    pub fn check(&self) -> Result<(), OutOfRange> {
        let within = |field: &'static str, value: f32, low: f32, high: f32| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(OutOfRange { field, message: format!("must lie between {low} and {high}, and is {value}") })
            }
        };
        within("temperature", self.temperature, 0.0, 5.0)?;
        within("min_p", self.min_p, 0.0, 1.0)?;
        within("repetition_penalty", self.repetition_penalty, 0.1, 10.0)?;
        within("frequency_penalty", self.frequency_penalty, -2.0, 2.0)?;
        within("presence_penalty", self.presence_penalty, -2.0, 2.0)?;
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(OutOfRange {
                field: "top_p",
                message: format!("must be above 0 and at most 1, and is {}", self.top_p),
            });
        }
        Ok(())
    }
}
