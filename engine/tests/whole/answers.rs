//! Real models through the engine's own door: what goes in as text comes out as llama.cpp's text.

use crate::files;

use std::path::Path;
use std::time::{Duration, Instant};

use mixtral_engine::arch::RopeOptions;
use mixtral_engine::model::CacheType;
use mixtral_engine::request::{Event, FinishReason, Input, Logprobs, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, EventStream, LoadOptions};

fn engine(models: &[(&str, &Path)]) -> Engine {
    engine_with(CacheType::default(), models)
}

fn engine_with(cache_type: CacheType, models: &[(&str, &Path)]) -> Engine {
    let options = EngineOptions { cache_type, ..EngineOptions::default() };
    let engine = Engine::start(DeviceSpec::Cpu, options).expect("starts");
    for (name, path) in models {
        engine.load(name, path, LoadOptions::default(), |_| {}).expect("loads");
    }
    engine
}

/// As the golden files were made: special tokens parsed, up to 48 tokens, always the likeliest.
fn golden_request(prompt: &str) -> Request {
    let input = Input::Text { text: prompt.to_owned(), parse_special: true };
    Request { sampling: Sampling::greedy(), max_tokens: 48, logprobs: Some(2), ..Request::new(input) }
}

fn verse_request(question: &str, seed: u64) -> Request {
    let sampling = Sampling { seed: Some(seed), ..Sampling::default() };
    Request { sampling, max_tokens: 40, ..Request::chat(vec![Message::new(Role::User, question)]) }
}

fn read(stream: EventStream) -> (String, Vec<u32>, Option<FinishReason>) {
    let (text, tokens, reason, _) = read_all(stream);
    (text, tokens, reason)
}

fn read_all(mut stream: EventStream) -> (String, Vec<u32>, Option<FinishReason>, Vec<Logprobs>) {
    let (mut text, mut tokens, mut reason, mut logprobs) = (String::new(), Vec::new(), None, Vec::new());
    while let Some(event) = stream.next_blocking() {
        match event {
            Event::Text { text: more, tokens: t, logprobs: l } => {
                text.push_str(&more);
                tokens.extend(t);
                logprobs.extend(l);
            }
            Event::Finished { reason: r, .. } => reason = Some(r),
            Event::Failed { error } => panic!("{error}"),
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } => {}
        }
    }
    (text, tokens, reason, logprobs)
}

fn poet(kind: &str) -> std::path::PathBuf {
    files::models().join(format!("poet-14m-{kind}.gguf"))
}

/// How far apart two likeliest tokens may stand and still change places: two logits' tolerances (`golden::llama_cpp`).
const TIE: f32 = 0.12;

/// How many of a model's golden answers come out exactly, all asked at once, or differ first where two tokens were as
/// good as even.
fn exact(name: &str, file: &Path, lines: &[serde_json::Value]) -> (usize, usize, usize) {
    // The golden files were made with a cache in F32.
    let engine = engine_with(CacheType::F32, &[(name, file)]);
    let prompts: Vec<_> = lines.iter().filter(|l| l["prompt"].is_string()).collect();
    let streams: Vec<EventStream> = prompts
        .iter()
        .map(|l| engine.submit(name, golden_request(l["prompt"].as_str().unwrap_or_default())).expect("taken"))
        .collect();
    let (mut same, mut even) = (0, 0);
    for (line, stream) in prompts.iter().zip(streams) {
        let (text, tokens, reason, logprobs) = read_all(stream);
        let mut expected = files::ids(line, "greedy");
        let ended = expected.last() == Some(&2);
        if ended {
            expected.pop();
        }
        if tokens == expected {
            assert_eq!(Some(text.as_str()), line["text"].as_str(), "{name}");
            assert_eq!(reason, Some(if ended { FinishReason::Stop } else { FinishReason::Length }));
            same += 1;
            continue;
        }
        eprintln!("{name}: {text} for {}", line["text"]);
        let differs =
            tokens.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(expected.len().min(tokens.len()));
        let wanted = expected.get(differs).copied().unwrap_or(2);
        let near = |l: &Logprobs| l.top.iter().any(|t| t.token == wanted && l.chosen.logprob - t.logprob < TIE);
        even += usize::from(!name.ends_with("f16") && logprobs.get(differs).is_some_and(near));
    }
    (same, even, prompts.len())
}

#[test]
fn greedy_text_equals_llama_cpps() {
    let mut compared = Vec::new();
    for (name, file, lines) in files::golden_models() {
        if !name.starts_with("poet") {
            continue;
        }
        let (same, even, all) = exact(&name, &file, &lines);
        // Without quantised activations nothing may differ. With them a near tie may break the other way, once in a while.
        assert!(same + even == all && same * 4 >= all * 3 && all >= 12, "{name}: {same} and {even} of {all}");
        compared.push(name);
    }
    assert!(compared.len() >= 3, "{compared:?}");
}

#[test]
fn sampled_answers_are_the_same_alone_and_together() {
    let file = poet("q4_K");
    let questions: Vec<String> =
        ["春", "夏", "秋", "冬", "月", "酒"].map(|t| format!("以《{t}》为题写一首七言绝句")).into();
    let one = engine(&[("verse", &file)]);
    let alone: Vec<_> = (0u64..)
        .zip(&questions)
        .map(|(seed, q)| read(one.submit("verse", verse_request(q, seed)).expect("taken")))
        .collect();
    // A cache for barely two of them: they must give way to each other, and no answer may change.
    let options = EngineOptions { cache_tokens: Some(160), step_tokens: 24, ..EngineOptions::default() };
    let many = Engine::start(DeviceSpec::Cpu, options).expect("starts");
    many.load("verse", &file, LoadOptions::default(), |_| {}).expect("loads");
    let streams: Vec<_> = (0u64..)
        .zip(&questions)
        .map(|(seed, q)| many.submit("verse", verse_request(q, seed)).expect("taken"))
        .collect();
    let together: Vec<_> = streams.into_iter().map(read).collect();
    assert_eq!(together, alone);
    assert!(alone.iter().any(|(text, ..)| *text != alone[0].0));
}

#[test]
fn an_abandoned_answer_frees_its_cache() {
    let engine = engine(&[("verse", &poet("q4_K"))]);
    let endless = Request { ignore_eos: true, max_tokens: 200, ..verse_request("写一首五言绝句", 1) };
    let mut stream = engine.submit("verse", endless).expect("taken");
    assert!(matches!(stream.next_blocking(), Some(Event::Started { .. })));
    assert!(matches!(stream.next_blocking(), Some(Event::Text { .. })));
    drop(stream);
    // The figures are told at the end of a step, so that a cache not yet counted looks like a free one: first the end of
    // the request is waited for, then its blocks.
    let begun = Instant::now();
    loop {
        let status = &engine.status().models[0];
        if status.requests_cancelled == 1 && status.cache_blocks_used == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", engine.status());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_models_answer_at_once_and_one_can_be_taken_away() {
    let (a, b) = (poet("q8_0"), poet("q2_K"));
    let engine = engine(&[("first", &a), ("second", &b)]);
    assert_eq!(engine.cards().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    let question = || Request { sampling: Sampling::greedy(), ..verse_request("写一首五言绝句", 1) };
    let alone = read(engine.submit("second", question()).expect("taken"));
    let endless = Request { ignore_eos: true, max_tokens: 200, ..question() };
    let mut going = engine.submit("first", endless).expect("taken");
    let staying = engine.submit("second", question()).expect("taken");
    assert!(matches!(going.next_blocking(), Some(Event::Started { .. })));
    engine.unload("first").expect("unloads");
    let mut last = None;
    while let Some(event) = going.next_blocking() {
        last = Some(event);
    }
    assert!(matches!(last, Some(Event::Failed { .. })), "{last:?}");
    assert_eq!(read(staying), alone);
    engine.load("first", &a, LoadOptions::default(), |_| {}).expect("loads again");
    assert_eq!(engine.cards().len(), 2);
}

#[test]
fn a_card_says_what_the_file_holds() {
    let mut heard = (0, 0);
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    let options = LoadOptions { context: Some(100), ..LoadOptions::default() };
    let card = engine.load("verse", &poet("q4_K"), options.clone(), |p| heard = (p.done, p.total)).expect("loads");
    assert!(heard.0 == heard.1 && heard.1 > 7_000_000, "{heard:?}");
    assert_eq!((card.architecture.as_str(), card.quantisation.to_uppercase().as_str()), ("mixtral", "Q4_K"));
    assert_eq!((card.experts, card.experts_used, card.vocabulary), (8, 2, 6400));
    assert_eq!((card.context, card.trained_context), (100, 256));
    // 13.7 million weights; six of eight experts of 3 x 256 x 256 rest in each of six layers.
    assert_eq!(card.parameters - card.active_parameters, 6 * 6 * 3 * 256 * 256);
    let small = LoadOptions { cache_tokens: Some(100), ..LoadOptions::default() };
    let bounded = engine.load("small", &poet("q2_K"), small, |_| {}).expect("loads");
    assert_eq!(bounded.context, 112, "seven blocks of sixteen: more could not be computed");
    let error = engine.load("verse", &poet("q4_K"), options, |_| {}).expect_err("taken");
    assert!(error.to_string().contains("verse"));
}

#[test]
fn a_context_longer_than_the_model_was_trained_for_is_given_to_who_asks() {
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    let load = |name: &str, context, rope| {
        let options = LoadOptions { context, rope, ..LoadOptions::default() };
        engine.load(name, &poet("q8_0"), options, |_| {}).expect("loads")
    };
    let card = load("long", Some(1024), RopeOptions::default());
    assert_eq!((card.context, card.trained_context), (1024, 256));
    let linear = RopeOptions { scale: Some(4.0), ..RopeOptions::default() };
    assert_eq!(load("stretched", Some(1024), linear).context, 1024);
    assert_eq!(load("own", None, RopeOptions::default()).context, 256);
    let prompt = |tokens: usize| Input::Tokens((0..tokens as u32).map(|at| 300 + at % 90).collect());
    let ask = |name: &str, tokens| {
        let request = Request { sampling: Sampling::greedy(), max_tokens: 20, ..Request::new(prompt(tokens)) };
        engine.submit(name, request).map(read)
    };
    // Beyond what it was trained for, both lengths are computed; the file's own bound still holds where nobody asks.
    let (_, tokens, _) = ask("long", 600).expect("there is room");
    assert!(!tokens.is_empty());
    assert!(ask("own", 600).is_err());
    // Within the trained length nothing changes but by stretching.
    let short = ask("own", 100).expect("fits");
    assert_eq!(ask("long", 100).expect("fits"), short);
    assert_ne!(ask("stretched", 100).expect("fits"), short, "its angles are others");
}

#[test]
fn a_tokenizer_that_is_damaged_or_foreign_is_refused_by_its_key() {
    let bytes = std::fs::read(poet("q2_K")).expect("readable");
    let folder = tempfile::tempdir().expect("a folder");
    let find = |text: &str| bytes.windows(text.len()).position(|w| w == text.as_bytes()).expect("is there");
    // Right behind a key stand its type (4 bytes) and its value.
    for (key, value, says) in [
        ("tokenizer.ggml.bos_token_id", 4, "outside the vocabulary"),
        ("tokenizer.ggml.model", 4 + 8, "is not supported"),
        ("tokenizer.ggml.token_type", 4 + 4 + 8 + 40, "no known type"),
    ] {
        let mut damaged = bytes.clone();
        let at = find(key) + key.len() + value;
        damaged[at..at + 4].copy_from_slice(b"xyz{");
        let file = folder.path().join("damaged.gguf");
        std::fs::write(&file, damaged).expect("writable");
        let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
        let error = engine.load("m", &file, LoadOptions::default(), |_| {}).expect_err("damaged").to_string();
        assert!(error.contains(key) && error.contains(says), "{error}");
    }
}
