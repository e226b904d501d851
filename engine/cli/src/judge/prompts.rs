//! Prompts out of a file, or out of all files of a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};
use mixtral_judge::{BadQuestion, Question, questions};

use super::speaker::Named;
use crate::i18n::Language;

/// Endings of files with prompts; those of JSON first.
const ENDINGS: [&str; 4] = ["jsonl", "ndjson", "json", "txt"];

/// Reads prompts.
pub fn read(path: &Path, language: Language) -> anyhow::Result<Vec<Question>> {
    if !path.is_dir() {
        return one(path, language);
    }
    let shown = || path.display().to_string();
    let entries = std::fs::read_dir(path).with_context(shown)?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| ending(file).is_some_and(|ending| ENDINGS.contains(&ending)));
    files.sort();
    let mut all = Vec::new();
    for file in &files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let questions = one(file, language)?;
        // Numbers begin anew in each file.
        let named = |mut question: Question| {
            if files.len() > 1 && question.answers.is_empty() {
                question.id = format!("{stem}-{}", question.id);
            }
            question
        };
        all.extend(questions.into_iter().map(named));
    }
    unique(&all, path, language)?;
    Ok(all)
}

fn ending(file: &Path) -> Option<&str> {
    file.extension().and_then(|ending| ending.to_str())
}

fn one(path: &Path, language: Language) -> anyhow::Result<Vec<Question>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let text = String::from_utf8(bytes).map_err(|error| {
        anyhow!(t!(language, "judge-not-utf8", path = path.display(), byte = error.utf8_error().valid_up_to()))
    })?;
    let is_json = ending(path).is_some_and(|ending| ENDINGS[..3].contains(&ending));
    let read = questions(&text, is_json).map_err(|bad| {
        let (line, what) = match bad {
            BadQuestion::Json { line, what } => (line, t!(language, "judge-line-json", what = what)),
            BadQuestion::NoPrompt { line } => (line, t!(language, "judge-line-no-prompt")),
            BadQuestion::Conversations { line } => (line, t!(language, "judge-line-conversations")),
        };
        anyhow!(t!(language, "error-file-line", path = path.display(), line = line.to_string(), what = what))
    })?;
    unique(&read, path, language)?;
    Ok(read)
}

fn unique(questions: &[Question], path: &Path, language: Language) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    match questions.iter().find(|question| !seen.insert(&question.id)) {
        Some(twice) => bail!(t!(language, "judge-same-id", path = path.display(), id = &twice.id)),
        None => Ok(()),
    }
}

/// The names of all models: those that are to answer, or those of the battles that a file brings.
pub fn models(questions: &[Question], asked: &[Named], language: Language) -> anyhow::Result<Vec<String>> {
    let with_answers = questions.iter().filter(|question| !question.answers.is_empty()).count();
    if with_answers == 0 {
        ensure!(!asked.is_empty(), t!(language, "judge-no-models"));
        let mut seen = BTreeSet::new();
        if let Some(twice) = asked.iter().find(|model| !seen.insert(&model.name)) {
            bail!(t!(language, "judge-same-model", name = &twice.name));
        }
        return Ok(asked.iter().map(|model| model.name.clone()).collect());
    }
    ensure!(with_answers == questions.len() && asked.is_empty(), t!(language, "judge-answers-and-models"));
    let names: BTreeSet<_> =
        questions.iter().flat_map(|question| &question.answers).map(|answer| &answer.model).collect();
    Ok(names.into_iter().cloned().collect())
}
