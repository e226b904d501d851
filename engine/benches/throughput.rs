//! Tokens a second by requests in flight, through the engine's own door: `cargo bench --bench throughput`.

use std::path::Path;
use std::time::Instant;

use mixtral_engine::request::{Event, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, LoadOptions};

/// Tokens of an answer.
const TOKENS: usize = 150;

fn main() {
    for kind in ["q8_0", "q4_K", "q2_K"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/poet-14m-{kind}.gguf"));
        let engine = Engine::start(DeviceSpec::Cpu, EngineOptions::default()).expect("starts");
        engine.load("poet", &path, LoadOptions::default(), |_| {}).expect("loads");
        for in_flight in [1, 4, 16] {
            let begun = Instant::now();
            let streams: Vec<_> =
                (0..in_flight).map(|seed| engine.submit("poet", request(seed)).expect("taken")).collect();
            let mut tokens = 0;
            for mut stream in streams {
                while let Some(event) = stream.next_blocking() {
                    match event {
                        Event::Text { tokens: more, .. } => tokens += more.len(),
                        Event::Failed { error } => panic!("{error}"),
                        Event::Started { .. }
                        | Event::Prompt { .. }
                        | Event::Embedding { .. }
                        | Event::Finished { .. } => {}
                    }
                }
            }
            println!("{kind}, {in_flight} in flight: {:.0} tokens/s", tokens as f64 / begun.elapsed().as_secs_f64());
        }
    }
}

fn request(seed: u64) -> Request {
    let sampling = Sampling { seed: Some(seed), ..Sampling::default() };
    let messages = vec![Message::new(Role::User, "写一首五言绝句")];
    Request { sampling, ignore_eos: true, max_tokens: TOKENS, ..Request::chat(messages) }
}
