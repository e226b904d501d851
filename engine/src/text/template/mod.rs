//! Chat templates: the Jinja text in a model file, rendered as Hugging Face renders it, else
//! Mixtral's own instruct format.
//!
//! A template is code from a file, so it is bounded: it may take so many steps and write so many
//! bytes. What it can still do is double a string of its own again and again until memory is gone;
//! Jinja gives no hold on that, and what remains is that models run in a process of their own.
//! What people say is bounded too, in what it can mean: see `special.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::Serialize as _;
use thiserror::Error as ThisError;

use super::tokenizer::{Encoding, Tokenizer, TokenizerError};
use crate::request::{Message, Role};

/// Steps that a template may take for one conversation.
const FUEL: u64 = 500_000;
/// Bytes that a template may write beyond four times what it was given.
const SPARE_OUTPUT: usize = 1 << 20;
/// Bytes that a template's text may have.
const MAX_SOURCE: usize = 1 << 18;
const NAME: &str = "chat_template";

/// `<s> [INST] question [/INST] answer</s> [INST] question [/INST]`, several turns.
const INSTRUCT: &str = "{{ bos_token }}{% for message in messages %}\
{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('user and assistant must take turns, and the user begins') }}{% endif %}\
{% if message.role == 'user' %}{{ gap }}[INST] {{ message.content }} [/INST]{% else %} {{ message.content }}{{ eos_token }}{% endif %}\
{% endfor %}";

/// A conversation that a template cannot lay out.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum TemplateError {
    /// The template itself is broken.
    #[error("tokenizer.chat_template: {0}")]
    Source(String),
    /// The template refused this conversation, or failed on it.
    #[error("{0}")]
    Render(String),
    /// The template ran longer than it may.
    #[error("it took more than {FUEL} steps")]
    Endless,
    /// The template wrote more than it may.
    #[error("it wrote more than {limit} bytes")]
    TooMuch {
        /// The bound.
        limit: usize,
    },
    /// The conversation has too many tokens.
    #[error(transparent)]
    TooLong(#[from] TokenizerError),
}

/// A model's chat template, compiled.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    from_file: bool,
    knows_system: bool,
}

struct Turn {
    role: &'static str,
    content: String,
}

impl ChatTemplate {
    /// Compiles the template of a model file, or Mixtral's own where it has none.
    ///
    /// # Errors
    /// The template does not parse, with the place.
    pub fn new(source: Option<&str>) -> Result<Self, TemplateError> {
        let text = source.unwrap_or(INSTRUCT);
        if text.len() > MAX_SOURCE {
            return Err(TemplateError::Source(format!("has {} bytes, and {MAX_SOURCE} are allowed", text.len())));
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| TemplateError::Source(describe(&e)))?);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_fuel(Some(FUEL));
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", to_json);
        environment.add_template_owned(NAME, text.to_owned()).map_err(|e| TemplateError::Source(describe(&e)))?;
        // Mixtral's older templates know no system message, and either refuse it or lose it.
        let knows_system = text.contains("system");
        Ok(Self { environment, from_file: source.is_some(), knows_system })
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
            messages.iter().map(|m| Turn { role: m.role.name(), content: content(&m.content) }).collect();
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
        let piece = |id: Option<u32>| id.and_then(|id| vocabulary.piece(id)).unwrap_or_default();
        let turn = |t: &Turn| {
            let content = Value::from(t.content.as_str());
            Value::from(BTreeMap::from([("role", Value::from(t.role)), ("content", content)]))
        };
        let values = context! {
            messages => turns.iter().map(turn).collect::<Vec<_>>(),
            bos_token => piece(vocabulary.bos()),
            eos_token => piece(vocabulary.eos()),
            add_generation_prompt => asks,
            tools => Value::from(()),
            documents => Value::from(()),
            // A vocabulary with a space prefix puts the space behind `<s>` by itself.
            gap => if vocabulary.adds_space_prefix() { "" } else { " " },
        };
        let given: usize = turns.iter().map(|t| t.content.len()).sum();
        let mut out = Bounded { bytes: Vec::new(), limit: given * 4 + SPARE_OUTPUT, full: false };
        let template = self.environment.get_template(NAME).map_err(|e| TemplateError::Source(describe(&e)))?;
        match template.render_captured_to(values, &mut out) {
            Ok(_) => Ok(String::from_utf8_lossy(&out.bytes).into_owned()),
            Err(_) if out.full => Err(TemplateError::TooMuch { limit: out.limit }),
            Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(TemplateError::Endless),
            Err(error) => Err(TemplateError::Render(describe(&error))),
        }
    }
}

/// A writer that refuses what exceeds its bound.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.full = true;
            return Err(io::Error::other("too much output"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn strftime_now(format: &str) -> Result<String, Error> {
    let mut text = String::new();
    // Chrono reports an unknown directive as a formatting error.
    write!(text, "{}", chrono::Local::now().format(format))
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {format:?} is no format")))?;
    Ok(text)
}

/// As Hugging Face's `tojson`: without the escapes for HTML.
fn to_json(value: &Value, options: minijinja::value::Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let fail = |e: serde_json::Error| Error::new(ErrorKind::BadSerialization, e.to_string());
    let text = match indent {
        None => serde_json::to_string(value).map_err(fail)?,
        Some(indent) => {
            let spaces = " ".repeat(indent.min(16));
            let mut bytes = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).map_err(fail)?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    Ok(Value::from(text))
}

fn describe(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    error.line().map_or_else(|| what.clone(), |line| format!("{what} (line {line})"))
}

#[cfg(test)]
mod tests;
