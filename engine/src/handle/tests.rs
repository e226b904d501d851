//! The engine with models made of a formula, so that failures can be put where they hurt.

use std::collections::HashMap as Map;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::request::{Event, FinishReason, GenerateError, Usage};
use crate::sample::Sampling;
use crate::schedule::{Limits, Plan};
use crate::text::{ChatTemplate, Decoder, test_bytes_only};

const VOCABULARY: usize = 259;
/// A prompt with this token makes the model panic, give NaN, or fail.
const PANIC: u32 = 250;
const NAN: u32 = 251;
const FAIL: u32 = 252;

/// Continues by a rule over the whole past, which it reads back from its own cache: a scheduler
/// that mixed up slots or positions would change the text.
#[derive(Default)]
struct Formula {
    cache: Map<u32, u32>,
    log: Option<(u32, Arc<Mutex<Vec<u32>>>)>,
    gate: Option<Receiver<()>>,
}

impl Forward for Formula {
    fn forward(&mut self, plan: &Plan) -> Result<Vec<f32>> {
        if let Some(gate) = &self.gate {
            // A gate whose other end is gone stands open.
            let _ = gate.recv();
        }
        if let Some((name, log)) = &self.log {
            log.lock().expect("log").push(*name);
        }
        assert!(!plan.tokens.contains(&PANIC), "the formula panics");
        if plan.tokens.contains(&FAIL) {
            return Err(Error::Request("the formula fails".to_owned()));
        }
        for (slot, token) in plan.slots.iter().zip(&plan.tokens) {
            self.cache.insert(*slot, *token);
        }
        let mut logits = Vec::new();
        for row in &plan.outputs {
            let span =
                plan.sequences.iter().find(|s| (s.start..s.start + s.len).contains(&(*row as usize))).expect("a span");
            let past: Vec<u32> = (0..span.context)
                .map(|p| self.cache[&(span.blocks[p / BLOCK] * BLOCK as u32 + (p % BLOCK) as u32)])
                .collect();
            let sum = past
                .iter()
                .enumerate()
                .fold(7u64, |sum, (i, t)| sum.wrapping_mul(31).wrapping_add(u64::from(*t) * (i as u64 + 1)));
            // Printable characters only: byte `b` is token `b + 3`.
            let next = 3 + 33 + (sum % 90) as usize;
            let value = if plan.tokens.contains(&NAN) { f32::NAN } else { 5.0 };
            logits.extend((0..VOCABULARY).map(|t| if t == next { value } else { (t % 7) as f32 / 10.0 }));
        }
        Ok(logits)
    }

    fn reset(&mut self) -> Result<()> {
        self.cache.clear();
        Ok(())
    }
}

const BLOCK: usize = 4;

fn loaded(name: &str, model: Formula, blocks: u32) -> LoadedModel {
    let card = ModelCard {
        name: name.to_owned(),
        title: None,
        architecture: "formula".to_owned(),
        licence: None,
        file: String::new(),
        bytes: 0,
        parameters: 0,
        active_parameters: 0,
        quantisation: String::new(),
        experts: 1,
        experts_used: 1,
        context: 128,
        trained_context: 128,
        vocabulary: VOCABULARY,
        template: TemplateState::BuiltIn,
        device: "cpu".to_owned(),
        cache_bytes: 0,
    };
    LoadedModel {
        card,
        tokenizer: test_bytes_only(),
        template: ChatTemplate::new(None),
        model: Box::new(model),
        limits: Limits { max_sequences: 4, max_waiting: 8, step_tokens: 16, block_size: BLOCK, blocks },
        vocabulary: VOCABULARY,
    }
}

fn engine_with(options: EngineOptions, models: Vec<(&str, Formula)>) -> Engine {
    let engine = Engine::start(DeviceSpec::Cpu, options).expect("starts");
    for (name, model) in models {
        engine.add(name, loaded(name, model, 64)).expect("added");
    }
    engine
}

fn engine(models: Vec<(&str, Formula)>) -> Engine {
    engine_with(EngineOptions::default(), models)
}

fn ask(text: &str, max_tokens: usize) -> Request {
    Request { sampling: Sampling::greedy(), max_tokens, ..Request::text(text) }
}

/// The whole text and how it ended.
fn read(mut stream: EventStream) -> (String, Option<Event>) {
    let mut text = String::new();
    let mut last = None;
    while let Some(event) = stream.next_blocking() {
        if let Event::Text { text: more, .. } = &event {
            text.push_str(more);
        }
        last = Some(event);
    }
    (text, last)
}

fn usage(last: Option<Event>) -> (FinishReason, Usage) {
    match last {
        Some(Event::Finished { reason, usage, .. }) => (reason, usage),
        other => panic!("not finished: {other:?}"),
    }
}

fn gate() -> (Sender<()>, Formula) {
    let (open, gate) = channel();
    (open, Formula { gate: Some(gate), ..Formula::default() })
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(20), "still waiting: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn requests_in_flight_together_get_what_each_gets_alone() {
    let prompts: Vec<String> =
        (0..12).map(|i| "春眠不觉晓".chars().cycle().skip(i).take(1 + i * 2).collect()).collect();
    let alone: Vec<String> = prompts
        .iter()
        .map(|p| read(engine(vec![("m", Formula::default())]).submit("m", ask(p, 20)).expect("taken")).0)
        .collect();
    // 32 blocks of 4: too few for four at once, so some give way and come back.
    let together = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    together.add("m", loaded("m", Formula::default(), 32)).expect("added");
    let streams: Vec<EventStream> = prompts.iter().map(|p| together.submit("m", ask(p, 20)).expect("taken")).collect();
    let texts: Vec<String> = streams.into_iter().map(|s| read(s).0).collect();
    assert_eq!(texts, alone);
    assert!(alone.iter().all(|t| t.chars().count() == 20));
    wait_until("all blocks free", || together.status().models[0].cache_blocks_used == 0);
}

#[test]
fn a_sampled_answer_depends_on_its_seed_and_not_on_what_else_runs() {
    let hot = |seed| Request {
        sampling: Sampling { temperature: 2.0, top_k: 0, top_p: 1.0, seed: Some(seed), ..Sampling::default() },
        ..ask("abc", 24)
    };
    let e = engine(vec![("m", Formula::default())]);
    let alone = read(e.submit("m", hot(5)).expect("taken")).0;
    let others: Vec<EventStream> = (10..15).map(|s| e.submit("m", hot(s)).expect("taken")).collect();
    assert_eq!(read(e.submit("m", hot(5)).expect("taken")).0, alone);
    assert!(others.into_iter().map(|s| read(s).0).any(|t| t != alone), "other seeds give other texts");
}

#[test]
fn dropping_a_stream_cancels_its_request_and_frees_its_blocks() {
    let (open, model) = gate();
    let e = engine(vec![("m", model)]);
    let stream = e.submit("m", ask("abcdefgh", 100)).expect("taken");
    open.send(()).expect("open");
    wait_until("it runs", || e.status().models[0].cache_blocks_used > 0);
    drop(stream);
    drop(open);
    wait_until("it is gone", || e.status().models[0].requests_cancelled == 1);
    wait_until("its blocks are free", || e.status().models[0].cache_blocks_used == 0);
    assert_eq!(e.status().models[0].running, 0);
}

#[test]
fn a_reader_that_stops_reading_is_cancelled() {
    let options = EngineOptions { stream_buffer: 1, patience: Duration::from_millis(20), ..EngineOptions::default() };
    let (open, model) = gate();
    let e = engine_with(options, vec![("m", model)]);
    let stream = e.submit("m", ask("abc", 100)).expect("taken");
    for _ in 0..50 {
        open.send(()).expect("open");
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(open);
    wait_until("it is cancelled", || e.status().models[0].requests_cancelled == 1);
    assert_eq!(usage(read(stream).1).0, FinishReason::Cancelled);
}

#[test]
fn a_full_queue_refuses_at_once_and_takes_again_when_there_is_room() {
    let options = EngineOptions { queue: 2, ..EngineOptions::default() };
    let (open, model) = gate();
    let e = engine_with(options, vec![("m", model)]);
    let mut streams = vec![e.submit("m", ask("a", 3)).expect("taken")];
    wait_until("the first runs", || e.status().models[0].queued == 0);
    streams.extend([e.submit("m", ask("a", 3)).expect("waits"), e.submit("m", ask("a", 3)).expect("waits")]);
    let begun = Instant::now();
    assert_eq!(e.submit("m", ask("a", 3)).expect_err("full"), SubmitError::QueueFull { limit: 2 });
    assert!(begun.elapsed() < Duration::from_secs(1));
    drop(open);
    for stream in streams {
        assert_eq!(usage(read(stream).1).0, FinishReason::Length);
    }
    assert!(e.submit("m", ask("a", 1)).is_ok());
}

#[test]
fn two_models_take_turns_step_by_step() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let (open, mut first) = gate();
    first.log = Some((1, Arc::clone(&log)));
    let second = Formula { log: Some((2, Arc::clone(&log))), ..Formula::default() };
    let e = engine(vec![("one", first), ("two", second)]);
    let a = e.submit("one", ask("a", 30)).expect("taken");
    let b = e.submit("two", ask("b", 30)).expect("taken");
    drop(open);
    read(a);
    read(b);
    let log = log.lock().expect("log").clone();
    let both = &log[1..59];
    assert!(both.windows(2).all(|w| w[0] != w[1]), "{log:?}");
}

#[test]
fn unloading_ends_what_runs_and_leaves_other_models_alone() {
    let e = engine(vec![("go", Formula::default()), ("stay", Formula::default())]);
    let going = e.submit("go", Request { ignore_eos: true, ..ask("a", 120) }).expect("taken");
    let staying = e.submit("stay", ask("a", 40)).expect("taken");
    e.unload("go").expect("unloaded");
    match read(going).1 {
        Some(Event::Failed { error: GenerateError::Unloaded } | Event::Finished { .. }) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(usage(read(staying).1).0, FinishReason::Length);
    assert_eq!(e.submit("go", ask("a", 1)).expect_err("gone"), SubmitError::UnknownModel("go".to_owned()));
    assert!(e.unload("go").is_err());
    e.add("go", loaded("go", Formula::default(), 64)).expect("the name is free again");
    assert_eq!(usage(read(e.submit("go", ask("a", 3)).expect("taken")).1).0, FinishReason::Length);
}

#[test]
fn a_panic_or_an_error_in_one_model_ends_its_requests_and_nothing_else() {
    let e = engine(vec![("bad", Formula::default()), ("good", Formula::default())]);
    let expected = read(e.submit("bad", ask("fine", 8)).expect("taken")).0;
    let good = e.submit("good", ask("a", 60)).expect("taken");
    for (token, says) in [(PANIC, "the formula panics"), (FAIL, "the formula fails"), (NAN, "NaN")] {
        let hurt = Request { input: Input::Tokens(vec![1, token]), ..ask("", 8) };
        match read(e.submit("bad", hurt).expect("taken")).1 {
            Some(Event::Failed { error }) => assert!(error.to_string().contains(says), "{error}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(read(e.submit("bad", ask("fine", 8)).expect("taken")).0, expected, "it works again");
    }
    assert_eq!(usage(read(good).1).0, FinishReason::Length);
    assert_eq!(e.status().models[0].requests_failed, 3);
}

#[test]
fn shutdown_lets_what_runs_finish_and_takes_nothing_new() {
    let e = engine(vec![("m", Formula::default())]);
    let stream = e.submit("m", ask("a", 50)).expect("taken");
    e.shutdown(Duration::from_secs(20));
    assert_eq!(usage(read(stream).1).0, FinishReason::Length);
    assert_eq!(e.submit("m", ask("a", 1)).expect_err("down"), SubmitError::ShuttingDown);
    assert!(!e.status().alive);
}

#[test]
fn shutdown_without_grace_says_so_to_those_that_run() {
    let (open, model) = gate();
    let e = engine(vec![("m", model)]);
    let stream = e.submit("m", ask("a", 50)).expect("taken");
    wait_until("it runs", || e.status().models[0].queued == 0);
    std::thread::scope(|scope| {
        scope.spawn(|| e.shutdown(Duration::ZERO));
        std::thread::sleep(Duration::from_millis(20));
        drop(open);
    });
    assert_eq!(read(stream).1, Some(Event::Failed { error: GenerateError::ShutDown }));
}

#[test]
fn a_request_that_cannot_be_served_is_refused_with_the_field_or_the_limit() {
    let e = engine(vec![("m", Formula::default())]);
    let field = |request: Request| match e.submit("m", request).expect_err("refused") {
        SubmitError::BadRequest { field, .. } => field,
        other => panic!("{other:?}"),
    };
    let ok = || ask("a", 5);
    assert_eq!(field(Request { max_tokens: 0, ..ok() }), "max_tokens");
    assert_eq!(field(Request { stop: vec![String::new()], ..ok() }), "stop");
    assert_eq!(field(Request { logprobs: Some(21), ..ok() }), "logprobs");
    assert_eq!(field(Request { sampling: Sampling { top_p: 0.0, ..Sampling::default() }, ..ok() }), "top_p");
    assert_eq!(field(Request { input: Input::Tokens(vec![259]), ..ok() }), "prompt");
    assert_eq!(field(Request { input: Input::Tokens(vec![]), ..ok() }), "prompt");
    assert_eq!(field(Request::chat(vec![])), "messages");
    let system_late = vec![Message::new(Role::User, "a"), Message::new(Role::System, "b")];
    assert_eq!(field(Request::chat(system_late)), "messages[1].role");
    assert_eq!(field(Request::chat(vec![Message::new(Role::Assistant, "a")])), "messages[0].role");
    let twice = vec![Message::new(Role::User, "a"), Message::new(Role::User, "b")];
    assert!(matches!(e.submit("m", Request::chat(twice)), Err(SubmitError::TemplateFailed(_))));
    let long = e.submit("m", ask(&"x".repeat(128), 5)).expect_err("too long");
    assert_eq!(long, SubmitError::PromptTooLong { tokens: 129, at_least: false, limit: 127 });
    assert_eq!(e.submit("other", ok()).expect_err("unknown"), SubmitError::UnknownModel("other".to_owned()));
    assert_eq!(e.status().models[0].queued, 0, "a refused request keeps no place");
}

#[test]
fn events_come_in_order_with_usage_tokens_and_logprobs() {
    let e = engine(vec![("m", Formula::default())]);
    let mut stream = e.submit("m", Request { logprobs: Some(2), ..ask("hello", 6) }).expect("taken");
    assert_eq!(stream.next_blocking(), Some(Event::Started { prompt_tokens: 6, cached_tokens: 0 }));
    let (mut text, mut tokens, mut logprobs) = (String::new(), Vec::new(), Vec::new());
    let last = loop {
        match stream.next_blocking().expect("goes on") {
            Event::Text { text: t, tokens: k, logprobs: l } => {
                text.push_str(&t);
                tokens.extend(k);
                logprobs.extend(l);
            }
            last => break last,
        }
    };
    let (reason, usage) = usage(Some(last));
    assert_eq!((reason, usage.prompt_tokens, usage.completion_tokens), (FinishReason::Length, 6, 6));
    assert!(usage.first_token_seconds > 0.0 && usage.total_seconds >= usage.first_token_seconds);
    let mut decoder = Decoder::new();
    let decoded: String = tokens.iter().map(|t| decoder.push(&test_bytes_only(), *t)).collect();
    assert_eq!(decoded, text);
    assert_eq!(logprobs.len(), 6);
    for (l, token) in logprobs.iter().zip(&tokens) {
        assert_eq!((l.chosen.token, l.top.len(), l.top[0].token), (*token, 2, *token));
        assert!(l.chosen.logprob < 0.0 && l.top[0].logprob >= l.top[1].logprob);
    }
}

#[test]
fn a_stop_string_ends_the_answer_and_is_not_shown() {
    let e = engine(vec![("m", Formula::default())]);
    let whole = read(e.submit("m", ask("hello", 30)).expect("taken")).0;
    let stop = whole[10..13].to_owned();
    let at = whole.find(&stop).expect("is there");
    let (text, last) = read(e.submit("m", Request { stop: vec![stop.clone()], ..ask("hello", 30) }).expect("taken"));
    assert_eq!(text, whole[..at]);
    assert!(matches!(last, Some(Event::Finished { reason: FinishReason::Stop, stop: Some(s), .. }) if s == stop));
}

#[test]
fn an_answer_ends_where_the_context_ends() {
    let e = engine(vec![("m", Formula::default())]);
    let (_, last) = read(e.submit("m", ask(&"x".repeat(120), 1000)).expect("taken"));
    assert_eq!(usage(last).1.completion_tokens, 128 - 121);
}

#[test]
fn bad_options_are_refused_by_name() {
    let zero = EngineOptions { queue: 0, ..EngineOptions::default() };
    assert!(Engine::start(DeviceSpec::Cpu, zero).expect_err("refused").to_string().contains("queue"));
    let one = EngineOptions { threads: Some(1), ..EngineOptions::default() };
    let e = engine_with(one, vec![("m", Formula::default())]);
    assert_eq!(read(e.submit("m", ask("a", 4)).expect("taken")).0.len(), 4);
}
