//! `mixtral evaluate wordnet`: how right a model's definitions, synonyms, opposites and kinds are, as WordNet itself says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use mixtral_engine::sample::Sampling;

use super::answers::{Asking, answers};
use super::tally::plain;
use crate::conversations::{self, Asked};
use crate::i18n::{Language, percent};
use crate::options::{Machine, Model};
use crate::prepare::unpacked;
use crate::wordnet::{Held, Lexicon, Task, Word, WordNet, judge, likeness};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    pub questions: PathBuf,
    #[arg(long, value_name = "FOLDER")]
    pub package: Option<PathBuf>,
    #[arg(long = "data", value_name = "FILE")]
    pub training: Vec<PathBuf>,
    #[arg(short = 'n', long, alias = "limit", default_value_t = 2000)]
    pub requests: usize,
    #[arg(short, long, alias = "temp", default_value_t = 0.0)]
    pub temperature: f32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, default_value_t = 0)]
    pub show: usize,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    let held: Vec<Held> = conversations::read(&arguments.questions)?.into_iter().take(arguments.requests).collect();
    let path = &arguments.questions;
    ensure!(!held.is_empty(), t!(language, "wordnet-no-questions", path = path.display()));
    let package =
        arguments.package.clone().unwrap_or_else(|| unpacked(path.parent().unwrap_or_else(|| Path::new("."))));
    let lexicon =
        Lexicon::choose(WordNet::read(&package.join("dict")).with_context(|| t!(language, "wordnet-no-package"))?);
    let words: HashMap<&str, &Word> = lexicon.words.iter().map(|word| (word.text.as_str(), word)).collect();
    for Held { about, .. } in &held {
        ensure!(
            words.contains_key(about.word.as_str()),
            t!(language, "wordnet-unknown-word", path = path.display(), word = about.word.as_str())
        );
    }
    let learnt = learnt(&arguments.training)?;
    let questions: Vec<&str> = held.iter().map(|held| held.messages[0].content.as_str()).collect();
    let sampling = Sampling { temperature: arguments.temperature, ..Sampling::default() };
    sampling.check()?;
    let asking = Asking { machine: &arguments.machine, sampling, seed: arguments.seed, samples: 1 };
    let found = answers(&arguments.model, &questions, &asking)?;
    for ((question, answer), number) in questions.iter().zip(&found).zip(1..=arguments.show) {
        say!("{number}. {question}\n{answer}\n");
    }
    let mut rows: BTreeMap<Task, Row> = BTreeMap::new();
    let mut before: Option<&str> = None;
    for (held, answer) in held.iter().zip(&found) {
        let word = held.about.word.as_str();
        let judged = judge(&lexicon, words[word], &held.about, answer);
        let row = rows.entry(held.about.task).or_default();
        row.all += 1;
        row.form += usize::from(judged.form);
        row.right = judged.right.map(|right| row.right.unwrap_or_default() + right);
        row.copied += usize::from(learnt.contains(&body(answer)));
        if held.about.task == Task::Define {
            // Held against the definitions of another word, the one before: what an entry gets that knows nothing.
            row.chance += before.map_or(0.0, |before| likeness(&lexicon, before, answer));
            before = Some(word);
        }
    }
    print(&rows, found.len(), !arguments.training.is_empty(), language);
    Ok(())
}

/// What the answers to one task come to.
#[derive(Default)]
struct Row {
    all: usize,
    form: usize,
    right: Option<f64>,
    chance: f64,
    copied: usize,
}

fn print(rows: &BTreeMap<Task, Row>, number: usize, compared: bool, language: Language) {
    say!("{}", t!(language, "wordnet-questions", count = number));
    for (task, row) in rows {
        let all = row.all as f64;
        let name = match task {
            Task::Define => "wordnet-define",
            Task::Sentence => "wordnet-sentence",
            Task::Synonyms => "wordnet-synonyms",
            Task::Opposite => "wordnet-opposite",
            Task::KindOf => "wordnet-kind-of",
            Task::Kinds => "wordnet-kinds",
            Task::Reverse => "wordnet-reverse",
        };
        let form = percent(row.form as f64, all);
        let mut line = t!(language, "wordnet-form", name = t!(language, name), all = row.all, form = form);
        if let Some(right) = row.right {
            line += &t!(language, "wordnet-right", right = percent(right, all));
        }
        if *task == Task::Define && row.all > 1 {
            line += &t!(language, "wordnet-chance", chance = percent(row.chance, all - 1.0));
        }
        if compared && matches!(task, Task::Define | Task::Sentence) {
            line += &t!(language, "wordnet-copied", copied = percent(row.copied as f64, all));
        }
        say!("{line}");
    }
}

/// What an answer says, without the word that an entry begins with: a definition copied from another word is a copy.
fn body(answer: &str) -> String {
    let body = answer.split_once(" (").filter(|(head, _)| !head.contains(' ')).map_or(answer, |(_, body)| body);
    plain(body)
}

fn learnt(training: &[PathBuf]) -> anyhow::Result<HashSet<String>> {
    let mut out = HashSet::new();
    for path in training {
        let all: Vec<Asked> = conversations::read(path)?;
        out.extend(
            all.iter().flat_map(|asked| asked.messages.iter().skip(1).step_by(2)).map(|turn| body(&turn.content)),
        );
    }
    Ok(out)
}
