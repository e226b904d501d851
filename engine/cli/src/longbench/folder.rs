//! What an evaluation leaves: each answer with its score at once, so that it can go on after an interruption, and the results.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mixtral_evaluation::longbench::{Scored, Summary};
use serde::{Deserialize, Serialize};

use super::report;
use super::setup::Setup;
use crate::i18n::Language;
use crate::journal::{self, Refusals};

const ANSWERS: &str = "answers.jsonl";
const REFUSALS: Refusals = Refusals {
    foreign: |file, language| t!(language, "evaluate-no-evaluation", path = file.display()),
    other: |file, language| t!(language, "evaluate-other-setup", path = file.display()),
};

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
        let (file, lines): (_, Vec<Line>) = journal::open(&file, setup, &REFUSALS, language)?;
        folder.file = Some(file);
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
            file.write_all(&journal::line(&Line { scored: scored.clone(), answer })?)?;
        }
        self.note(scored);
        Ok(())
    }

    /// Writes the results as JSON and Markdown.
    pub fn finish(&self, setup: &Setup, summary: &Summary, language: Language) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        journal::write(path, "results.json", serde_json::to_string_pretty(&report::json(setup, summary))? + "\n")?;
        journal::write(path, "results.md", report::markdown(setup, summary, language))
    }
}
