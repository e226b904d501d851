//! `config.json` and `generation_config.json` as the `MixtralForCausalLM` of transformers wants them.

use serde_json::{Value, json};

use crate::files::json::shortest;
use mixtral_engine::arch::{Config, RopeScaling};
use mixtral_engine::quant::GgmlType;

/// Since which version of transformers there are Mixtrals; every later one reads the file.
const VERSION: &str = "4.36.0";

/// The begin and end tokens, which transformers wants in both files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub bos: Option<u32>,
    pub eos: Option<u32>,
}

pub(super) fn config(config: &Config, tied: bool, kind: GgmlType, ends: Ends) -> Value {
    let mut out = json!({
        "architectures": ["MixtralForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": ends.bos,
        "eos_token_id": ends.eos,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_context,
        "model_type": "mixtral",
        "num_attention_heads": config.heads,
        "num_experts_per_tok": config.experts_per_token,
        "num_hidden_layers": config.layers,
        "num_key_value_heads": config.kv_heads,
        "num_local_experts": config.num_experts,
        "output_router_logits": false,
        "rms_norm_eps": shortest(config.norm_eps),
        "rope_theta": shortest(config.rope_theta),
        "router_aux_loss_coef": 0.02,
        "sliding_window": null,
        "tie_word_embeddings": tied,
        "torch_dtype": torch_dtype(kind),
        "transformers_version": VERSION,
        "use_cache": true,
        "vocab_size": config.vocab_size,
    });
    let scaling = match config.rope_scaling {
        RopeScaling::None => return out,
        RopeScaling::Linear { factor } => {
            json!({"type": "linear", "rope_type": "linear", "factor": shortest(factor)})
        }
        RopeScaling::Yarn { factor, original } => json!({
            "type": "yarn", "rope_type": "yarn", "factor": shortest(factor),
            "original_max_position_embeddings": original,
        }),
    };
    out["rope_scaling"] = scaling;
    out
}

pub(super) fn generation(ends: Ends) -> Value {
    json!({
        "_from_model_config": true,
        "bos_token_id": ends.bos,
        "eos_token_id": ends.eos,
        "transformers_version": VERSION,
    })
}

fn torch_dtype(kind: GgmlType) -> &'static str {
    match kind {
        GgmlType::F16 => "float16",
        GgmlType::BF16 => "bfloat16",
        _ => "float32",
    }
}
