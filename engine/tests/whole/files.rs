//! Where the model files and golden numbers lie.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The models of the repository, always there.
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

/// The small models of other types.
pub fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/llama.cpp")
}

/// Every model with a golden file: name, model file, lines.
pub fn golden_models() -> Vec<(String, PathBuf, Vec<Value>)> {
    let mut found = Vec::new();
    for folder in [models(), small()] {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&folder).expect("a folder").map(|f| f.expect("an entry").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let Some(name) = name.strip_prefix("golden-").and_then(|n| n.strip_suffix(".jsonl")) else {
                continue;
            };
            let text = std::fs::read_to_string(&file).expect("readable");
            let lines = text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
            found.push((name.to_owned(), folder.join(format!("{name}.gguf")), lines));
        }
    }
    found
}

/// A list of ids in a golden line.
pub fn ids(line: &Value, key: &str) -> Vec<u32> {
    line[key].as_array().into_iter().flatten().filter_map(Value::as_u64).map(|id| id as u32).collect()
}
