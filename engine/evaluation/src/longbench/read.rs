//! The benchmark's files: `TASK.jsonl`, and `TASK_e.jsonl` for LongBench-E.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::task::Task;

/// A question about a long text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub input: String,
    pub context: String,
    /// Any of them is right.
    pub answers: Vec<String>,
    /// In words, or in characters of Chinese, as the benchmark counts.
    pub length: usize,
    /// Where the answer is one of several classes.
    pub all_classes: Vec<String>,
    pub id: String,
}

/// The form in files: classes may be null.
#[derive(Deserialize)]
struct Row {
    input: String,
    context: String,
    answers: Vec<String>,
    length: usize,
    #[serde(default)]
    all_classes: Option<Vec<String>>,
    #[serde(rename = "_id", default)]
    id: String,
}

/// What is wrong with the files; each names the file.
#[derive(Debug, Error)]
pub enum BadSample {
    #[error("{file}: {cause}")]
    Io { file: String, cause: std::io::Error },
    #[error("{file}: there is no {name} in it")]
    NoTask { file: String, name: String },
    #[error("{file}: line {line} is not UTF-8")]
    Encoding { file: String, line: usize },
    #[error("{file}: line {line}: {cause}")]
    Json { file: String, line: usize, cause: String },
    #[error("{file}: line {line}: there is no answer")]
    NoAnswer { file: String, line: usize },
    #[error("{file}: there are no samples in it")]
    Empty { file: String },
}

/// Reads a task's samples from a folder; its files may lie in `data` below it, as the published zip has them.
///
/// # Errors
/// What is wrong, by file and line.
pub fn read(folder: &Path, task: Task, is_e: bool) -> Result<Vec<Sample>, BadSample> {
    let name = format!("{}{}.jsonl", task.name, if is_e { "_e" } else { "" });
    let found: Option<PathBuf> =
        [folder.join(&name), folder.join("data").join(&name)].into_iter().find(|path| path.is_file());
    let Some(path) = found else { return Err(BadSample::NoTask { file: folder.display().to_string(), name }) };
    let file = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|cause| BadSample::Io { file: file.clone(), cause })?;
    parse(&file, &bytes)
}

pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Sample>, BadSample> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        BadSample::Encoding { file: file.to_owned(), line }
    })?;
    let mut samples = Vec::new();
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |cause: serde_json::Error| BadSample::Json {
            file: file.to_owned(),
            line: at + 1,
            cause: cause.to_string(),
        };
        let row: Row = serde_json::from_str(line).map_err(bad)?;
        if row.answers.is_empty() {
            return Err(BadSample::NoAnswer { file: file.to_owned(), line: at + 1 });
        }
        let Row { input, context, answers, length, all_classes, id } = row;
        samples.push(Sample { input, context, answers, length, all_classes: all_classes.unwrap_or_default(), id });
    }
    if samples.is_empty() { Err(BadSample::Empty { file: file.to_owned() }) } else { Ok(samples) }
}
