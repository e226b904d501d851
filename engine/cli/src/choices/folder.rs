//! What an evaluation leaves: each answer at once, so that it can go on after an interruption, and the results at its end.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use mixtral_evaluation::{Benchmark, Judged, Report};
use serde_json::{Value, json};

use super::report;
use super::setup::{Answer, Setup};
use crate::i18n::Language;
use crate::journal;

const ANSWERS: &str = "answers.jsonl";

/// The answers so far, in memory and in the folder if there is one.
pub struct Folder {
    path: Option<PathBuf>,
    file: Option<File>,
    answers: Vec<Answer>,
    known: HashSet<(String, usize)>,
}

impl Folder {
    /// Begins, or goes on where an evaluation of the same setup was interrupted.
    pub fn open(path: Option<&Path>, setup: &Setup, language: Language) -> anyhow::Result<Self> {
        let mut folder =
            Self { path: path.map(Path::to_owned), file: None, answers: Vec::new(), known: HashSet::new() };
        let Some(path) = path else { return Ok(folder) };
        std::fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        let file = path.join(ANSWERS);
        let shown = || file.display().to_string();
        if file.exists() {
            let (found, answers) = read(path, language)?;
            ensure!(found == *setup, t!(language, "evaluate-other-setup", path = path.display()));
            folder.known = answers.iter().map(|one| (one.judged.subject.clone(), one.judged.row)).collect();
            folder.answers = answers;
            // Without the half of a line that an interruption may have left.
            journal::rewrite(&file, setup, &folder.answers)?;
        } else {
            journal::rewrite(&file, setup, &[] as &[Answer])?;
        }
        folder.file = Some(OpenOptions::new().append(true).open(&file).with_context(shown)?);
        Ok(folder)
    }

    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    pub fn has(&self, subject: &str, row: usize) -> bool {
        self.known.contains(&(subject.to_owned(), row))
    }

    /// Keeps an answer, at once.
    pub fn keep(&mut self, answer: Answer) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&journal::line(&answer)?)?;
        }
        self.known.insert((answer.judged.subject.clone(), answer.judged.row));
        self.answers.push(answer);
        Ok(())
    }

    /// Writes the results: JSON, Markdown, and the submission where C-Eval alone knows the answers.
    pub fn finish(
        &self,
        setup: &Setup,
        report: &Report,
        judged: &[Judged],
        benchmark: Benchmark,
        language: Language,
    ) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        journal::write(path, "results.json", serde_json::to_string_pretty(&results(setup, report))? + "\n")?;
        journal::write(path, "results.md", report::markdown(setup, report, language))?;
        if benchmark == Benchmark::Ceval && setup.split == "test" {
            journal::write(path, "submission.json", serde_json::to_string_pretty(&submission(judged))? + "\n")?;
        }
        Ok(())
    }
}

/// C-Eval's form: `{subject: {row: letter}}`.
fn submission(judged: &[Judged]) -> BTreeMap<&str, BTreeMap<String, String>> {
    let mut subjects: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
    for one in judged {
        let letter = one.chosen.map(|letter| letter.to_string()).unwrap_or_default();
        subjects.entry(&one.subject).or_default().insert(one.row.to_string(), letter);
    }
    subjects
}

/// The results with what they are of; percentages and their standard errors beside the counts.
pub fn results(setup: &Setup, report: &Report) -> Value {
    let share = |share: mixtral_evaluation::Share| {
        json!({
            "right": share.right,
            "questions": share.all,
            "accuracy": share.percent(),
            "standard_error": share.standard_error(),
        })
    };
    let subjects: serde_json::Map<String, Value> =
        report.subjects.iter().map(|one| (one.key.clone(), share(one.share))).collect();
    let groups: serde_json::Map<String, Value> =
        report.groups.iter().map(|one| (one.name.clone(), share(one.share))).collect();
    json!({
        "setup": setup,
        "overall": share(report.overall),
        "groups": groups,
        "subjects": subjects,
        "unreadable": report.unreadable,
    })
}

/// What an evaluation has left so far.
pub fn read(path: &Path, language: Language) -> anyhow::Result<(Setup, Vec<Answer>)> {
    let file = path.join(ANSWERS);
    let opened = File::open(&file).with_context(|| file.display().to_string())?;
    let mut lines = BufReader::new(opened).lines();
    let head = lines.next().transpose()?.unwrap_or_default();
    let Ok(setup) = serde_json::from_str(&head) else {
        bail!(t!(language, "evaluate-no-evaluation", path = file.display()))
    };
    let mut answers: Vec<Answer> = Vec::new();
    for line in lines {
        // Only the last line can be broken, where writing it was interrupted.
        let Ok(answer) = serde_json::from_str(&line?) else { break };
        answers.push(answer);
    }
    Ok((setup, answers))
}

#[cfg(test)]
mod tests {
    use mixtral_evaluation::Letter;

    use super::super::setup::Mode;
    use super::*;

    fn setup() -> Setup {
        Setup {
            benchmark: "ceval".to_owned(),
            model: "/m.gguf".to_owned(),
            split: "test".to_owned(),
            shots: 5,
            instruct: false,
            mode: Mode::Logits,
            seed: 1,
            limit: None,
        }
    }

    fn answer(row: usize) -> Answer {
        let judged = Judged { subject: "law".to_owned(), row, chosen: Some(Letter::B), answer: Some(Letter::B) };
        Answer { judged, examples: 5, text: None }
    }

    #[test]
    fn an_interrupted_evaluation_goes_on_and_another_one_is_not_mixed_in() {
        let path = tempfile::tempdir().unwrap();
        let path = path.path().join("out");
        let mut folder = Folder::open(Some(&path), &setup(), Language::English).unwrap();
        folder.keep(answer(0)).unwrap();
        drop(folder);
        let mut torn = OpenOptions::new().append(true).open(path.join(ANSWERS)).unwrap();
        torn.write_all(br#"{"subject":"la"#).unwrap();
        let mut folder = Folder::open(Some(&path), &setup(), Language::English).unwrap();
        assert!(folder.has("law", 0) && !folder.has("law", 1));
        folder.keep(answer(1)).unwrap();
        let judged: Vec<_> = folder.answers().iter().map(|answer| answer.judged.clone()).collect();
        let report = Report::new(Benchmark::Ceval, &judged);
        folder.finish(&setup(), &report, &judged, Benchmark::Ceval, Language::English).unwrap();
        assert_eq!(read(&path, Language::English).unwrap().1, [answer(0), answer(1)]);
        let submission: Value =
            serde_json::from_str(&std::fs::read_to_string(path.join("submission.json")).unwrap()).unwrap();
        assert_eq!(submission, json!({"law": {"0": "B", "1": "B"}}));
        let results: Value =
            serde_json::from_str(&std::fs::read_to_string(path.join("results.json")).unwrap()).unwrap();
        assert_eq!(results["overall"]["accuracy"], 100.0);
        let other = Setup { shots: 0, ..setup() };
        assert!(Folder::open(Some(&path), &other, Language::Chinese).is_err());
    }
}
