//! `mixtral evaluate poetry`: how often a model's verse is what was asked for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::poetry::judge;
use anyhow::{Context as _, ensure};
use clap::Args;
use mixtral_engine::request::{Event, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{Engine, EngineOptions};
use serde::Deserialize;

use crate::i18n::{Language, percent};
use crate::options::{Machine, Model};
use crate::progress::bar;

const MODEL: &str = "model";
/// Requests that are answered at once.
const AT_ONCE: usize = 8;
/// Shorter answers, a couplet's line for example, were written by many a poet.
const COPY_FROM: usize = 10;

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
    #[arg(long, default_value_t = 0)]
    pub show: usize,
    #[command(flatten)]
    pub machine: Machine,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    content: String,
}

/// Counts of what was right, and of how many.
#[derive(Default)]
struct Tally {
    form: (usize, usize),
    couplet: (usize, usize),
    first: (usize, usize),
    tune: (usize, usize),
    rhymes: (usize, usize),
    poets: (usize, usize),
    copied: (usize, usize),
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    let sampling = Sampling { temperature: arguments.temperature, ..Sampling::default() };
    sampling.check()?;
    let asked: Vec<_> = read(&arguments.held_out)?.into_iter().take(arguments.requests).collect();
    ensure!(!asked.is_empty(), t!(language, "poetry-no-conversations", path = arguments.held_out.display()));
    let mut learnt = HashSet::new();
    for path in &arguments.training {
        for conversation in read(path)? {
            learnt.extend(conversation.messages.iter().skip(1).step_by(2).map(|turn| plain(&turn.content)));
        }
    }
    let options = EngineOptions { max_sequences: AT_ONCE, queue: AT_ONCE, ..arguments.machine.options() };
    let engine = Engine::start(arguments.machine.device, options)?;
    engine.load(MODEL, &arguments.model.path, arguments.machine.load_options(&arguments.model), |_| {})?;
    let bar = bar(asked.len(), "{wide_bar} {pos}/{len} {eta}");
    let mut tally = Tally::default();
    let mut number = 0;
    for group in asked.chunks(AT_ONCE) {
        let mut streams = Vec::new();
        for conversation in group {
            let seed = Some(arguments.seed + (number + streams.len()) as u64);
            let message = Message::new(Role::User, conversation.messages[0].content.as_str());
            let request = Request { sampling: Sampling { seed, ..sampling.clone() }, ..Request::chat(vec![message]) };
            streams.push(engine.submit(MODEL, request)?);
        }
        for (conversation, stream) in group.iter().zip(&mut streams) {
            let answer = whole(stream)?;
            let (question, poet) = (&conversation.messages[0].content, &conversation.messages[1].content);
            if number < arguments.show {
                bar.suspend(|| say!("{}. {question}\n{answer}\n", number + 1));
            }
            tally.add(question, poet, &answer, &learnt);
            number += 1;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    tally.print(number, !arguments.training.is_empty(), language);
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<Conversation>> {
    let name = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(name)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let all =
        lines.map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), at + 1)));
    let all: Vec<Conversation> = all.collect::<anyhow::Result<_>>()?;
    Ok(all.into_iter().filter(|c| c.messages.len() >= 2).collect())
}

fn whole(stream: &mut mixtral_engine::EventStream) -> anyhow::Result<String> {
    let mut answer = String::new();
    while let Some(event) = stream.next_blocking() {
        match event {
            Event::Text { text, .. } => answer.push_str(&text),
            Event::Failed { error } => return Err(error.into()),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {}
        }
    }
    Ok(answer)
}

/// Characters alone: a copy with another punctuation is one all the same.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Tally {
    fn add(&mut self, question: &str, poet: &str, answer: &str, learnt: &HashSet<String>) {
        let judged = judge(question, poet, answer);
        let count = |(right, all): &mut (usize, usize), judged: Option<bool>| {
            *right += usize::from(judged == Some(true));
            *all += usize::from(judged.is_some());
        };
        count(&mut self.form, judged.form);
        count(&mut self.couplet, judged.couplet);
        count(&mut self.first, judged.first);
        count(&mut self.tune, judged.tune);
        let add = |(right, all): &mut (usize, usize), (pairs, agree): (usize, usize)| {
            *right += agree;
            *all += pairs;
        };
        add(&mut self.rhymes, judged.rhymes);
        add(&mut self.poets, judge(question, poet, poet).rhymes);
        let answer = plain(answer);
        let long = answer.chars().count() >= COPY_FROM;
        count(&mut self.copied, long.then(|| learnt.contains(&answer)));
    }

    fn print(&self, number: usize, compared: bool, language: Language) {
        let rows = [
            ("poetry-form", self.form),
            ("poetry-couplet", self.couplet),
            ("poetry-first-line", self.first),
            ("poetry-tune", self.tune),
            ("poetry-rhymes", self.rhymes),
            ("poetry-rhymes-of-poets", self.poets),
            ("poetry-copied", self.copied),
        ];
        let shown = if compared { rows.len() } else { rows.len() - 1 };
        say!("{}", t!(language, "poetry-requests", count = number));
        for (name, (right, all)) in &rows[..shown] {
            let (name, share) = (t!(language, name), percent(*right as f64, *all as f64));
            say!("{}", t!(language, "poetry-row", name = name, right = *right, all = *all, share = share));
        }
    }
}
