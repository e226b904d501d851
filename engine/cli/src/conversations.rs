//! Files of conversations, one a line: as training reads them.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use mixtral_engine::error::{Error, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// `user` or `assistant`. Whoever reads questions and answers by their places does without it.
    #[serde(default)]
    pub role: String,
    /// What was said.
    pub content: String,
}

/// A line of training data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub messages: Vec<Turn>,
}

/// A question and its answer.
pub fn turns(question: String, answer: String) -> Vec<Turn> {
    let turn = |role: &str, content| Turn { role: role.to_owned(), content };
    vec![turn("user", question), turn("assistant", answer)]
}

/// Writes one value a line.
///
/// # Errors
/// The file cannot be written.
pub fn write<'a, T: Serialize + 'a>(path: &Path, values: impl IntoIterator<Item = &'a T>) -> Result<()> {
    let file = std::fs::File::create(path).map_err(Error::io(path))?;
    let mut out = std::io::BufWriter::new(file);
    for value in values {
        let json = serde_json::to_string(value).map_err(|e| Error::Training(e.to_string()))?;
        writeln!(out, "{json}").map_err(Error::io(path))?;
    }
    out.flush().map_err(Error::io(path))
}

/// Reads one value a line; empty lines hold none.
///
/// # Errors
/// The file cannot be read, or a line is none, which is named.
pub fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1)))
        .collect()
}
