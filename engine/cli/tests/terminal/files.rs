//! Where the model files and golden numbers lie.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The models of the repository, always there.
pub fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// Small models of other types, with what llama.cpp says of them.
pub fn of_llama_cpp() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/llama.cpp")
}

/// The text whose perplexity the golden files tell.
pub fn validation_text() -> PathBuf {
    of_llama_cpp().join("validation.txt")
}

/// The lines of a model's golden file.
pub fn golden(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("golden-{name}.jsonl"))).expect("readable");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
