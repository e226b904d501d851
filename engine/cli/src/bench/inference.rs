//! `mixtral bench inference`: tokens a second of a model on a device, as the engine serves them.

use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::Args;
use mixtral_engine::request::{Event, Input, Request, Usage};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{Engine, EngineOptions, LoadOptions};
use serde_json::json;

use super::bandwidth::{self, Needs};
use super::table::{self, Row, Work};
use crate::i18n::Language;
use crate::options::{Machine, Model, between};
use crate::progress::bar;

const MODEL: &str = "model";
/// Conversations that are decoded at once.
const AT_ONCE: [usize; 3] = [1, 4, 16];
/// Tokens of the prompts before short decoding.
const SHORT: usize = 32;
/// Prompts whose reading is measured.
const PROMPTS: [usize; 2] = [512, 4096];
/// Contexts in which one conversation is decoded.
const LONG: [usize; 2] = [4096, 8192];
/// Tokens of a conversation before its second turn, and of what is added to it.
const FIRST_TURN: usize = 2048;
const SECOND_TURN: usize = 32;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    /// Tokens of each answer.
    #[arg(long, default_value_t = 64)]
    pub tokens: usize,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    let answer = arguments.tokens;
    between("--tokens", answer, 2..=4096, language)?;
    let files = arguments.model.open()?;
    let most = arguments.machine.context.unwrap_or(files.config().max_context);
    let context = most.min(LONG[1] + answer);
    let conversations = AT_ONCE[AT_ONCE.len() - 1];
    let options = EngineOptions {
        max_sequences: conversations,
        cache_tokens: Some(context.max(conversations * (SHORT + answer + 16))),
        ..arguments.machine.options()
    };
    let engine = Engine::start(arguments.machine.device, options)?;
    let device = engine.device().to_owned();
    let memory = bandwidth::measured(&device)?;
    let load = LoadOptions { context: Some(context), ..arguments.machine.load_options(&arguments.model) };
    let before = resident();
    let begun = Instant::now();
    let card = arguments.model.load(&engine, MODEL, load)?;
    let load_seconds = begun.elapsed().as_secs_f64();
    let mut bench = Bench {
        engine: &engine,
        needs: Needs::new(&files, arguments.machine.kv_cache_dtype),
        memory,
        vocabulary: files.config().vocab_size,
        seed: 0,
        rows: Vec::new(),
    };
    let progress = bar(1, "{spinner} {elapsed}");
    progress.enable_steady_tick(std::time::Duration::from_millis(200));
    bench.warm_up(context, answer)?;
    for conversations in AT_ONCE.into_iter().filter(|_| SHORT + answer <= context) {
        bench.decode(conversations, SHORT, answer)?;
    }
    for prompt in PROMPTS.into_iter().filter(|prompt| *prompt < context) {
        bench.prefill(prompt)?;
    }
    for long in LONG.into_iter().filter(|long| long + answer <= context) {
        bench.decode(1, long, answer)?;
    }
    if FIRST_TURN + 2 * SECOND_TURN < context {
        bench.second_turn()?;
    }
    progress.finish_and_clear();
    let rows = bench.rows;
    let resident = resident().zip(before).map(|(now, before)| now.saturating_sub(before));
    if arguments.json {
        let all = json!({
            "model": card.file, "quantization": card.quantisation, "parameters": card.parameters, "device": device,
            "bytes_per_second": memory, "load_seconds": load_seconds, "resident_bytes": resident, "rows": rows,
        });
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let (parameters, memory) = (language.count(card.parameters), format!("{:.1}", memory / 1e9));
    let kind = card.quantisation;
    say!("{}", t!(language, "bench-inference", parameters = parameters, kind = kind, device = device, memory = memory));
    let seconds = format!("{load_seconds:.1}");
    say!("{}", t!(language, "bench-load", seconds = seconds));
    if let Some(bytes) = resident {
        let (gib, file) = (gib(bytes), gib(card.bytes));
        say!("{}", t!(language, "bench-resident", memory = gib, file = file));
    }
    say!("{}", table::text(&rows, language));
    Ok(())
}

struct Bench<'a> {
    engine: &'a Engine,
    needs: Needs,
    /// Bytes a second.
    memory: f64,
    vocabulary: usize,
    seed: u64,
    rows: Vec<Row>,
}

impl Bench<'_> {
    /// Lets kernels load and the engine find out how large its steps may be.
    fn warm_up(&mut self, context: usize, answer: usize) -> anyhow::Result<()> {
        for len in [SHORT, PROMPTS[0], PROMPTS[0], PROMPTS[1]] {
            let len = len.min(context.saturating_sub(answer + 1)).max(1);
            let prompt = self.prompt(len);
            self.answer(vec![prompt], answer.min(8))?;
        }
        Ok(())
    }

    fn decode(&mut self, conversations: usize, context: usize, answer: usize) -> anyhow::Result<()> {
        let prompts = (0..conversations).map(|_| self.prompt(context)).collect();
        let usages = self.answer(prompts, answer)?;
        let seconds = usages.iter().map(|u| u.total_seconds - u.first_token_seconds).sum::<f64>() / usages.len() as f64;
        let steps_per_second = (answer - 1) as f64 / seconds;
        let bytes = self.needs.bytes(conversations, context + answer / 2);
        self.rows.push(Row {
            work: Work::Decode,
            conversations,
            context,
            tokens_per_second: steps_per_second * conversations as f64,
            milliseconds: 1e3 / steps_per_second,
            bandwidth_share: Some(bytes * steps_per_second / self.memory),
            cached_tokens: 0,
        });
        Ok(())
    }

    fn prefill(&mut self, len: usize) -> anyhow::Result<()> {
        let prompt = self.prompt(len);
        self.first_token(Work::Prefill, prompt, len)
    }

    /// The prompt of a second turn is the first one, the answer, and a few tokens more.
    fn second_turn(&mut self) -> anyhow::Result<()> {
        let mut prompt = self.prompt(FIRST_TURN);
        let stream = self.engine.submit(MODEL, request(prompt.clone(), SECOND_TURN))?;
        let (_, answer) = whole(stream)?;
        prompt.extend(answer);
        let more = self.prompt(SECOND_TURN);
        let new = more.len();
        prompt.extend(more);
        self.first_token(Work::SecondTurn, prompt, new)
    }

    fn first_token(&mut self, work: Work, prompt: Vec<u32>, new: usize) -> anyhow::Result<()> {
        let context = prompt.len() - new;
        let usages = self.answer(vec![prompt], 1)?;
        let usage = usages.first().context("an answer")?;
        self.rows.push(Row {
            work,
            conversations: 1,
            context: if work == Work::Prefill { new } else { context },
            tokens_per_second: new as f64 / usage.first_token_seconds,
            milliseconds: 1e3 * usage.first_token_seconds,
            bandwidth_share: None,
            cached_tokens: usage.cached_tokens,
        });
        Ok(())
    }

    /// All prompts at once; what each answer cost.
    fn answer(&self, prompts: Vec<Vec<u32>>, tokens: usize) -> anyhow::Result<Vec<Usage>> {
        let submit = |prompt| self.engine.submit(MODEL, request(prompt, tokens));
        let streams = prompts.into_iter().map(submit).collect::<Result<Vec<_>, _>>()?;
        // Read at the same time: a stream that is not read stops its request.
        let readers: Vec<_> = streams.into_iter().map(|s| std::thread::spawn(move || whole(s))).collect();
        readers
            .into_iter()
            .map(|reader| match reader.join() {
                Ok(outcome) => outcome.map(|(usage, _)| usage),
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    }

    /// Random tokens, other ones each time, so that nothing of them is in a cache.
    fn prompt(&mut self, len: usize) -> Vec<u32> {
        let mut draw = || {
            // A generator of the plainest kind is random enough here (Knuth's constants).
            self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.seed >> 33) as usize % self.vocabulary) as u32
        };
        (0..len).map(|_| draw()).collect()
    }
}

/// Bytes of memory that the process holds, where the system (Linux) tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn gib(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / f64::from(1 << 30))
}

/// Always as many tokens as asked for, the likeliest each time.
fn request(prompt: Vec<u32>, tokens: usize) -> Request {
    let input = Input::Tokens(prompt);
    Request { sampling: Sampling::greedy(), max_tokens: tokens, ignore_eos: true, ..Request::new(input) }
}

/// An answer's cost and its tokens.
fn whole(mut stream: mixtral_engine::EventStream) -> anyhow::Result<(Usage, Vec<u32>)> {
    let mut made = Vec::new();
    while let Some(event) = stream.next_blocking() {
        match event {
            Event::Text { tokens, .. } => made.extend(tokens),
            Event::Failed { error } => return Err(error.into()),
            Event::Finished { usage, .. } => return Ok((usage, made)),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } => {}
        }
    }
    bail!("the answer has no end")
}
