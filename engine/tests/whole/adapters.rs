//! Adapters and their base in one engine: answers in company are those of each alone, and one at fault stays alone.

use std::path::{Path, PathBuf};

use mixtral_engine::request::{Event, GenerateError, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, EventStream, LoadOptions};

use crate::files::models;

/// A copy of the demo's adapter whose scale is another.
fn scaled(folder: &Path, name: &str, alpha: &str) -> PathBuf {
    let to = folder.join(name);
    std::fs::create_dir(&to).expect("a folder");
    let from = models().join("ci-14m-lora");
    let text = std::fs::read_to_string(from.join("adapter_config.json")).expect("a configuration");
    let changed = text.replace("\"lora_alpha\": 32", &format!("\"lora_alpha\": {alpha}"));
    assert_ne!(changed, text);
    std::fs::write(to.join("adapter_config.json"), changed).expect("written");
    std::fs::copy(from.join("adapter_model.safetensors"), to.join("adapter_model.safetensors")).expect("copied");
    to
}

fn engine(loads: &[(&str, PathBuf)]) -> Engine {
    let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
    let base = models().join("poet-14m-q8_0.gguf");
    for (name, path) in loads {
        let options = LoadOptions { base: (*path != base).then(|| base.clone()), ..LoadOptions::default() };
        engine.load(name, path, options, |_| {}).expect("loads");
    }
    engine
}

fn ask(engine: &Engine, model: &str, question: &str) -> EventStream {
    let sampling = Sampling { seed: Some(7), ..Sampling::default() };
    let request = Request { sampling, max_tokens: 40, ..Request::chat(vec![Message::new(Role::User, question)]) };
    engine.submit(model, request).expect("taken")
}

fn read(mut stream: EventStream) -> (Result<String, GenerateError>, usize) {
    let (mut text, mut cached) = (String::new(), 0);
    while let Some(event) = stream.next_blocking() {
        match event {
            Event::Text { text: more, .. } => text.push_str(&more),
            Event::Failed { error } => return (Err(error), cached),
            Event::Finished { usage, .. } => cached = usage.cached_tokens,
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } => {}
        }
    }
    (Ok(text), cached)
}

const QUESTIONS: [&str; 3] = ["写一首五言绝句，题目《春望》。", "填一首《如梦令》，题目《秋夜》。", "写一首诗。"];

#[test]
fn adapters_and_their_base_answer_together_what_each_answers_alone_and_one_at_fault_takes_none_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let loads = [
        ("poet", models().join("poet-14m-q8_0.gguf")),
        ("ci", models().join("ci-14m-lora")),
        ("half", scaled(folder.path(), "half", "16")),
        ("broken", scaled(folder.path(), "broken", "1e38")),
    ];
    let sound = &loads[..3];
    let alone: Vec<Vec<String>> = sound
        .iter()
        .map(|load| {
            let engine = engine(std::slice::from_ref(load));
            let say = |question: &&str| read(ask(&engine, load.0, question)).0.expect("an answer");
            QUESTIONS.iter().map(say).collect()
        })
        .collect();
    assert!(alone[0] != alone[1] && alone[1] != alone[2], "the adapters must show");

    let engine = engine(&loads);
    let own = |name: &str| engine.model(name).expect("loaded").own_bytes;
    let of_base = std::fs::metadata(&loads[0].1).expect("the base").len();
    assert_eq!(own("poet"), None);
    assert!(own("ci").is_some_and(|bytes| bytes < of_base / 4), "{:?} of {of_base}", own("ci"));
    // All at once, with a broken one among them in every round.
    let streams: Vec<Vec<EventStream>> =
        sound.iter().map(|(name, _)| QUESTIONS.iter().map(|question| ask(&engine, name, question)).collect()).collect();
    for question in QUESTIONS {
        match read(ask(&engine, "broken", question)).0 {
            Err(error @ GenerateError::NotFinite(_)) => assert!(error.to_string().contains("not finite"), "{error}"),
            other => panic!("{other:?}"),
        }
    }
    let together: Vec<Vec<String>> = streams
        .into_iter()
        .map(|streams| streams.into_iter().map(|stream| read(stream).0.expect("an answer")).collect())
        .collect();
    assert_eq!(together, alone);
    let status = engine.status();
    let of = |name: &str| status.models.iter().find(|model| model.name == name).expect("there");
    assert_eq!((of("broken").requests_failed, of("ci").requests_failed, of("ci").requests_finished), (3, 0, 3));

    // What one of them has computed of a prompt is nothing to the others: their keys and values differ.
    let long = "床前明月光，疑是地上霜。举头望明月，低头思故乡。".repeat(4);
    assert_eq!(read(ask(&engine, "ci", &long)).1, 0);
    assert!(read(ask(&engine, "ci", &long)).1 > 0, "its own are found again");
    assert_eq!(read(ask(&engine, "half", &long)).1, 0);
    assert_eq!(read(ask(&engine, "poet", &long)).1, 0);

    engine.unload("poet").expect("unloaded");
    let (answer, _) = read(ask(&engine, "ci", QUESTIONS[0]));
    assert_eq!(answer.expect("an answer"), alone[1][0], "the base's weights stay for those on it");
}
