//! What a training leaves: the model as GGUF, ready for the engine.

use std::path::Path;

use super::model::Model;
use crate::error::{Error, Result};
use crate::model::Config;
use crate::quant::GgmlType;
use crate::quant::quantize::encode;
use crate::weights::gguf::{Metadata, Value, Writer};
use crate::weights::whole_file;

/// The metadata keys that say a model's shape.
pub fn shape_values(config: &Config) -> Vec<(String, Value)> {
    let size = |key: &str, n: usize| (format!("llama.{key}"), Value::U32(n as u32));
    let mut out = vec![
        ("general.architecture".to_owned(), Value::String("llama".into())),
        size("vocab_size", config.vocabulary),
        size("context_length", config.context),
        size("embedding_length", config.hidden),
        size("block_count", config.layers),
        size("feed_forward_length", config.ffn),
        size("attention.head_count", config.heads),
        size("attention.head_count_kv", config.kv_heads),
        size("expert_count", config.experts),
        size("expert_used_count", config.top),
        size("rope.dimension_count", config.head_dim),
        ("llama.attention.layer_norm_rms_epsilon".to_owned(), Value::F32(config.norm_eps)),
        ("llama.rope.freq_base".to_owned(), Value::F32(config.rope_theta)),
    ];
    if config.head_dim * config.heads != config.hidden {
        out.push(size("attention.key_length", config.head_dim));
        out.push(size("attention.value_length", config.head_dim));
    }
    out
}

/// The tokenizer's keys of another file's metadata, chat template included.
pub fn tokenizer_values(metadata: &Metadata) -> Vec<(String, Value)> {
    metadata.iter().filter(|(key, _)| key.starts_with("tokenizer.")).map(|(k, v)| (k.to_owned(), v.clone())).collect()
}

/// Writes a model as GGUF, adapters folded in. Matrices take the type `kind`, norms and routers stay
/// F32. The file appears whole or not at all.
///
/// # Errors
/// The type cannot be written, or the file cannot.
pub fn write_gguf(path: &Path, model: &Model, values: Vec<(String, Value)>, kind: GgmlType) -> Result<()> {
    let mut writer = Writer::new();
    for (key, value) in shape_values(model.config()).into_iter().chain(values) {
        writer.value(key, value);
    }
    for (part, projection) in model.parts() {
        let kind = if part.role.is_norm() || part.role == crate::model::Role::Router { GgmlType::F32 } else { kind };
        let weights = projection.merged();
        let cols = part.dims[part.dims.len() - 1];
        let bytes = encode(kind, &weights, cols, None)?;
        writer.tensor(part.name(), kind, &part.dims, bytes).map_err(Error::io(path))?;
    }
    whole_file::write(path, |out| writer.write(out).map_err(Error::io(path)))
}
