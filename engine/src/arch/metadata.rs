//! A model's shape as the metadata of a GGUF file.

use super::config::{Config, RopeScaling};
use crate::formats::gguf::Value;

/// The metadata keys that say a model's shape: what [`Config::from_gguf`] reads.
pub fn shape_values(config: &Config) -> Vec<(String, Value)> {
    let size = |key: &str, n: usize| (format!("llama.{key}"), Value::U32(n as u32));
    let number = |key: &str, n: f32| (format!("llama.{key}"), Value::F32(n));
    let text = |key: &str, text: &str| (key.to_owned(), Value::String(text.to_owned()));
    let mut out = vec![
        text("general.architecture", "llama"),
        size("vocab_size", config.vocab_size),
        size("context_length", config.max_context),
        size("embedding_length", config.hidden_size),
        size("block_count", config.layers),
        size("feed_forward_length", config.intermediate_size),
        size("attention.head_count", config.heads),
        size("attention.head_count_kv", config.kv_heads),
        size("expert_count", config.num_experts),
        size("expert_used_count", config.experts_per_token),
        size("rope.dimension_count", config.head_dim),
        number("attention.layer_norm_rms_epsilon", config.norm_eps),
        number("rope.freq_base", config.rope_theta),
    ];
    if config.head_dim * config.heads != config.hidden_size {
        out.push(size("attention.key_length", config.head_dim));
        out.push(size("attention.value_length", config.head_dim));
    }
    match config.rope_scaling {
        RopeScaling::None => {}
        RopeScaling::Linear { factor } => {
            out.push(text("llama.rope.scaling.type", "linear"));
            out.push(number("rope.scaling.factor", factor));
        }
        RopeScaling::Yarn { factor, original } => {
            out.push(text("llama.rope.scaling.type", "yarn"));
            out.push(number("rope.scaling.factor", factor));
            out.push(size("rope.scaling.original_context_length", original));
        }
    }
    out
}
