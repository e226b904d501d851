//! Where the model files and golden numbers lie.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The models of the repository, always there.
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// The text whose perplexity the golden files tell.
pub fn validation_text() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/llama.cpp/validation.txt")
}

/// The lines of a demo model's golden file.
pub fn golden(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(models().join(format!("golden-{name}.jsonl"))).expect("readable");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
