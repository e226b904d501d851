//! The engine with models made of a formula.

mod failures;
mod formula;
mod whole_prompts;

use std::sync::mpsc::{SyncSender, sync_channel};

use super::*;
use crate::request::{Event, FinishReason, Message, Role, Usage};
use crate::sample::Sampling;
use crate::text::{Decoder, test_bytes_only};
use formula::{Formula, loaded};

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

fn gate() -> (SyncSender<()>, Formula) {
    let (open, gate) = sync_channel(64);
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
fn a_conversation_is_laid_out_by_the_template_that_its_request_brings() {
    let e = engine(vec![("m", Formula::default())]);
    let asked = |template: &str| Request {
        chat_template: Some(template.into()),
        sampling: Sampling::greedy(),
        max_tokens: 1,
        ..Request::chat(vec![Message::new(Role::User, "abc")])
    };
    let tokens = |template: &str| {
        let stream = e.submit("m", asked(template)).expect("taken");
        usage(read(stream).1).1.prompt_tokens
    };
    let once = tokens("{{ messages[0].content }}");
    assert_eq!(tokens("{{ messages[0].content }}{{ messages[0].content }}"), once + 3);
    assert_eq!(tokens("{{ messages[0].content }}"), once, "each keeps its own");
    let broken = e.submit("m", asked("{% for m in messages %}")).expect_err("does not parse");
    assert!(matches!(&broken, SubmitError::TemplateFailed(why) if why.contains("line 1")), "{broken}");
    let refused = e.submit("m", asked("{{ raise_exception('not today') }}")).expect_err("refuses");
    assert!(matches!(&refused, SubmitError::TemplateFailed(why) if why.contains("not today")), "{refused}");
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{{ b }}{% endfor %}{% endfor %}";
    assert!(matches!(e.submit("m", asked(endless)), Err(SubmitError::TemplateFailed(_))));
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
fn a_model_that_chooses_tokens_itself_gives_the_same_answers_and_logits_where_they_are_wanted() {
    let own = || Formula { samples: true, ..Formula::default() };
    let e = engine(vec![("m", Formula::default()), ("own", own())]);
    let answer = |model: &str, request: Request| read(e.submit(model, request).expect("taken"));
    assert_eq!(answer("own", ask("abc", 24)).0, answer("m", ask("abc", 24)).0);
    let explained = Request { logprobs: Some(2), ..ask("abc", 5) };
    let mut stream = e.submit("own", explained).expect("taken");
    let mut told = 0;
    while let Some(event) = stream.next_blocking() {
        if let Event::Text { logprobs, .. } = event {
            told += logprobs.len();
        }
    }
    assert_eq!(told, 5, "log probabilities need logits");
    let hurt = Request { input: Input::Tokens(vec![1, formula::NAN]), ..ask("", 8) };
    match answer("own", hurt).1 {
        Some(Event::Failed { error }) => assert!(error.to_string().contains("NaN"), "{error}"),
        other => panic!("{other:?}"),
    }
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
    let options =
        EngineOptions { stream_buffer: 1, read_timeout: Duration::from_millis(20), ..EngineOptions::default() };
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
fn a_slow_models_prompt_is_cut_into_steps_that_take_no_longer_than_they_should() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let slow = Formula { slow: Some((Duration::from_millis(10), Arc::clone(&sizes))), ..Formula::default() };
    let options = EngineOptions { step_time: Duration::from_millis(45), ..EngineOptions::default() };
    let e = engine_with(options, vec![("m", slow)]);
    read(e.submit("m", ask(&"x".repeat(39), 2)).expect("taken"));
    // 16 tokens take 160 ms and 8 take 80; 4 are as few as a step may be bound to.
    assert_eq!(*sizes.lock().expect("sizes"), [16, 8, 4, 4, 4, 4, 1]);
}

#[test]
fn a_second_turn_computes_only_what_is_new_and_says_the_same() {
    let turn = |engine: &Engine, prompt: &str| {
        let (text, last) = read(engine.submit("m", ask(prompt, 12)).expect("taken"));
        (text, usage(last).1.cached_tokens)
    };
    let warm = engine(vec![("m", Formula::default())]);
    let first = "春眠不觉晓处处闻啼鸟";
    let (answer, cached) = turn(&warm, first);
    assert_eq!(cached, 0);
    let second = format!("{first}{answer}夜来");
    let (text, cached) = turn(&warm, &second);
    assert!(cached >= first.len() / 4 * 4, "{cached} of {} bytes and more were known", first.len());
    assert_eq!(turn(&engine(vec![("m", Formula::default())]), &second), (text.clone(), 0), "as without a cache");
    assert_eq!(turn(&warm, &second).0, text, "and asked once more");
    wait_until("what is remembered is not in use", || warm.status().models[0].cache_blocks_used == 0);
    assert!(warm.status().models[0].cached_tokens > cached as u64);
}
