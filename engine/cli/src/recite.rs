//! `mixtral recite`: how often a model's verse is what was asked for.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::poetry::judge;
use anyhow::{Context as _, ensure};
use clap::Args;
use mixtral_engine::request::{Event, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{Engine, EngineOptions, LoadOptions};
use serde::Deserialize;

use crate::language::Language;
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
    /// Held-out conversations, as mixtral data poetry writes them (JSON lines).
    #[arg(id = "asked", value_name = "HELD_OUT")]
    pub asked: PathBuf,
    /// Training files, to count answers that are copied whole; may be given several times.
    #[arg(long = "data", id = "learnt")]
    pub learnt: Vec<PathBuf>,
    /// How many requests, from the file's beginning.
    #[arg(short = 'n', long, default_value_t = 200)]
    pub requests: usize,
    /// 0 always takes the likeliest token; higher is more varied.
    #[arg(short, long, default_value_t = 0.8)]
    pub temperature: f32,
    /// The first request's seed; each next one adds 1.
    #[arg(long = "seed", id = "first_seed", default_value_t = 1)]
    pub seed: u64,
    /// Print this many of the questions and answers.
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
    arguments.machine.make_pool()?;
    let sampling = Sampling { temperature: arguments.temperature, ..Sampling::default() };
    sampling.check()?;
    let asked: Vec<_> = read(&arguments.asked)?.into_iter().take(arguments.requests).collect();
    let none = language.pick("no conversations with a question and an answer", "没有成对的问与答");
    ensure!(!asked.is_empty(), "{}: {none}", arguments.asked.display());
    let mut learnt = HashSet::new();
    for path in &arguments.learnt {
        for conversation in read(path)? {
            learnt.extend(conversation.messages.iter().skip(1).step_by(2).map(|turn| plain(&turn.content)));
        }
    }
    let options = EngineOptions { max_sequences: AT_ONCE, queue: AT_ONCE, ..EngineOptions::default() };
    let engine = Engine::start(arguments.machine.device, options)?;
    engine.load(
        MODEL,
        &arguments.model.path,
        LoadOptions {
            context: arguments.machine.context,
            base: arguments.model.base.clone(),
            ..LoadOptions::default()
        },
        |_| {},
    )?;
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
    tally.print(number, !arguments.learnt.is_empty(), language);
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
            Event::Started { .. } | Event::Finished { .. } => {}
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
            (language.pick("asked form", "体裁正确"), self.form),
            (language.pick("couplet's length", "对句字数正确"), self.couplet),
            (language.pick("begins with the given line", "以所给句起首"), self.first),
            (language.pick("ci with lines as long as the poet's", "词句长短同原作"), self.tune),
            (language.pick("even lines that rhyme", "偶句押韵"), self.rhymes),
            (language.pick("  in the poets' own", "  原作押韵"), self.poets),
            (language.pick("copied whole", "整篇照抄"), self.copied),
        ];
        let shown = if compared { rows.len() } else { rows.len() - 1 };
        say!("{}: {number}", language.pick("requests", "请求数"));
        for (name, (right, all)) in &rows[..shown] {
            let share = 100.0 * *right as f64 / (*all).max(1) as f64;
            say!("{name}: {right}/{all} ({share:.1} %)");
        }
    }
}
