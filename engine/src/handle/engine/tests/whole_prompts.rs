//! Requests that want something of every token of their prompt, and answers that are held to something.

use serde_json::json;

use super::*;
use crate::request::{Format, PromptToken};

fn events(mut stream: EventStream) -> Vec<Event> {
    std::iter::from_fn(|| stream.next_blocking()).collect()
}

fn prompt_of(events: &[Event]) -> &[PromptToken] {
    match events.get(1) {
        Some(Event::Prompt { tokens }) => tokens,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_token_of_a_prompt_is_scored_once_in_steps_of_any_size_and_beside_others() {
    let scored = |max_tokens| Request { prompt_logprobs: Some(1), ..ask("abcdefghijklmnopqrstuvwx", max_tokens) };
    let e = engine(vec![("m", Formula::default())]);
    let alone = events(e.submit("m", scored(3)).expect("taken"));
    let tokens = prompt_of(&alone);
    assert_eq!(tokens.len(), 25, "the beginning and 24 letters");
    assert_eq!(tokens[0].logprobs, None, "nothing stands before it");
    for (at, token) in tokens.iter().enumerate().skip(1) {
        let logprobs = token.logprobs.as_ref().expect("known");
        assert_eq!((logprobs.chosen.token, logprobs.top.len()), (token.token, 1), "{at}");
        assert!(logprobs.chosen.logprob <= logprobs.top[0].logprob && logprobs.top[0].logprob < 0.0);
    }
    // The second time the cache knows the prompt, and must not be believed; few blocks make some give way.
    let together = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    together.add("m", loaded("m", Formula::default(), 20)).expect("added");
    for _ in 0..2 {
        let streams: Vec<_> = (0..3).map(|_| together.submit("m", scored(6)).expect("taken")).collect();
        for stream in streams {
            let events = events(stream);
            assert_eq!(prompt_of(&events), tokens);
            assert!(matches!(events.last(), Some(Event::Finished { usage, .. }) if usage.completion_tokens == 6));
        }
    }
    wait_until("all blocks free", || together.status().models[0].cache_blocks_used == 0);
}

#[test]
fn a_prompt_may_be_scored_without_an_answer() {
    let e = engine(vec![("m", Formula::default())]);
    let events = events(e.submit("m", Request { prompt_logprobs: Some(0), ..ask("abc", 0) }).expect("taken"));
    assert_eq!(prompt_of(&events).len(), 4);
    let Some(Event::Finished { reason, usage, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!((*reason, usage.prompt_tokens, usage.completion_tokens), (FinishReason::Length, 4, 0));
}

#[test]
fn an_embedding_is_the_mean_of_all_tokens_with_length_one() {
    let e = engine(vec![("m", Formula { samples: true, ..Formula::default() }), ("none", Formula::default())]);
    let embed = || Request { embedding: true, ..ask("abcdefghij", 0) };
    let read = |request| match events(e.submit("m", request).expect("taken")).get(1) {
        Some(Event::Embedding { values }) => values.clone(),
        other => panic!("{other:?}"),
    };
    // What the formula says after each token, odd or even, counted by asking it so far.
    let mut counts = [0f32; 2];
    for length in 0..=10 {
        let text = &"abcdefghij"[..length];
        let mut stream = e.submit("m", ask(text, 1)).expect("taken");
        while let Some(event) = stream.next_blocking() {
            if let Event::Text { tokens, .. } = event {
                counts[tokens[0] as usize % 2] += 1.0;
            }
        }
    }
    let length = counts.iter().map(|count| count * count).sum::<f32>().sqrt();
    let expected: Vec<f32> = counts.iter().map(|count| count / length).collect();
    let values = read(embed());
    assert!(values.iter().zip(&expected).all(|(value, expected)| (value - expected).abs() < 1e-6), "{values:?}");
    assert_eq!(read(embed()), values, "the cache changes nothing");
}

#[test]
fn biases_ban_and_favour_tokens_and_given_tokens_end_an_answer() {
    let e = engine(vec![("m", Formula::default())]);
    let (text, _) = read(e.submit("m", ask("hello", 6)).expect("taken"));
    let first = u32::from(text.as_bytes()[0]) + 3;
    let banned = Request { logit_bias: vec![(first, -100.0)], ..ask("hello", 6) };
    assert_ne!(read(e.submit("m", banned).expect("taken")).0.as_bytes()[0], text.as_bytes()[0]);
    let a = u32::from(b'a') + 3;
    let favoured = Request { logit_bias: vec![(a, 50.0)], ..ask("hello", 6) };
    assert_eq!(read(e.submit("m", favoured).expect("taken")).0, "aaaaaa");
    let (stopped, last) = read(e.submit("m", Request { stop_tokens: vec![first], ..ask("hello", 6) }).expect("taken"));
    assert_eq!((stopped.as_str(), usage(last).0), ("", FinishReason::Stop));
    let wild = Request { logit_bias: vec![(a, f32::NAN)], ..ask("hello", 6) };
    assert!(matches!(e.submit("m", wild), Err(SubmitError::BadRequest { field, .. }) if field == "logit_bias"));
}

#[test]
fn an_answer_keeps_to_its_schema_and_ends_with_it() {
    let e = engine(vec![("m", Formula { samples: true, ..Formula::default() })]);
    let schema = json!({
        "type": "object",
        "properties": {"word": {"enum": ["wind", "moon"]}, "lines": {"type": "integer", "minimum": 1, "maximum": 4}},
        "required": ["word", "lines"],
        "additionalProperties": false,
        "x-guidance": {"whitespace_flexible": false},
    });
    let held = |schema| Request { format: Format::Json(schema), ..ask("hello", 60) };
    let (text, last) = read(e.submit("m", held(schema)).expect("taken"));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert!(value["word"] == "wind" || value["word"] == "moon", "{text}");
    assert!((1..=4).contains(&value["lines"].as_i64().expect("a number")), "{text}");
    assert_eq!(usage(last).0, FinishReason::Stop);
    let refused = e.submit("m", held(json!({"type": "nonsense"})));
    assert!(matches!(refused, Err(SubmitError::BadRequest { field, .. }) if field == "response_format"));
}
