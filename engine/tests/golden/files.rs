//! The golden files: what llama.cpp says of a model.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One prompt.
#[derive(Deserialize)]
pub struct Golden {
    pub tokens: Vec<u32>,
    /// the 20 highest logits after the prompt
    pub top: Vec<(u32, f32)>,
    pub greedy: Vec<u32>,
}

/// The last line of a golden file.
#[derive(Deserialize)]
struct Perplexity {
    mean_nll: f64,
}

/// The mean negative log-likelihood of a golden file.
pub fn mean_nll(folder: &Path, model: &str) -> f64 {
    let path = folder.join(format!("golden-{model}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let last = text.lines().next_back().expect("a line");
    serde_json::from_str::<Perplexity>(last).expect("a perplexity on the last line").mean_nll
}

/// The prompts of a golden file.
pub fn prompts(folder: &Path, model: &str) -> Vec<Golden> {
    let path = folder.join(format!("golden-{model}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let prompts: Vec<Golden> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(prompts.len() >= 5, "{}: {} prompts", path.display(), prompts.len());
    prompts
}

/// The models that lie in this repository.
pub fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

/// The small models of other types, and the text whose perplexity the golden files tell.
pub fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/llama.cpp")
}

/// The folder with the models that are too large for the repository, for tests that are run by hand.
pub fn large() -> PathBuf {
    PathBuf::from(
        std::env::var_os("MIXTRAL_GOLDEN_DIR").expect("MIXTRAL_GOLDEN_DIR names the folder of the large models"),
    )
}
