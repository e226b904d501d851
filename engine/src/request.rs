//! What goes in and what comes out: a request, its events, and why one may be refused.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::error::Crash;
use crate::sample::Sampling;

/// Most stop strings a request may carry.
pub const MAX_STOPS: usize = 16;
/// Longest stop string, in bytes.
pub const MAX_STOP_BYTES: usize = 1024;
/// Most alternatives whose log probabilities may be asked for.
pub const MAX_LOGPROBS: usize = 20;
/// How many tokens are made where the request does not say: Chinese-Mixtral's `max_new_tokens`.
pub const DEFAULT_MAX_TOKENS: usize = 512;

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Standing instructions, usually at the start.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name that chat templates use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it.
    pub role: Role,
    /// What was said. It is text and only text: no control token can be made from it.
    pub content: String,
}

impl Message {
    /// A turn of the given role.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What the model is to continue.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A conversation, laid out by the model's own chat template. A last message of the model's is continued.
    Chat(Vec<Message>),
    /// Plain text. Control tokens in it are read as tokens only where `parse_special` says so.
    Text {
        text: String,
        /// Whether `<s>` in the text means the token and not three characters.
        parse_special: bool,
    },
    /// Token ids as they are; nothing is added.
    Tokens(Vec<u32>),
}

/// One request for a continuation.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What to continue.
    pub input: Input,
    /// How to choose tokens.
    pub sampling: Sampling,
    /// Most tokens to make; the context's end may come first.
    pub max_tokens: usize,
    /// Texts at which the answer ends; they are not part of it.
    pub stop: Vec<String>,
    /// Go on past the model's own end-of-text token (for measuring).
    pub ignore_eos: bool,
    /// Log probabilities of the chosen token and of this many alternatives.
    pub logprobs: Option<usize>,
    /// With `logprobs`: these tokens' log probabilities too, likely or not.
    pub logprob_token_ids: Vec<u32>,
    /// Log probabilities of the prompt's own tokens, and of this many alternatives to each. The whole prompt is computed for
    /// it, whatever the cache holds. With it, `max_tokens` may be 0: nothing but the prompt is judged.
    pub prompt_logprobs: Option<usize>,
    /// The prompt becomes an embedding, and nothing is answered: the mean of its tokens' hidden states after the last norm, of
    /// length 1, as Chinese-Mixtral's server gives it. Like `prompt_logprobs`, it needs the whole prompt computed.
    pub embedding: bool,
    /// What is added to the logits of some tokens before anything else; at -100 a token never comes.
    pub logit_bias: Vec<(u32, f32)>,
    /// Tokens that end the answer, as the model's own end-of-text tokens do.
    pub stop_tokens: Vec<u32>,
    /// What the answer must be.
    pub format: Format,
    /// Lays the conversation out instead of the model's own chat template: Jinja, as in model files.
    pub chat_template: Option<Arc<str>>,
}

/// What an answer must be.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Format {
    /// Anything.
    #[default]
    Text,
    /// JSON that this schema allows.
    Json(serde_json::Value),
}

impl Request {
    /// A request with the default settings.
    #[must_use]
    pub fn new(input: Input) -> Self {
        Self {
            input,
            sampling: Sampling::default(),
            max_tokens: DEFAULT_MAX_TOKENS,
            stop: Vec::new(),
            ignore_eos: false,
            logprobs: None,
            logprob_token_ids: Vec::new(),
            prompt_logprobs: None,
            embedding: false,
            logit_bias: Vec::new(),
            stop_tokens: Vec::new(),
            format: Format::Text,
            chat_template: None,
        }
    }

    /// A conversation with the default settings.
    #[must_use]
    pub fn chat(messages: Vec<Message>) -> Self {
        Self::new(Input::Chat(messages))
    }

    /// Plain text with the default settings.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Input::Text { text: text.into(), parse_special: false })
    }

    /// Names the first field that is out of range.
    pub(crate) fn check(&self) -> Result<(), SubmitError> {
        let bad =
            |field: &'static str, message: String| Err(SubmitError::BadRequest { field: field.to_owned(), message });
        self.sampling.check().map_err(|e| SubmitError::BadRequest { field: e.field.to_owned(), message: e.message })?;
        if self.max_tokens == 0 && self.prompt_logprobs.is_none() && !self.embedding {
            return bad("max_tokens", "must be at least 1".to_owned());
        }
        if self.stop.len() > MAX_STOPS {
            return bad("stop", format!("at most {MAX_STOPS} stop strings are allowed"));
        }
        if self.stop.iter().any(|s| s.is_empty() || s.len() > MAX_STOP_BYTES) {
            return bad("stop", format!("a stop string must have 1 to {MAX_STOP_BYTES} bytes"));
        }
        for (field, asked) in [("logprobs", self.logprobs), ("prompt_logprobs", self.prompt_logprobs)] {
            if asked.is_some_and(|n| n > MAX_LOGPROBS) {
                return bad(field, format!("at most {MAX_LOGPROBS}"));
            }
        }
        if let Some((token, bias)) = self.logit_bias.iter().find(|(_, bias)| !(-100.0..=100.0).contains(bias)) {
            return bad("logit_bias", format!("must lie between -100 and 100, and is {bias} for token {token}"));
        }
        Ok(())
    }
}

/// Why a request was not taken. Nothing was queued.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubmitError {
    /// No such model is loaded.
    #[error("no model is loaded under the name {0:?}")]
    UnknownModel(String),
    /// The model has as many requests waiting as it may have; try again later.
    #[error("the queue is full ({limit} requests are waiting)")]
    QueueFull {
        /// The bound that was reached.
        limit: usize,
    },
    /// The prompt leaves no room for an answer.
    #[error("the prompt has {}{tokens} tokens, and the limit is {limit}", at_least_words(.at_least))]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Whether `tokens` is a lower bound, told from the length of the text alone.
        at_least: bool,
        /// Most tokens a prompt may have.
        limit: usize,
    },
    /// A field is out of range.
    #[error("{field}: {message}")]
    BadRequest {
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// The model's chat template refused the conversation or is broken.
    #[error("the chat template failed: {0}")]
    TemplateFailed(String),
    /// The chat template ended the process that it ran in, or had to be ended with it. The model is at fault, whatever the
    /// conversation was.
    #[error("the chat template crashed: {0}")]
    TemplateCrashed(Crash),
    /// The engine is on its way down.
    #[error("the engine is shutting down")]
    ShuttingDown,
}

fn at_least_words(at_least: &bool) -> &'static str {
    if *at_least { "at least " } else { "" }
}

/// Why an accepted request ended badly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenerateError {
    /// The model's forward pass failed or panicked.
    #[error("the model failed: {0}")]
    Model(String),
    /// The model gave logits that are not numbers.
    #[error("the model's output is not finite: {0}")]
    NotFinite(String),
    /// The model was unloaded while the request ran.
    #[error("the model was unloaded")]
    Unloaded,
    /// The engine was shut down while the request ran.
    #[error("the engine was shut down")]
    ShutDown,
    /// The engine's thread is gone.
    #[error("the engine stopped")]
    EngineStopped,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended it, or a stop string was met.
    Stop,
    /// `max_tokens` or the context's end was reached.
    Length,
    /// The reader stopped reading.
    Cancelled,
}

/// What an answer cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: usize,
    /// Tokens of the prompt whose computation was saved by a cache.
    pub cached_tokens: usize,
    /// Tokens made, the end-of-text token included.
    pub completion_tokens: usize,
    /// Seconds spent waiting for a place.
    pub queue_seconds: f64,
    /// Seconds from submission to the first token.
    pub first_token_seconds: f64,
    /// Seconds from submission to the end.
    pub total_seconds: f64,
}

/// A token with its log probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's id.
    pub token: u32,
    /// Its bytes, which need not be whole characters.
    pub bytes: Vec<u8>,
    /// Its natural log probability under the model, before penalties and temperature.
    pub logprob: f32,
}

/// The chosen token and the likeliest alternatives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logprobs {
    /// What was chosen.
    pub chosen: TokenLogprob,
    /// The likeliest tokens, best first.
    pub top: Vec<TokenLogprob>,
    /// The tokens that were asked for by id, in that order.
    pub asked: Vec<TokenLogprob>,
}

/// A token of the prompt, with what the model thought of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptToken {
    /// Its id.
    pub token: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its log probability and the likeliest alternatives; none for the first, which follows nothing.
    pub logprobs: Option<Logprobs>,
}

/// What happens to a request, in order: one `Started`, one `Prompt` where it was asked for, some `Text`, then `Finished` or
/// `Failed`.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The model began to read the prompt.
    Started {
        prompt_tokens: usize,
        /// Tokens of the prompt that need no computation.
        cached_tokens: usize,
    },
    /// The prompt's tokens, each with its log probability.
    Prompt { tokens: Vec<PromptToken> },
    /// What the prompt has become: (hidden), of length 1.
    Embedding { values: Vec<f32> },
    /// More of the answer. Always whole characters, never part of a stop string.
    Text {
        text: String,
        /// The tokens made since the last event. The end-of-text token is among them only where log probabilities of the
        /// prompt and of the answer were asked for.
        tokens: Vec<u32>,
        /// One for each of `tokens`, where asked for.
        logprobs: Vec<Logprobs>,
    },
    /// The answer is complete.
    Finished {
        /// Why it ended.
        reason: FinishReason,
        /// The stop string that ended it.
        stop: Option<String>,
        /// What it cost.
        usage: Usage,
    },
    /// The answer ended badly; what was sent before stands.
    Failed {
        /// Why.
        error: GenerateError,
    },
}

impl Event {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Failed { .. })
    }
}
