//! The shape of a new model in a training's settings.

use mixtral_engine::arch::{Config, RopeScaling};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The shape of a new model, by the names of `MixtralConfig` (config.json). The vocabulary's size comes from the tokenizer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shape {
    /// Width of a token's vector.
    #[serde(alias = "hidden")]
    pub hidden_size: usize,
    /// Inner width of an expert.
    #[serde(alias = "ffn")]
    pub intermediate_size: usize,
    /// Number of layers.
    #[serde(alias = "layers")]
    pub num_hidden_layers: usize,
    /// Query heads.
    #[serde(alias = "heads")]
    pub num_attention_heads: usize,
    /// Key and value heads; divides the query heads.
    #[serde(alias = "kv_heads")]
    pub num_key_value_heads: usize,
    /// Experts of a layer.
    #[serde(alias = "experts")]
    pub num_local_experts: usize,
    /// Experts that work on each token.
    #[serde(alias = "top")]
    pub num_experts_per_tok: usize,
    /// Context length in tokens.
    #[serde(alias = "context")]
    pub max_position_embeddings: usize,
    /// Base of the rotary position embeddings.
    pub rope_theta: f32,
    /// Added to the mean square before its root is taken.
    pub rms_norm_eps: f32,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            hidden_size: 256,
            intermediate_size: 256,
            num_hidden_layers: 6,
            num_attention_heads: 8,
            num_key_value_heads: 2,
            num_local_experts: 8,
            num_experts_per_tok: 2,
            max_position_embeddings: 256,
            rope_theta: 10_000.0,
            rms_norm_eps: 1e-5,
        }
    }
}

impl Shape {
    /// The model's configuration with a vocabulary of this size.
    ///
    /// # Errors
    /// What does not divide, is 0, or is no positive number.
    pub fn config(&self, vocab_size: usize) -> Result<Config> {
        for (setting, size) in [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
            ("num_local_experts", self.num_local_experts),
            ("num_experts_per_tok", self.num_experts_per_tok),
            ("max_position_embeddings", self.max_position_embeddings),
            ("vocab_size", vocab_size),
        ] {
            if size == 0 {
                return Err(Error::TooSmall { setting, low: 1 });
            }
        }
        for (setting, value) in [("rope_theta", self.rope_theta), ("rms_norm_eps", self.rms_norm_eps)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::NotPositive { setting, value });
            }
        }
        let head_dim = self.hidden_size / self.num_attention_heads;
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) || !head_dim.is_multiple_of(2) {
            return Err(Error::Multiple { setting: "hidden_size", of: "2 × num_attention_heads" });
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            return Err(Error::Multiple { setting: "num_attention_heads", of: "num_key_value_heads" });
        }
        if self.num_experts_per_tok > self.num_local_experts {
            return Err(Error::TooFewExperts);
        }
        Ok(Config {
            hidden_size: self.hidden_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            kv_heads: self.num_key_value_heads,
            head_dim,
            intermediate_size: self.intermediate_size,
            num_experts: self.num_local_experts,
            experts_per_token: self.num_experts_per_tok,
            vocab_size,
            max_context: self.max_position_embeddings,
            norm_eps: self.rms_norm_eps,
            rope_theta: self.rope_theta,
            rope_scaling: RopeScaling::None,
        })
    }
}
