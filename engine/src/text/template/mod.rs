//! Chat templates: the Jinja text in a model file, rendered as Hugging Face renders it, else
//! Mixtral's own instruct format.
//!
//! A template is code from a file. Its text and its depth are bounded before it is parsed (`source.rs`), its steps and what
//! it writes while it runs (`run.rs`), and it may run in another process: whoever loads a model says how templates are
//! compiled. What people say is bounded too, in what it can mean: see `special.rs`.

mod error;
mod layout;
mod run;
mod source;

use std::sync::Arc;

pub use error::TemplateError;
pub use run::{CompileTemplate, LocalTemplate, RenderTemplate, TemplateInput, Turn};

use self::layout::{keeps_system, layouts, system_first};
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
        let text = source.unwrap_or(INSTRUCT);
        let knows_system = text.contains("system") || prints_role(text);
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
        self.lay_out(tokenizer, messages, str::to_owned, End::Answer)
    }

    /// Lays out a conversation as tokens. Only what the template itself writes can become a control
    /// token; the messages are text. Where the conversation ends with an answer, that answer is to be continued.
    ///
    /// # Errors
    /// Why it cannot be laid out, or that it certainly has more than `limit` tokens.
    pub fn encode(&self, tokenizer: &Tokenizer, messages: &[Message], limit: usize) -> Result<Vec<u32>, TemplateError> {
        self.encode_turns(tokenizer, messages, End::Answer, limit)
    }

    /// The same for a conversation that is to be learnt: where it ends with an answer, nothing asks for another one.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn encode_told(&self, tokenizer: &Tokenizer, messages: &[Message]) -> Result<Vec<u32>, TemplateError> {
        let asks = messages.last().is_none_or(|m| m.role != Role::Assistant);
        self.encode_turns(tokenizer, messages, if asks { End::Answer } else { End::Told }, usize::MAX)
    }

    fn encode_turns(
        &self,
        tokenizer: &Tokenizer,
        messages: &[Message],
        end: End,
        limit: usize,
    ) -> Result<Vec<u32>, TemplateError> {
        let text = self.lay_out(tokenizer, messages, |content| tokenizer.protect(content), end)?;
        Ok(tokenizer.encode_within(&text, Encoding { add_special: true, parse_special: true }, limit)?)
    }

    /// The text of a conversation, in the first of its forms that the template takes.
    fn lay_out(
        &self,
        tokenizer: &Tokenizer,
        messages: &[Message],
        content: impl Fn(&str) -> String,
        end: End,
    ) -> Result<String, TemplateError> {
        let turn = |m: &Message| Turn { role: m.role.name().to_owned(), content: content(&m.content) };
        let mut turns: Vec<Turn> = messages.iter().map(turn).collect();
        let begun = match messages.last() {
            Some(last) if last.role == Role::Assistant && end == End::Answer => turns.pop(),
            _ => None,
        };
        // An answer of which nothing is there yet is asked for as any other.
        let begun = begun.filter(|begun| !begun.content.trim().is_empty());
        let continues = begun.is_some();
        if let Some(mut begun) = begun {
            begun.content.push_str(MARK);
            turns.push(begun);
        }
        let mut refusal = None;
        let mut lossy = None;
        let asks = end == End::Answer && !continues;
        // A template that refuses a system message at the start names the role only to refuse it: what it makes of one further
        // down is nothing that its model knows.
        let knows_system = self.knows_system
            && system_first(&turns).is_none_or(|form| self.render_turns(tokenizer, &form, asks).is_ok());
        for form in layouts(turns, knows_system) {
            match self.render_turns(tokenizer, &form, asks) {
                Ok(text) if keeps_system(&form, &text) => return if continues { cut(&text) } else { Ok(text) },
                Ok(text) => lossy = lossy.or(Some(text)),
                Err(error @ TemplateError::Render(_)) => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        match (lossy, refusal) {
            (Some(text), _) if continues => cut(&text),
            (Some(text), _) => Ok(text),
            (None, Some(refusal)) => Err(refusal),
            (None, None) => Err(TemplateError::Render("a system message alone is no conversation".to_owned())),
        }
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

/// What a conversation ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the answer that is asked for: a new one, or the rest of the last one.
    Answer,
    /// With the last message, whole.
    Told,
}

/// Stands behind an answer that is to be continued, so that what a template writes after it can be cut off: as
/// `continue_final_message` of Hugging Face's `apply_chat_template`, but certain where the same text comes twice. These are
/// noncharacters: valid UTF-8, reserved by Unicode for uses like this one.
const MARK: &str = "\u{FDD1}\u{FDD2}";

fn cut(text: &str) -> Result<String, TemplateError> {
    let end = text
        .rfind(MARK)
        .ok_or_else(|| TemplateError::Render("the template changes the answer that is to be continued".to_owned()))?;
    Ok(text[..end].to_owned())
}

/// Whether a template writes the role of a message, whatever it is, as ChatML's do: that of the system too.
fn prints_role(source: &str) -> bool {
    let expressions = source.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap_or(rest));
    expressions.into_iter().any(|expression| expression.contains("role") && !expression.contains("raise_exception"))
}

#[cfg(test)]
mod tests;
