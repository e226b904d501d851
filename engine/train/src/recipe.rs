//! A training's settings: a JSON file that stands beside what it made.

use serde::{Deserialize, Serialize};

use mixtral_engine::arch::{Config, RopeScaling};
use mixtral_engine::error::{Error, Result};

/// The shape of a new model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shape {
    /// Width of a token's vector.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads.
    pub kv_heads: usize,
    /// Inner width of an expert.
    pub ffn: usize,
    /// Experts of a layer.
    pub experts: usize,
    /// Experts that work on each token.
    pub top: usize,
    /// Longest document.
    pub context: usize,
    /// Base of the rotary angles.
    pub rope_theta: f32,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            hidden: 256,
            layers: 6,
            heads: 8,
            kv_heads: 2,
            ffn: 256,
            experts: 8,
            top: 2,
            context: 256,
            rope_theta: 10_000.0,
        }
    }
}

impl Shape {
    /// The model's shape with a vocabulary of this size.
    ///
    /// # Errors
    /// What does not divide, or is 0.
    pub fn config(&self, vocabulary: usize) -> Result<Config> {
        let Self { hidden, layers, heads, kv_heads, ffn, experts, top, context, rope_theta } = *self;
        let sizes = [hidden, layers, heads, kv_heads, ffn, experts, top, context, vocabulary];
        let fault = |message: &str| Err(Error::Training(format!("shape: {message}")));
        if sizes.contains(&0) || !(rope_theta.is_finite() && rope_theta > 0.0) {
            return fault("every size must be at least 1");
        }
        if hidden % heads != 0 || (hidden / heads) % 2 != 0 {
            return fault("hidden must divide into heads of even width");
        }
        if heads % kv_heads != 0 {
            return fault("key heads must divide the query heads");
        }
        if top > experts {
            return fault("more experts are to work than there are");
        }
        Ok(Config {
            hidden,
            layers,
            heads,
            kv_heads,
            head_dim: hidden / heads,
            ffn,
            experts,
            top,
            vocabulary,
            context,
            norm_eps: 1e-5,
            rope_theta,
            rope_scaling: RopeScaling::None,
        })
    }
}

/// Low-rank adapters instead of full training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lora {
    /// The adapters' inner width.
    pub rank: usize,
    /// Their weight is `alpha / rank`.
    pub alpha: f32,
    /// The share of their inputs that are dropped.
    pub dropout: f32,
    /// Which matrices get one: of `q,k,v,o,gate,w1,w2,w3`.
    pub targets: Vec<String>,
    /// Which modules are trained whole beside them: of `embed_tokens`, `lm_head`.
    pub whole: Vec<String>,
    /// Whether the base stays quantised as its file has it (QLoRA), or is held in F32.
    pub quantised: bool,
}

impl Default for Lora {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        Self {
            rank: 64,
            alpha: 128.0,
            dropout: 0.05,
            targets: words(&["q", "k", "v", "o", "gate", "w1", "w2", "w3"]),
            whole: Vec::new(),
            quantised: false,
        }
    }
}

/// All settings of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The shape of a new model; unused where `base` is given.
    pub shape: Shape,
    /// Adapters, if any.
    pub lora: Option<Lora>,
    /// Steps of the optimiser in all: the length of the schedule.
    pub steps: u64,
    /// Longest document, in tokens; without it the model's context.
    pub longest: Option<usize>,
    /// Whether texts for pre-training are joined, end to end, and cut into blocks of `longest` tokens, as Chinese-Mixtral
    /// does. Otherwise each text is a document that sees itself alone; a batch is packed from whole ones either way.
    pub join_texts: bool,
    /// Input tokens of one pass.
    pub batch_tokens: usize,
    /// Passes of one step.
    pub accumulate: usize,
    /// The highest learning rate.
    pub rate: f32,
    /// The share of the highest rate that the cosine ends at.
    pub final_rate: f32,
    /// The share of the steps in which the rate rises.
    pub warmup: f32,
    /// Weight decay of matrices.
    pub weight_decay: f32,
    /// Largest norm of the gradients; 0 for none.
    pub clip: f32,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Coefficient of the load-balancing loss (`router_aux_loss_coef`).
    pub balance: f32,
    /// Whether each layer's load is balanced. `MixtralForCausalLM` (false) balances the sum over all layers, in which the
    /// uneven load of one layer can hide behind another's.
    pub balance_each_layer: bool,
    /// Steps between validations.
    pub validate_every: u64,
    /// Input tokens of a validation.
    pub validation_tokens: usize,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            shape: Shape::default(),
            lora: None,
            steps: 1000,
            longest: None,
            join_texts: false,
            batch_tokens: 2048,
            accumulate: 2,
            rate: 2e-3,
            final_rate: 0.05,
            warmup: 0.05,
            weight_decay: 0.1,
            clip: 1.0,
            beta1: 0.9,
            beta2: 0.95,
            balance: 0.02,
            balance_each_layer: false,
            validate_every: 200,
            validation_tokens: 16_384,
            checkpoint_every: 200,
            seed: 1,
        }
    }
}

impl Recipe {
    /// The published recipe of Chinese-Mixtral's adapters (its `run_pt.sh`, and the load-balancing coefficient of
    /// Mixtral's own configuration); `quantised` leaves the base in its blocks.
    pub fn lora(quantised: bool) -> Self {
        let whole = super::choice::WHOLE.iter().map(|w| w.0.to_owned()).collect();
        Self {
            lora: Some(Lora { whole, quantised, ..Lora::default() }),
            rate: 1e-4,
            final_rate: 0.0,
            warmup: 0.05,
            weight_decay: 0.1,
            beta2: 0.999,
            ..Self::default()
        }
    }

    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// The setting that makes no sense.
    pub fn check(&self) -> Result<()> {
        let fault = |message: String| Err(Error::Training(message));
        if self.steps == 0 || self.batch_tokens == 0 || self.accumulate == 0 {
            return fault("steps, batch_tokens and accumulate must be at least 1".into());
        }
        if self.longest.is_some_and(|n| n < 2) {
            return fault("longest must be at least 2".into());
        }
        for (name, value, top) in [
            ("rate", self.rate, 10.0),
            ("final_rate", self.final_rate, 1.0),
            ("warmup", self.warmup, 1.0),
            ("weight_decay", self.weight_decay, 10.0),
            ("clip", self.clip, 1e6),
            ("beta1", self.beta1, 0.999_999),
            ("beta2", self.beta2, 0.999_999),
            ("balance", self.balance, 10.0),
        ] {
            if !(0.0..=top).contains(&value) {
                return fault(format!("{name} is {value}, should be from 0 to {top}"));
            }
        }
        if let Some(lora) = &self.lora
            && (lora.rank == 0 || !(0.0..1.0).contains(&lora.dropout) || !lora.alpha.is_finite())
        {
            return fault("lora: rank must be at least 1, dropout from 0 to below 1".into());
        }
        if let Some(lora) = &self.lora {
            super::choice::Choice::new(&lora.targets, &lora.whole)?;
        }
        Ok(())
    }

    /// The learning rate of a step (from 0): a rise, then half a cosine.
    pub fn rate_at(&self, step: u64) -> f32 {
        let rise = (self.warmup * self.steps as f32).ceil().max(1.0);
        let at = step as f32;
        if at < rise {
            return self.rate * (at + 1.0) / rise;
        }
        let way = ((at - rise) / (self.steps as f32 - rise).max(1.0)).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f32::consts::PI * way).cos());
        self.rate * (self.final_rate + (1.0 - self.final_rate) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_along_a_cosine() {
        let recipe = Recipe { steps: 100, warmup: 0.1, rate: 1.0, final_rate: 0.1, ..Recipe::default() };
        assert!((recipe.rate_at(0) - 0.1).abs() < 1e-6);
        assert!((recipe.rate_at(9) - 1.0).abs() < 1e-6);
        assert!((recipe.rate_at(55) - 0.55).abs() < 1e-6);
        assert!((recipe.rate_at(100) - 0.1).abs() < 1e-6);
        assert!((1..100).all(|s| s < 10 || recipe.rate_at(s) <= recipe.rate_at(s - 1)));
    }

    #[test]
    fn a_senseless_recipe_is_refused_by_name() {
        let error = Recipe { warmup: f32::NAN, ..Recipe::default() }.check().expect_err("NaN").to_string();
        assert!(error.contains("warmup"), "{error}");
        let shape = Shape { heads: 7, ..Shape::default() };
        assert!(shape.config(10).expect_err("7 heads").to_string().contains("heads"));
        assert!(serde_json::from_str::<Recipe>(r#"{"stepz": 3}"#).is_err());
    }
}
