//! Writing `adapter_config.json`.

use std::path::Path;

use mixtral_engine::error::{Error, LayoutFault, Place, Result};
use mixtral_engine::weights::lora::{AdapterConfig, CONFIG_FILE};
use serde_json::{Map, Value, json};

use crate::files::atomic_file;
use crate::files::json::shortest;

/// Writes an adapter's configuration into its folder, in PEFT's words; the file appears whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn write_config(config: &AdapterConfig, folder: &Path) -> Result<()> {
    let patterns = |list: Vec<(&String, Value)>| -> Map<String, Value> {
        list.into_iter().map(|(text, value)| (text.clone(), value)).collect()
    };
    let json = json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": config.base,
        "r": config.rank,
        "lora_alpha": number(config.alpha),
        "lora_dropout": number(config.dropout),
        "target_modules": config.targets,
        "modules_to_save": if config.whole.is_empty() { Value::Null } else { json!(config.whole) },
        "use_rslora": config.rslora,
        "rank_pattern": patterns(config.ranks.iter().map(|p| (&p.text, json!(p.value))).collect()),
        "alpha_pattern": patterns(config.alphas.iter().map(|p| (&p.text, number(p.value))).collect()),
        "bias": "none",
        "fan_in_fan_out": false,
        "use_dora": false,
        "init_lora_weights": true,
        "inference_mode": true,
    });
    let path = folder.join(CONFIG_FILE);
    let text = serde_json::to_vec_pretty(&json)
        .map_err(|e| Error::file(&path, Place::Whole, LayoutFault::NotJson { why: e.to_string() }))?;
    atomic_file::write_bytes(&path, &text)
}

/// Whole numbers stay whole: PEFT declares alpha so. Others are written as the shortest text that reads back the same.
fn number(value: f32) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e9 { json!(value as i64) } else { json!(shortest(value)) }
}
