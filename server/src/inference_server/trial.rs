//! Trying a loaded model out: what a battle asks of it, but short.

use mixtral_engine::Engine;
use mixtral_engine::request::{Event, Message as Said, Request, Role};
use mixtral_engine::sample::Sampling;

use super::words;
use crate::i18n::{Message, Translated};

/// What is asked: it has both languages of the site and says nothing that could matter.
const QUESTION: &str = "Hello! 你好！";
/// Enough for a fault in the weights to show, and done in a moment.
const TOKENS: usize = 8;

/// Has a model answer one short conversation, sampled as in battles, and gives the beginning of its answer. The conversation is
/// laid out by `own` where that is given. Blocks.
///
/// # Errors
/// Why there is no answer.
pub(super) fn try_out(engine: &Engine, name: &str, own: Option<&str>) -> Result<String, Translated> {
    let request = Request {
        sampling: Sampling { temperature: 0.7, seed: Some(1), ..Sampling::default() },
        max_tokens: TOKENS,
        chat_template: own.map(Into::into),
        ..Request::chat(vec![Said::new(Role::User, QUESTION)])
    };
    let mut events = engine.submit(name, request).map_err(|error| words::submit(&error))?;
    let mut said = String::new();
    while let Some(event) = events.next_blocking() {
        match event {
            Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. } => {}
            Event::Text { text, .. } => said.push_str(&text),
            Event::Finished { .. } => return Ok(said),
            Event::Failed { error } => return Err(words::generate(&error)),
        }
    }
    Err(Message::new("load-no-end").into())
}
