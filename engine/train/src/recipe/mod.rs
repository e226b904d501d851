//! A training's settings: a JSON file that stands beside what it made.

mod dpo;
mod lora;
mod shape;

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};

pub use dpo::{Dpo, LossType};
pub use lora::Lora;
pub use shape::Shape;

/// All settings of a training. Keys are those of Hugging Face's `TrainingArguments` where it has the setting; the names that
/// earlier versions used are still read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The shape of a new model; unused where a base model is given.
    #[serde(alias = "shape")]
    pub model_config: Shape,
    /// Adapters, if any.
    pub lora: Option<Lora>,
    /// Preferences instead of texts and conversations, if any.
    pub dpo: Option<Dpo>,
    /// Optimiser steps in all: the length of the learning rate's schedule.
    #[serde(alias = "steps")]
    pub max_steps: u64,
    /// Passes through the data, from which `max_steps` is computed if it is given.
    pub num_train_epochs: Option<f32>,
    /// Longest document, in tokens; without it the model's context.
    #[serde(alias = "longest")]
    pub max_seq_length: Option<usize>,
    /// Whether texts for pre-training are joined, end to end, and cut into blocks of `max_seq_length` tokens, as
    /// Chinese-Mixtral does. Otherwise each text is a document that sees itself alone; a batch is filled with whole ones
    /// either way.
    #[serde(alias = "join_texts")]
    pub packing: bool,
    /// Input tokens of one forward and backward pass. (Batches are counted in tokens, not in sequences.)
    pub batch_tokens: usize,
    /// Passes of one step.
    #[serde(alias = "accumulate")]
    pub gradient_accumulation_steps: usize,
    /// Whether what the layers compute is computed once more on the way back instead of being kept: the same numbers in less
    /// memory and about a third more time.
    pub gradient_checkpointing: bool,
    /// The highest learning rate.
    #[serde(alias = "rate")]
    pub learning_rate: f32,
    /// The share of the highest rate that the cosine ends at.
    #[serde(alias = "final_rate", alias = "min_lr_rate")]
    pub min_lr_ratio: f32,
    /// The share of the steps in which the rate rises.
    #[serde(alias = "warmup")]
    pub warmup_ratio: f32,
    /// Weight decay of matrices; norms have none.
    pub weight_decay: f32,
    /// Largest norm of the gradients; 0 for none.
    #[serde(alias = "clip")]
    pub max_grad_norm: f32,
    /// Decay of AdamW's first moment.
    #[serde(alias = "beta1")]
    pub adam_beta1: f32,
    /// Decay of AdamW's second moment.
    #[serde(alias = "beta2")]
    pub adam_beta2: f32,
    /// Coefficient of the load-balancing loss.
    #[serde(alias = "balance")]
    pub router_aux_loss_coef: f32,
    /// Whether each layer's load is balanced. `MixtralForCausalLM` (false) balances the sum over all layers, in which the
    /// uneven load of one layer can hide behind another's.
    #[serde(alias = "balance_each_layer")]
    pub router_aux_loss_per_layer: bool,
    /// Steps between evaluations on the validation data.
    #[serde(alias = "validate_every")]
    pub eval_steps: u64,
    /// Input tokens of an evaluation.
    #[serde(alias = "validation_tokens")]
    pub eval_tokens: usize,
    /// Steps between checkpoints.
    #[serde(alias = "checkpoint_every")]
    pub save_steps: u64,
    /// The seed of everything random.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            model_config: Shape::default(),
            lora: None,
            dpo: None,
            max_steps: 1000,
            num_train_epochs: None,
            max_seq_length: None,
            packing: false,
            batch_tokens: 2048,
            gradient_accumulation_steps: 2,
            gradient_checkpointing: false,
            learning_rate: 2e-3,
            min_lr_ratio: 0.05,
            warmup_ratio: 0.05,
            weight_decay: 0.1,
            max_grad_norm: 1.0,
            adam_beta1: 0.9,
            adam_beta2: 0.95,
            router_aux_loss_coef: 0.02,
            router_aux_loss_per_layer: false,
            eval_steps: 200,
            eval_tokens: 16_384,
            save_steps: 200,
            seed: 1,
        }
    }
}

impl Recipe {
    /// The published recipe of Chinese-Mixtral's adapters (its `run_pt.sh`, and the load-balancing coefficient of
    /// Mixtral's own configuration); `quantized_base` leaves the base in its blocks.
    pub fn lora(quantized_base: bool) -> Self {
        let modules_to_save = super::choice::WHOLE.iter().map(|w| w.0.to_owned()).collect();
        Self {
            lora: Some(Lora { modules_to_save, quantized_base, ..Lora::default() }),
            learning_rate: 1e-4,
            min_lr_ratio: 0.0,
            warmup_ratio: 0.05,
            weight_decay: 0.1,
            adam_beta2: 0.999,
            ..Self::default()
        }
    }

    /// The settings of Chinese-Mixtral's `run_pt.sh` (pre-training on texts), or of its `run_sft.sh` (instruction tuning):
    /// QLoRA on sequences of 1,024 tokens, eight to a step. Adam's constants and the clipping are the defaults of
    /// `TrainingArguments`; a batch is one full sequence in tokens.
    pub fn chinese_mixtral(pretraining: bool) -> Self {
        Self {
            num_train_epochs: Some(if pretraining { 1.0 } else { 3.0 }),
            max_seq_length: Some(1024),
            packing: pretraining,
            batch_tokens: 1024,
            gradient_accumulation_steps: 8,
            gradient_checkpointing: true,
            eval_steps: if pretraining { 200 } else { 100 },
            ..Self::lora(true)
        }
    }

    /// Preferences by adapters alone on a frozen base, which is the reference too. A smaller rate than imitation's, as is
    /// usual: the loss only has to set two answers apart.
    pub fn preferences() -> Self {
        Self {
            lora: Some(Lora { quantized_base: true, ..Lora::default() }),
            dpo: Some(Dpo::default()),
            num_train_epochs: Some(1.0),
            gradient_accumulation_steps: 4,
            learning_rate: 5e-6,
            warmup_ratio: 0.1,
            weight_decay: 0.0,
            ..Self::lora(true)
        }
    }

    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// The setting that makes no sense.
    pub fn check(&self) -> Result<()> {
        for (setting, none) in [
            ("max_steps", self.max_steps == 0),
            ("batch_tokens", self.batch_tokens == 0),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps == 0),
            ("lora.r", self.lora.as_ref().is_some_and(|lora| lora.r == 0)),
        ] {
            if none {
                return Err(Error::TooSmall { setting, low: 1 });
            }
        }
        if let Some(epochs) = self.num_train_epochs
            && !(epochs.is_finite() && epochs > 0.0)
        {
            return Err(Error::NotPositive { setting: "num_train_epochs", value: epochs });
        }
        if self.max_seq_length.is_some_and(|n| n < 2) {
            return Err(Error::TooSmall { setting: "max_seq_length", low: 2 });
        }
        let (dropout, alpha) = self.lora.as_ref().map_or((0.0, 0.0), |lora| (lora.lora_dropout, lora.lora_alpha));
        let (beta, smoothing) = self.dpo.as_ref().map_or((1.0, 0.0), |dpo| (dpo.beta, dpo.label_smoothing));
        if !(beta.is_finite() && beta > 0.0) {
            return Err(Error::NotPositive { setting: "dpo.beta", value: beta });
        }
        for (setting, value, high) in [
            ("learning_rate", self.learning_rate, 10.0),
            ("min_lr_ratio", self.min_lr_ratio, 1.0),
            ("warmup_ratio", self.warmup_ratio, 1.0),
            ("weight_decay", self.weight_decay, 10.0),
            ("max_grad_norm", self.max_grad_norm, 1e6),
            ("adam_beta1", self.adam_beta1, 0.999_999),
            ("adam_beta2", self.adam_beta2, 0.999_999),
            ("router_aux_loss_coef", self.router_aux_loss_coef, 10.0),
            ("lora.lora_dropout", dropout, 0.999_999),
            ("dpo.label_smoothing", smoothing, 0.499_999),
        ] {
            if !(0.0..=high).contains(&value) {
                return Err(Error::Range { setting, value, low: 0.0, high });
            }
        }
        if !alpha.is_finite() {
            return Err(Error::NotPositive { setting: "lora.lora_alpha", value: alpha });
        }
        if let Some(lora) = &self.lora {
            super::choice::Choice::new(&lora.target_modules, &lora.modules_to_save)?;
        }
        Ok(())
    }

    /// The learning rate of a step (from 0): a rise, then half a cosine.
    pub fn rate_at(&self, step: u64) -> f32 {
        let rise = (self.warmup_ratio * self.max_steps as f32).ceil().max(1.0);
        let at = step as f32;
        if at < rise {
            return self.learning_rate * (at + 1.0) / rise;
        }
        let way = ((at - rise) / (self.max_steps as f32 - rise).max(1.0)).min(1.0);
        let cosine = 0.5 * (1.0 + (std::f32::consts::PI * way).cos());
        self.learning_rate * (self.min_lr_ratio + (1.0 - self.min_lr_ratio) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_along_a_cosine() {
        let recipe =
            Recipe { max_steps: 100, warmup_ratio: 0.1, learning_rate: 1.0, min_lr_ratio: 0.1, ..Recipe::default() };
        assert!((recipe.rate_at(0) - 0.1).abs() < 1e-6);
        assert!((recipe.rate_at(9) - 1.0).abs() < 1e-6);
        assert!((recipe.rate_at(55) - 0.55).abs() < 1e-6);
        assert!((recipe.rate_at(100) - 0.1).abs() < 1e-6);
        assert!((1..100).all(|s| s < 10 || recipe.rate_at(s) <= recipe.rate_at(s - 1)));
    }

    #[test]
    fn a_senseless_recipe_is_refused_by_name() {
        let error = Recipe { warmup_ratio: f32::NAN, ..Recipe::default() }.check().expect_err("NaN").to_string();
        assert!(error.contains("warmup_ratio"), "{error}");
        let shape = Shape { num_attention_heads: 7, ..Shape::default() };
        assert!(shape.config(10).expect_err("7 heads").to_string().contains("num_attention_heads"));
        let error = serde_json::from_str::<Recipe>(r#"{"stepz": 3}"#).expect_err("a typing error").to_string();
        assert!(error.contains("stepz") && error.contains("max_steps"), "{error}");
        assert!(serde_json::from_str::<Recipe>(r#"{"steps": 3, "max_steps": 3}"#).is_err(), "one setting, said twice");
    }

    #[test]
    fn a_recipe_by_the_earlier_names_is_the_same_recipe() {
        let earlier = r#"{"shape": {"hidden": 64, "layers": 2, "heads": 4, "kv_heads": 1, "ffn": 96, "experts": 4, "top": 1,
            "context": 32, "rope_theta": 100.0}, "lora": {"rank": 4, "alpha": 8.0, "dropout": 0.1,
            "targets": ["q", "k", "v", "o", "gate", "w1"], "whole": ["lm_head"], "quantised": true}, "dpo": {"beta": 0.5},
            "gradient_checkpointing": true, "num_train_epochs": 1.5, "steps": 9,
            "longest": 30, "join_texts": true, "batch_tokens": 40, "accumulate": 3, "rate": 0.01, "final_rate": 0.2,
            "warmup": 0.1, "weight_decay": 0.3, "clip": 2.0, "beta1": 0.8, "beta2": 0.85, "balance": 0.04,
            "balance_each_layer": true, "validate_every": 5, "validation_tokens": 60, "checkpoint_every": 7, "seed": 11}"#;
        let now = r#"{"model_config": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 1, "intermediate_size": 96, "num_local_experts": 4, "num_experts_per_tok": 1,
            "max_position_embeddings": 32, "rope_theta": 100.0}, "lora": {"r": 4, "lora_alpha": 8.0, "lora_dropout": 0.1,
            "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1"], "modules_to_save": ["lm_head"],
            "quantized_base": true}, "dpo": {"beta": 0.5, "loss_type": "sigmoid", "label_smoothing": 0.0},
            "gradient_checkpointing": true, "num_train_epochs": 1.5, "max_steps": 9, "max_seq_length": 30, "packing": true, "batch_tokens": 40,
            "gradient_accumulation_steps": 3, "learning_rate": 0.01, "min_lr_ratio": 0.2, "warmup_ratio": 0.1,
            "weight_decay": 0.3, "max_grad_norm": 2.0, "adam_beta1": 0.8, "adam_beta2": 0.85,
            "router_aux_loss_coef": 0.04, "router_aux_loss_per_layer": true, "eval_steps": 5, "eval_tokens": 60,
            "save_steps": 7, "seed": 11}"#;
        let read = |text: &str| serde_json::from_str::<Recipe>(text).expect("a recipe");
        let (earlier, now) = (read(earlier), read(now));
        assert_eq!(earlier, now);
        let (written, plain) = (serde_json::to_value(&now), serde_json::to_value(Recipe::default()));
        let (written, plain) = (written.expect("JSON"), plain.expect("JSON"));
        // Each value differs from its default, so that none of them was passed over.
        for (key, value) in plain.as_object().expect("settings") {
            assert_ne!(written[key], *value, "{key}");
        }
        assert_eq!(read(&written.to_string()), now, "what is written is what is read");
        now.check().expect("a recipe to train by");
    }
}
