//! What a judging leaves: each answer and verdict at once, so that it can go on after an interruption, and the tables at its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mixtral_judge::{Answer, FORMAT, Item, JudgeFile, Verdict};
use serde::{Deserialize, Serialize};

use super::report;
use super::setup::{Setup, Task};
use crate::i18n::Language;
use crate::journal::{self, Refusals};

const DONE: &str = "judged.jsonl";
const REFUSALS: Refusals = Refusals {
    foreign: |file, language| t!(language, "judge-no-judging", path = file.display()),
    other: |file, language| t!(language, "judge-other-setup", path = file.display()),
};

/// A line after the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Answer { question: usize, model: usize, turns: Vec<String> },
    Verdict { question: usize, verdict: Verdict },
}

/// What is done so far, in memory and in the folder.
pub struct Folder {
    path: PathBuf,
    file: File,
    answers: BTreeMap<(usize, usize), Vec<String>>,
    verdicts: BTreeMap<usize, Vec<Verdict>>,
    /// Why something is missing, by question. Not in the file: the next run tries it again.
    failed: BTreeMap<usize, String>,
}

impl Folder {
    /// Begins, or goes on where the same was interrupted.
    pub fn open(path: &Path, setup: &Setup, language: Language) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        let file = path.join(DONE);
        let (file, lines): (_, Vec<Line>) = journal::open(&file, setup, &REFUSALS, language)?;
        let mut folder = Self {
            path: path.to_owned(),
            file,
            answers: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            failed: BTreeMap::new(),
        };
        for (question, given) in setup.questions.iter().enumerate() {
            for (at, answer) in given.answers.iter().enumerate() {
                folder.answers.insert((question, at), answer.turns.clone());
            }
        }
        lines.into_iter().for_each(|line| folder.note(line));
        Ok(folder)
    }

    fn note(&mut self, line: Line) {
        match line {
            Line::Answer { question, model, turns } => {
                self.answers.insert((question, model), turns);
            }
            Line::Verdict { question, verdict } => self.verdicts.entry(question).or_default().push(verdict),
        }
    }

    fn keep(&mut self, new: Line) -> anyhow::Result<()> {
        self.file.write_all(&journal::line(&new)?)?;
        self.note(new);
        Ok(())
    }

    /// Keeps an answer, at once.
    pub fn keep_answer(&mut self, question: usize, model: usize, turns: Vec<String>) -> anyhow::Result<()> {
        self.keep(Line::Answer { question, model, turns })
    }

    /// Keeps a verdict, at once.
    pub fn keep_verdict(&mut self, question: usize, verdict: Verdict) -> anyhow::Result<()> {
        self.keep(Line::Verdict { question, verdict })
    }

    /// Remembers for the tables why a question has not all.
    pub fn fail(&mut self, question: usize, why: String) {
        self.failed.entry(question).or_insert(why);
    }

    pub fn has_answer(&self, question: usize, model: usize) -> bool {
        self.answers.contains_key(&(question, model))
    }

    pub fn has_verdict(&self, task: &Task) -> bool {
        self.verdicts.get(&task.question).is_some_and(|all| all.iter().any(|verdict| verdict.order == task.order))
    }

    /// The answers to a question, if all are there.
    pub fn answers(&self, question: usize, setup: &Setup) -> Option<Vec<Answer>> {
        let given = &setup.questions[question].answers;
        let one = |at: usize| {
            let model = given.get(at).map_or(&setup.models[at], |answer| &answer.model).clone();
            Some(Answer { model, turns: self.answers.get(&(question, at))?.clone() })
        };
        (0..setup.answers_of(question)).map(one).collect()
    }

    /// How many verdicts are not there.
    pub fn missing(&self, setup: &Setup) -> usize {
        setup.tasks().iter().filter(|task| !self.has_verdict(task)).count()
    }

    /// All of it, as its file has it. A question whose answers are not all there is in it without any.
    pub fn file(&self, setup: &Setup, language: Language) -> JudgeFile {
        let item = |(at, question): (usize, &mixtral_judge::Question)| {
            let answers = self.answers(at, setup);
            let verdicts = self.verdicts.get(&at).cloned().unwrap_or_default();
            let is_whole = answers.is_some()
                && setup.tasks_of(at).iter().all(|task| verdicts.iter().any(|verdict| verdict.order == task.order));
            let why = || self.failed.get(&at).cloned().unwrap_or_else(|| t!(language, "judge-not-yet"));
            Item {
                id: question.id.clone(),
                turns: question.turns.clone(),
                answers: answers.unwrap_or_default(),
                verdicts,
                people: question.people,
                failed: (!is_whole).then(why),
            }
        };
        JudgeFile {
            format: FORMAT.to_owned(),
            judge: setup.judge.clone(),
            mode: setup.mode,
            models: setup.models.clone(),
            items: setup.questions.iter().enumerate().map(item).collect(),
        }
    }

    /// Writes the tables.
    pub fn finish(&self, file: &JudgeFile, language: Language) -> anyhow::Result<()> {
        journal::write(&self.path, "results.json", serde_json::to_string_pretty(&report::json(file))? + "\n")?;
        journal::write(&self.path, "results.md", report::markdown(file, language))
    }
}
