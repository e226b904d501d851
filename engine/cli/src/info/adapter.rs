//! What an adapter's folder holds, and what becomes of its base.

use mixtral_engine::formats::Source as _;
use mixtral_engine::handle::quantisation;
use mixtral_engine::model::weight_bytes;
use mixtral_engine::weights::ModelFiles;
use serde_json::{Value as Json, json};

use super::format::{bytes, millions, printable};
use crate::language::Language;

pub fn print(files: &ModelFiles, l: Language) {
    let Some(adapter) = files.adapter() else { return };
    let config = adapter.config();
    say!("{}", files.path().display());
    let (size, weights) = (bytes(adapter.file_bytes()), millions(adapter.parameters()));
    match l {
        Language::English => say!("LoRA adapter · {size} · {weights} weights"),
        Language::Chinese => say!("LoRA 适配器 · {size} · {weights} 权重"),
    }
    let (rank, scale) = config.of("");
    let rows = [
        (l.pick("base", "底座"), files.gguf().path().display().to_string()),
        (l.pick("base by its name", "所记底座"), config.base.clone()),
        (l.pick("rank", "秩"), rank.to_string()),
        (l.pick("scale", "缩放"), scale.to_string()),
        (l.pick("modules", "模块"), config.targets.join(" ")),
        (l.pick("saved whole", "整体保存"), config.whole.join(" ")),
        (l.pick("with its base in memory", "与底座合并后占内存"), bytes(weight_bytes(files))),
        (l.pick("most of it in", "主要类型"), quantisation(files)),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        // Names in a file are whatever its author liked.
        say!("  {name}: {}", printable(&value));
    }
    say!("");
}

pub fn as_json(files: &ModelFiles) -> Option<Json> {
    let adapter = files.adapter()?;
    let config = adapter.config();
    Some(json!({
        "path": files.path().display().to_string(),
        "base": config.base,
        "bytes": adapter.file_bytes(),
        "parameters": adapter.parameters(),
        "rank": config.rank,
        "alpha": config.alpha,
        "rslora": config.rslora,
        "modules": config.targets,
        "whole": config.whole,
        "memory": weight_bytes(files),
    }))
}
