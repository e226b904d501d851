//! Chat templates: the Jinja text in a model file, rendered as Hugging Face renders it, else
//! Mixtral's own instruct format.
//!
//! A template is code from a file. Its text and its depth are bounded before it is parsed (`source.rs`), its steps and what
//! it writes while it runs (`run.rs`), and it may run in another process: whoever loads a model says how templates are
//! compiled. What people say is bounded too, in what it can mean: see `special.rs`.

mod error;
mod run;
mod source;

use std::sync::Arc;

pub use error::TemplateError;
pub use run::{CompileTemplate, LocalTemplate, RenderTemplate, TemplateInput, Turn};

use super::tokenizer::{Encoding, Tokenizer};
use crate::request::{Message, Role};

/// `<s> [INST] question [/INST] answer</s> [INST] question [/INST]`, several turns.
const INSTRUCT: &str = "{{ bos_token }}{% for message in messages %}\
{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns, and the user begins') }}{% endif %}\
{% if message.role == 'user' %}{{ gap }}[INST] {{ message.content }} [/INST]{% else %} {{ message.content }}{{ eos_token }}{% endif %}\
{% endfor %}";

/// A model's chat template, compiled.
#[derive(Debug)]
pub struct ChatTemplate {
    compiled: Box<dyn RenderTemplate>,
    from_file: bool,
    knows_system: bool,
}

impl ChatTemplate {
    /// Compiles the template of a model file, or Mixtral's own where it has none, to run in this process.
    ///
    /// # Errors
    /// The template does not parse, with the place, or is too long or too deep.
    pub fn new(source: Option<&str>) -> Result<Self, TemplateError> {
        Self::with(source, &Self::local())
    }

    /// The same, compiled as the caller wishes. Mixtral's own needs no other process.
    ///
    /// # Errors
    /// What `compile` says.
    pub fn with(source: Option<&str>, compile: &CompileTemplate) -> Result<Self, TemplateError> {
        let compiled = match source {
            Some(text) => compile(text)?,
            None => Box::new(LocalTemplate::compile(INSTRUCT)?),
        };
        // Mixtral's older templates know no system message, and either refuse it or lose it.
        let knows_system = source.unwrap_or(INSTRUCT).contains("system");
        Ok(Self { compiled, from_file: source.is_some(), knows_system })
    }

    /// Compiles templates to run in this process.
    #[must_use]
    pub fn local() -> CompileTemplate {
        Arc::new(|text| Ok(Box::new(LocalTemplate::compile(text)?)))
    }

    /// Whether the template came from the model file.
    #[must_use]
    pub fn is_from_file(&self) -> bool {
        self.from_file
    }

    /// Lays out a conversation as text. Control tokens are written as text.
    ///
    /// # Errors
    /// Why it cannot be laid out.
    pub fn render(&self, tokenizer: &Tokenizer, messages: &[Message]) -> Result<String, TemplateError> {
        self.render_turns(tokenizer, &self.turns(messages, str::to_owned)?, true)
    }

    /// Lays out a conversation as tokens. Only what the template itself writes can become a control
    /// token; the messages are text.
    ///
    /// # Errors
    /// Why it cannot be laid out, or that it certainly has more than `limit` tokens.
    pub fn encode(&self, tokenizer: &Tokenizer, messages: &[Message], limit: usize) -> Result<Vec<u32>, TemplateError> {
        self.encode_turns(tokenizer, messages, true, limit)
    }

    /// The same for a conversation that is to be learnt: where it ends with an answer, nothing asks for another one.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_told(&self, tokenizer: &Tokenizer, messages: &[Message]) -> Result<Vec<u32>, TemplateError> {
        let asks = messages.last().is_none_or(|m| m.role != Role::Assistant);
        self.encode_turns(tokenizer, messages, asks, usize::MAX)
    }

    fn encode_turns(
        &self,
        tokenizer: &Tokenizer,
        messages: &[Message],
        asks: bool,
        limit: usize,
    ) -> Result<Vec<u32>, TemplateError> {
        let turns = self.turns(messages, |content| tokenizer.protect(content))?;
        let text = self.render_turns(tokenizer, &turns, asks)?;
        Ok(tokenizer.encode_within(&text, Encoding { add_special: true, parse_special: true }, limit)?)
    }

    /// The messages as the template takes them. Where it knows no system message, the system's text
    /// goes in front of the first question.
    fn turns(&self, messages: &[Message], content: impl Fn(&str) -> String) -> Result<Vec<Turn>, TemplateError> {
        let mut turns: Vec<Turn> =
            messages.iter().map(|m| Turn { role: m.role.name().to_owned(), content: content(&m.content) }).collect();
        if !self.knows_system && messages.first().is_some_and(|m| m.role == Role::System) {
            let system = turns.remove(0);
            let first = turns.iter_mut().find(|t| t.role == Role::User.name());
            let Some(first) = first else {
                return Err(TemplateError::Render("a system message alone is no conversation".to_owned()));
            };
            if !system.content.trim().is_empty() {
                first.content = format!("{}\n\n{}", system.content, first.content);
            }
        }
        Ok(turns)
    }

    fn render_turns(&self, tokenizer: &Tokenizer, turns: &[Turn], asks: bool) -> Result<String, TemplateError> {
        let vocabulary = tokenizer.vocabulary();
        let piece = |id: Option<u32>| id.and_then(|id| vocabulary.piece(id)).unwrap_or_default().to_owned();
        self.compiled.render(&TemplateInput {
            messages: turns.to_vec(),
            bos_token: piece(vocabulary.bos()),
            eos_token: piece(vocabulary.eos()),
            add_generation_prompt: asks,
            // A vocabulary with a space prefix puts the space behind `<s>` by itself.
            gap: if vocabulary.adds_space_prefix() { "" } else { " " }.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
