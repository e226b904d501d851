//! What an evaluation leaves: each answer with its score at once, so that it can go on after an interruption, and the results.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use mixtral_evaluation::longbench::{Scored, Summary};
use serde::{Deserialize, Serialize};

use super::report;
use super::setup::Setup;
use crate::i18n::Language;

const ANSWERS: &str = "answers.jsonl";

/// A line after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    scored: Scored,
    answer: String,
}

/// The answers so far, in memory and in the folder if there is one.
pub struct Folder {
    path: Option<PathBuf>,
    file: Option<File>,
    done: Vec<Scored>,
    known: HashSet<(String, usize)>,
}

impl Folder {
    /// Begins, or goes on where an evaluation of the same setup was interrupted.
    pub fn open(path: Option<&Path>, setup: &Setup, language: Language) -> anyhow::Result<Self> {
        let mut folder = Self { path: path.map(Path::to_owned), file: None, done: Vec::new(), known: HashSet::new() };
        let Some(path) = path else { return Ok(folder) };
        std::fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        let file = path.join(ANSWERS);
        let shown = || file.display().to_string();
        let lines = if file.exists() { read(&file, setup, language)? } else { Vec::new() };
        // Without the half of a line that an interruption may have left.
        let mut content = line(setup)?;
        for one in &lines {
            content.extend(line(one)?);
        }
        let new = file.with_extension("new");
        std::fs::write(&new, content).with_context(shown)?;
        std::fs::rename(&new, &file).with_context(shown)?;
        folder.file = Some(OpenOptions::new().append(true).open(&file).with_context(shown)?);
        lines.into_iter().for_each(|line| folder.note(line.scored));
        Ok(folder)
    }

    fn note(&mut self, scored: Scored) {
        self.known.insert((scored.task.clone(), scored.row));
        self.done.push(scored);
    }

    pub fn done(&self) -> &[Scored] {
        &self.done
    }

    pub fn has(&self, task: &str, row: usize) -> bool {
        self.known.contains(&(task.to_owned(), row))
    }

    /// Keeps an answer, at once.
    pub fn keep(&mut self, scored: Scored, answer: String) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&line(&Line { scored: scored.clone(), answer })?)?;
        }
        self.note(scored);
        Ok(())
    }

    /// Writes the results as JSON and Markdown.
    pub fn finish(&self, setup: &Setup, summary: &Summary, language: Language) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let write = |name: &str, content: String| {
            let file = path.join(name);
            std::fs::write(&file, content).with_context(|| file.display().to_string())
        };
        write("results.json", serde_json::to_string_pretty(&report::json(setup, summary))? + "\n")?;
        write("results.md", report::markdown(setup, summary, language))
    }
}

fn line(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

fn read(file: &Path, setup: &Setup, language: Language) -> anyhow::Result<Vec<Line>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let Ok(found) = serde_json::from_str::<Setup>(lines.next().unwrap_or_default()) else {
        bail!(t!(language, "evaluate-no-evaluation", path = file.display()))
    };
    ensure!(found == *setup, t!(language, "evaluate-other-setup", path = file.display()));
    // Only the last line can be broken, where writing it was interrupted.
    Ok(lines.map_while(|line| serde_json::from_str(line).ok()).collect())
}
