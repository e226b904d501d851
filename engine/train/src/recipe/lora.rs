//! Adapters in a training's settings.

use serde::{Deserialize, Deserializer, Serialize};

/// Low-rank adapters instead of full training, by the names of PEFT's `LoraConfig`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lora {
    /// The adapters' rank.
    #[serde(alias = "rank")]
    pub r: usize,
    /// The adapters are scaled by `lora_alpha / r`.
    #[serde(alias = "alpha")]
    pub lora_alpha: f32,
    /// Probability with which an adapter's inputs are dropped, from 0 to below 1.
    #[serde(alias = "dropout")]
    pub lora_dropout: f32,
    /// Which matrices get an adapter: of `q_proj, k_proj, v_proj, o_proj, gate, w1, w2, w3`.
    #[serde(alias = "targets", deserialize_with = "peft_names")]
    pub target_modules: Vec<String>,
    /// Which modules are trained whole beside them: of `embed_tokens`, `lm_head`.
    #[serde(alias = "whole")]
    pub modules_to_save: Vec<String>,
    /// Whether the base stays quantised as its file has it (QLoRA), or is held in F32.
    #[serde(alias = "quantised")]
    pub quantized_base: bool,
}

impl Default for Lora {
    fn default() -> Self {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        Self {
            r: 64,
            lora_alpha: 128.0,
            lora_dropout: 0.05,
            target_modules: words(&["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"]),
            modules_to_save: Vec::new(),
            quantized_base: false,
        }
    }
}

/// Reads module names; `q` is short for `q_proj`, and so on, so that either spelling compares as equal.
fn peft_names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let full = |name: String| match name.as_str() {
        "q" | "k" | "v" | "o" => name + "_proj",
        _ => name,
    };
    Ok(names.into_iter().map(full).collect())
}
