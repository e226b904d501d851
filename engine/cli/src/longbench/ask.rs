//! Asking about long texts: a local model, or one at an endpoint.

use std::collections::VecDeque;
use std::sync::Arc;

use anyhow::{anyhow, bail, ensure};
use futures_util::{StreamExt as _, stream};
use mixtral_engine::request::{Event, Message, Request, Role};
use mixtral_engine::sample::Sampling;
use mixtral_engine::text::{Encoding, Tokenizer};
use mixtral_engine::{Engine, EngineOptions, EventStream, LoadOptions};
use tokio::runtime::{Builder, Runtime};

use crate::endpoint::{Client, Input, Patience, Prompt};
use crate::i18n::Language;
use crate::options::{Machine, Model};

const MODEL: &str = "model";
/// Long prompts at once: each holds a cache of its length.
const AT_ONCE: usize = 4;
/// The published sampling; other settings are the engine's own.
const TEMPERATURE: f32 = 0.2;
const TOP_P: f32 = 0.95;
/// An endpoint's tokens are not known here: one is reckoned for so many bytes, fewer than texts have in the mean.
const BYTES_OF_TOKEN: usize = 3;

/// What is asked.
pub struct Asked {
    pub prompt: String,
    /// The prompt is cut in its middle to so many tokens.
    pub max_length: usize,
    pub max_tokens: usize,
    pub ends_at_line: bool,
    pub instruct: bool,
    pub greedy: bool,
    pub seed: u64,
}

/// Who is asked.
pub enum Asker {
    Local { engine: Box<Engine>, tokenizer: Arc<Tokenizer> },
    Remote { client: Box<Client>, patience: Patience, parallel: usize, runtime: Runtime, language: Language },
}

/// Takes the answers by their places.
pub type Each<'a> = &'a mut dyn FnMut(usize, String) -> anyhow::Result<()>;

impl Asker {
    /// Loads a model with room for so many tokens.
    pub fn local(model: &Model, machine: &Machine, room: usize, language: Language) -> anyhow::Result<Self> {
        let options = EngineOptions { max_sequences: AT_ONCE, queue: AT_ONCE, ..machine.options() };
        let engine = Engine::start(machine.device, options)?;
        let load = LoadOptions { usual_context: Some(room), ..machine.load_options(model) };
        let card = model.load(&engine, MODEL, load)?;
        ensure!(card.context >= room, t!(language, "longbench-context", needed = room, context = card.context));
        let tokenizer = engine.tokenizer(MODEL).ok_or_else(|| anyhow!("the model is gone"))?;
        Ok(Self::Local { engine: Box::new(engine), tokenizer })
    }

    /// A model at an endpoint.
    pub fn remote((client, patience): (Client, Patience), parallel: usize, language: Language) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self::Remote { client: Box::new(client), patience, parallel, runtime, language })
    }

    /// Asks all, some at once; `each` takes the answers in their order.
    pub fn ask(&self, all: &[Asked], each: Each<'_>) -> anyhow::Result<()> {
        match self {
            Self::Local { engine, tokenizer } => local(engine, tokenizer, all, each),
            Self::Remote { client, patience, parallel, runtime, language } => runtime.block_on(async {
                let one = async |asked: &Asked| {
                    let prompt = cut_bytes(&asked.prompt, asked.max_length * BYTES_OF_TOKEN);
                    let prompt = Prompt {
                        input: match asked.instruct {
                            true => Input::Chat(vec![Message::new(Role::User, prompt)]),
                            false => Input::Text(prompt),
                        },
                        max_tokens: asked.max_tokens,
                        temperature: if asked.greedy { 0.0 } else { TEMPERATURE },
                        seed: asked.seed,
                        first_tokens: false,
                    };
                    let reply = patience.ask(|| client.ask(&prompt)).await;
                    reply.map(|reply| until_line(reply.text, asked.ends_at_line))
                };
                let mut answers = stream::iter(all.iter().map(one)).buffered(*parallel).enumerate();
                while let Some((at, answer)) = answers.next().await {
                    match answer {
                        Ok(answer) => each(at, answer)?,
                        Err(fault) => bail!(fault.text(*language)),
                    }
                }
                Ok(())
            }),
        }
    }
}

fn local(engine: &Engine, tokenizer: &Tokenizer, all: &[Asked], each: Each<'_>) -> anyhow::Result<()> {
    let mut running: VecDeque<(usize, EventStream)> = VecDeque::new();
    let mut next = all.iter().enumerate();
    loop {
        while running.len() < AT_ONCE
            && let Some((at, asked)) = next.next()
        {
            let prompt = cut(tokenizer, &asked.prompt, asked.max_length);
            let sampling = match asked.greedy {
                true => Sampling { repetition_penalty: Sampling::default().repetition_penalty, ..Sampling::greedy() },
                false => {
                    Sampling { temperature: TEMPERATURE, top_p: TOP_P, seed: Some(asked.seed), ..Sampling::default() }
                }
            };
            let text = if asked.instruct { format!("[INST] {prompt} [/INST]") } else { prompt };
            let stop = if asked.ends_at_line { vec!["\n".to_owned()] } else { Vec::new() };
            let request = Request { sampling, max_tokens: asked.max_tokens, stop, ..Request::text(text) };
            running.push_back((at, engine.submit(MODEL, request)?));
        }
        let Some((at, mut events)) = running.pop_front() else { return Ok(()) };
        let mut answer = String::new();
        while let Some(event) = events.next_blocking() {
            match event {
                Event::Text { text, .. } => answer.push_str(&text),
                Event::Failed { error } => return Err(error.into()),
                Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } | Event::Finished { .. } => {}
            }
        }
        each(at, answer)?;
    }
}

/// A prompt of at most so many tokens: the middle is left out, as instructions stand at both ends.
fn cut(tokenizer: &Tokenizer, prompt: &str, most: usize) -> String {
    let tokens = tokenizer.encode(prompt, Encoding { add_special: true, parse_special: false });
    if tokens.len() <= most {
        return prompt.to_owned();
    }
    let half = most / 2;
    // The begin token is no text; it is put before the prompt again.
    let begin = usize::from(tokenizer.vocabulary().bos() == tokens.first().copied());
    tokenizer.decode(&tokens[begin..half]) + &tokenizer.decode(&tokens[tokens.len() - half..])
}

/// The same by bytes.
fn cut_bytes(prompt: &str, most: usize) -> String {
    if prompt.len() <= most {
        return prompt.to_owned();
    }
    let (mut left, mut right) = (most / 2, prompt.len() - most / 2);
    while !prompt.is_char_boundary(left) {
        left -= 1;
    }
    while !prompt.is_char_boundary(right) {
        right += 1;
    }
    format!("{}{}", &prompt[..left], &prompt[right..])
}

fn until_line(mut text: String, ends_at_line: bool) -> String {
    if ends_at_line && let Some(end) = text.find('\n') {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out_at_whole_characters() {
        assert_eq!(cut_bytes("short", 10), "short");
        assert_eq!(cut_bytes("0123456789", 4), "0189");
        assert_eq!(cut_bytes("春夏秋冬", 8), "春冬");
        assert_eq!(until_line("a\nb".to_owned(), true), "a");
        assert_eq!(until_line("a\nb".to_owned(), false), "a\nb");
    }
}
