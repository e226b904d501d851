//! A model's answers to questions, several at once.

use mixtral_engine::request::{Event, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::{Engine, EngineOptions};

use crate::options::{Machine, Model};
use crate::progress::bar;

const MODEL: &str = "model";
/// Requests that are answered at once.
const AT_ONCE: usize = 8;

/// How questions are asked.
pub struct Asking<'a> {
    pub machine: &'a Machine,
    pub sampling: Sampling,
    /// The seed of the first request; each next one adds 1.
    pub seed: u64,
    /// Answers to a question.
    pub samples: usize,
}

/// Answers each question so often as samples are asked for, the samples of a question one after the other. Every request
/// has a seed of its own, the same for any model.
pub fn answers(model: &Model, questions: &[&str], asking: &Asking) -> anyhow::Result<Vec<String>> {
    let Asking { machine, sampling, seed, samples } = asking;
    let options = EngineOptions { max_sequences: AT_ONCE, queue: AT_ONCE, ..machine.options() };
    let engine = Engine::start(machine.device, options)?;
    model.load(&engine, MODEL, machine.load_options(model))?;
    let wanted: Vec<&str> = questions.iter().flat_map(|question| std::iter::repeat_n(*question, *samples)).collect();
    let bar = bar(wanted.len(), "{wide_bar} {pos}/{len} {eta}");
    let mut out = Vec::with_capacity(wanted.len());
    for group in wanted.chunks(AT_ONCE) {
        let mut streams = Vec::with_capacity(group.len());
        for question in group {
            let seed = Some(seed + (out.len() + streams.len()) as u64);
            let message = Message::new(Role::User, *question);
            let request = Request { sampling: Sampling { seed, ..sampling.clone() }, ..Request::chat(vec![message]) };
            streams.push(engine.submit(MODEL, request)?);
        }
        for stream in &mut streams {
            out.push(whole(stream)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(out)
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
