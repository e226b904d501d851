//! What an adapter's folder holds, and what becomes of its base.

use mixtral_engine::formats::Source as _;
use mixtral_engine::handle::quantisation;
use mixtral_engine::model::weight_bytes;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::weights::lora::Adapter;
use serde_json::{Value as Json, json};

use super::format::{bytes, printable};
use crate::i18n::Language;

/// Bytes of a base's weights with an adapter beside them.
fn memory(files: &ModelFiles) -> u64 {
    weight_bytes(files.base()) + files.adapter().map_or(0, Adapter::file_bytes)
}

pub fn print(files: &ModelFiles, l: Language) {
    let Some(adapter) = files.adapter() else { return };
    let config = adapter.config();
    say!("{}", files.path().display());
    let (size, count) = (bytes(adapter.file_bytes()), l.count(adapter.parameters()));
    say!("{}", t!(l, "info-adapter", size = size, parameters = count));
    let (rank, scale) = config.of("");
    let rows = [
        ("base", files.base_path().display().to_string()),
        ("base-name", config.base.clone()),
        ("rank", rank.to_string()),
        ("scale", scale.to_string()),
        ("target-modules", config.targets.join(" ")),
        ("modules-to-save", config.whole.join(" ")),
        ("memory", bytes(memory(files))),
        ("type", quantisation(files)),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        // Names in a file are whatever its author liked.
        say!("  {}", t!(l, &format!("info-adapter-{name}"), value = printable(&value)));
    }
    say!("");
}

pub fn as_json(files: &ModelFiles) -> Option<Json> {
    let adapter = files.adapter()?;
    let config = adapter.config();
    Some(json!({
        "path": files.path().display().to_string(),
        "base_model_name_or_path": config.base,
        "bytes": adapter.file_bytes(),
        "parameters": adapter.parameters(),
        "r": config.rank,
        "lora_alpha": config.alpha,
        "use_rslora": config.rslora,
        "target_modules": config.targets,
        "modules_to_save": config.whole,
        "memory_bytes": memory(files),
    }))
}
