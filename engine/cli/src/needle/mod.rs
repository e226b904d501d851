//! `mixtral evaluate needle`: whether a model finds a sentence in a long text, by its depth and by the text's length.

mod haystack;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use mixtral_engine::request::{Event, Input, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::text::Tokenizer;
use mixtral_engine::{Engine, EngineOptions, LoadOptions};
use serde_json::json;

use crate::i18n::Language;
use crate::options::{Machine, Model, between, warn_of_long_context};
use crate::picture::heat_map;
use crate::progress::bar;
use haystack::Haystack;

const MODEL: &str = "model";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    pub text: PathBuf,
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', default_value = "1024,2048,4096,8192")]
    pub lengths: Vec<usize>,
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', default_value = "0,25,50,75,100")]
    pub depths: Vec<u32>,
    #[arg(long, default_value = "The secret number of the old lighthouse is 48213.")]
    pub needle: String,
    #[arg(long, default_value = "What is the secret number of the old lighthouse? Answer with the number alone.")]
    pub question: String,
    #[arg(long, default_value = "48213")]
    pub answer: Vec<String>,
    #[arg(short = 'n', long, default_value_t = 32)]
    pub max_tokens: usize,
    #[arg(long)]
    pub raw: bool,
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

/// What came of one text.
struct Found {
    length: usize,
    depth: u32,
    /// Tokens that the model read.
    tokens: usize,
    /// The share of what the answer must hold.
    share: f64,
    answer: String,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    ensure!(arguments.depths.iter().all(|depth| *depth <= 100), t!(language, "needle-depth"));
    let Some(longest) = arguments.lengths.iter().copied().max() else { return Ok(()) };
    between("--lengths", arguments.lengths.iter().copied().min().unwrap_or(0), 64..=usize::MAX, language)?;
    let text = std::fs::read_to_string(&arguments.text).with_context(|| arguments.text.display().to_string())?;
    ensure!(!text.trim().is_empty(), t!(language, "needle-empty", path = arguments.text.display()));
    let options = EngineOptions { max_sequences: 1, queue: 1, ..arguments.machine.options() };
    let engine = Engine::start(arguments.machine.device, options)?;
    let wanted = arguments.machine.load_options(&arguments.model);
    let load = LoadOptions { context: wanted.context.or(Some(longest)), ..wanted };
    let card = arguments.model.load(&engine, MODEL, load)?;
    ensure!(card.context >= longest, t!(language, "needle-too-long", length = longest, context = card.context));
    warn_of_long_context(longest, card.trained_context, &arguments.machine.rope, language);
    let tokenizer = engine.tokenizer(MODEL).ok_or_else(|| anyhow!("the model is gone"))?;
    let haystack = Haystack::new(&text, &arguments.needle, &tokenizer);
    let bar = bar(arguments.lengths.len() * arguments.depths.len(), "{wide_bar} {pos}/{len} {msg} {eta}");
    let mut found = Vec::new();
    for length in &arguments.lengths {
        for depth in &arguments.depths {
            let one = ask(&engine, &tokenizer, &haystack, arguments, (*length, *depth))?;
            bar.set_message(format!("{length} · {depth}%: {:.0}%", 100.0 * one.share));
            bar.inc(1);
            found.push(one);
        }
    }
    bar.finish_and_clear();
    tell(&found, arguments, language)
}

fn ask(
    engine: &Engine,
    tokenizer: &Tokenizer,
    haystack: &Haystack<'_>,
    arguments: &Arguments,
    (length, depth): (usize, u32),
) -> anyhow::Result<Found> {
    let laid_out = |hay: &str| {
        let text = format!("{hay}\n\n{}", arguments.question);
        match arguments.raw {
            true => Input::Text { text: format!("{text}\n"), parse_special: false },
            false => Input::Chat(vec![Message::new(Role::User, text)]),
        }
    };
    // What stands around the text: question, template, and room for the answer.
    let around = engine.count_tokens(MODEL, &laid_out(""))? + arguments.max_tokens;
    let mut room = length.saturating_sub(around);
    let (input, tokens) = loop {
        let input = laid_out(&haystack.with_needle(tokenizer, room, depth));
        let tokens = engine.count_tokens(MODEL, &input)?;
        // Where pieces join, there may be a token or two more than were counted apart.
        let over = (tokens + arguments.max_tokens).saturating_sub(length);
        if over == 0 || room == 0 {
            break (input, tokens);
        }
        room = room.saturating_sub(over);
    };
    let request = Request { sampling: Sampling::greedy(), max_tokens: arguments.max_tokens, ..Request::new(input) };
    let mut events = engine.submit(MODEL, request)?;
    let mut answer = String::new();
    while let Some(event) = events.next_blocking() {
        match event {
            Event::Text { text, .. } => answer.push_str(&text),
            Event::Failed { error } => return Err(error.into()),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {}
        }
    }
    Ok(Found {
        length,
        depth,
        tokens,
        share: haystack::share(&answer, &arguments.answer),
        answer: answer.trim().to_owned(),
    })
}

fn tell(found: &[Found], arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let mean = found.iter().map(|one| one.share).sum::<f64>() / found.len().max(1) as f64;
    let at = |row: usize, column: usize| {
        let (depth, length) = (arguments.depths[row], arguments.lengths[column]);
        found.iter().find(|one| one.depth == depth && one.length == length).map(|one| one.share)
    };
    if arguments.json {
        let of = |one: &Found| json!({ "length": one.length, "depth": one.depth, "tokens": one.tokens, "score": one.share, "answer": one.answer });
        say!(
            "{}",
            serde_json::to_string_pretty(&json!({ "score": mean, "cells": found.iter().map(of).collect::<Vec<_>>() }))?
        );
    } else {
        let cells = |cells: Vec<String>| cells.iter().map(|cell| format!("{cell:>8}")).collect::<String>();
        say!("{:>6}{}", "", cells(arguments.lengths.iter().map(usize::to_string).collect()));
        for (row, depth) in arguments.depths.iter().enumerate() {
            let shares = (0..arguments.lengths.len())
                .map(|column| at(row, column).map_or("–".to_owned(), |share| format!("{:.0}%", 100.0 * share)));
            say!("{:>6}{}", format!("{depth}%"), cells(shares.collect()));
        }
        say!("{}", t!(language, "needle-mean", mean = format!("{:.1}", 100.0 * mean)));
    }
    if let Some(path) = &arguments.svg {
        let name = arguments.model.path.file_name().unwrap_or_default().to_string_lossy();
        let title = format!("Needle in a haystack 大海捞针 · {name}");
        let axes = ["context length, tokens 上下文长度（词元）", "depth 深度"];
        let svg = heat_map(&arguments.depths, &arguments.lengths, &title, axes, at);
        std::fs::write(path, svg).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
