//! Preferences in a training's settings.

use serde::{Deserialize, Serialize};

/// Direct preference optimisation (arXiv 2305.18290), by the names of TRL's `DPOConfig`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dpo {
    /// How strongly the model is held to its reference: rewards are `beta` times the difference of log probabilities.
    pub beta: f32,
    pub loss_type: LossType,
    /// The probability that a pair is the wrong way round (conservative DPO), from 0 to below 0.5.
    pub label_smoothing: f32,
}

/// The loss of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossType {
    /// `-log(sigmoid(margin))`: that of the paper.
    #[default]
    Sigmoid,
}

impl Default for Dpo {
    fn default() -> Self {
        Self { beta: 0.1, loss_type: LossType::Sigmoid, label_smoothing: 0.0 }
    }
}
