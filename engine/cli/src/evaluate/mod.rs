//! `mixtral evaluate poetry` (and, below, `wordnet`): how often a model's verse is what was asked for, and pairs of better and worse answers to train
//! on.

mod answers;
mod compared;
mod pairs;
mod tally;
pub mod wordnet;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use mixtral_engine::sample::Sampling;

use crate::conversations::{self, Asked};
use crate::i18n::Language;
use crate::options::{Machine, Model, between};
use crate::progress::refuse_existing;
use answers::{Asking, answers};
use compared::Compared;
use tally::{Tally, plain};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    pub held_out: PathBuf,
    #[arg(long = "data", value_name = "FILE")]
    pub training: Vec<PathBuf>,
    #[arg(short = 'n', long, alias = "limit", default_value_t = 200)]
    pub requests: usize,
    #[arg(short, long, alias = "temp", default_value_t = 0.8)]
    pub temperature: f32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, default_value_t = 1)]
    pub samples: usize,
    #[arg(long, value_name = "MODEL")]
    pub against: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub preferences: Option<PathBuf>,
    #[arg(long, default_value_t = 0)]
    pub show: usize,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    between("--samples", arguments.samples, 1..=1000, language)?;
    if let Some(path) = &arguments.preferences {
        between("--samples", arguments.samples, 2..=1000, language)?;
        refuse_existing(path, false, language)?;
    }
    let asked: Vec<_> = read(&arguments.held_out)?.into_iter().take(arguments.requests).collect();
    ensure!(!asked.is_empty(), t!(language, "poetry-no-conversations", path = arguments.held_out.display()));
    let mut learnt = HashSet::new();
    for path in &arguments.training {
        for conversation in read(path)? {
            learnt.extend(conversation.messages.iter().skip(1).step_by(2).map(|turn| plain(&turn.content)));
        }
    }
    let questions: Vec<&str> = asked.iter().map(|conversation| conversation.messages[0].content.as_str()).collect();
    let poets: Vec<&str> = asked.iter().map(|conversation| conversation.messages[1].content.as_str()).collect();
    let sampling = Sampling { temperature: arguments.temperature, ..Sampling::default() };
    sampling.check()?;
    let Arguments { machine, seed, samples, .. } = arguments;
    let asking = Asking { machine, sampling, seed: *seed, samples: *samples };
    let found = answers(&arguments.model, &questions, &asking)?;
    let mut tally = Tally::default();
    for (number, answer) in found.iter().enumerate() {
        let (question, poet) = (questions[number / arguments.samples], poets[number / arguments.samples]);
        if number < arguments.show {
            say!("{}. {question}\n{answer}\n", number + 1);
        }
        tally.add(question, poet, answer, &learnt);
    }
    tally.print(found.len(), !arguments.training.is_empty(), language);
    if let Some(path) = &arguments.preferences {
        let count = pairs::write(path, &questions, &poets, &found)?;
        say!("{}", t!(language, "poetry-pairs", path = path.display(), count = count, questions = questions.len()));
    }
    if let Some(path) = &arguments.against {
        let others = answers(&Model { path: path.clone(), base: None, kind: None }, &questions, &asking)?;
        Compared::new(&questions, &poets, &found, &others).print(language);
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<Asked>> {
    let all: Vec<Asked> = conversations::read(path)?;
    Ok(all.into_iter().filter(|asked| asked.messages.len() >= 2).collect())
}
