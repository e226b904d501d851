//! Answers in OpenAI's shapes: chunks of a stream and whole ones.

use std::sync::Arc;

use mixtral_engine::request::{FinishReason, Input, Logprobs, PromptToken, Usage};
use serde_json::{Value, json};

use super::asked::{Asked, Shape};
use super::logprobs::{self, CompletionLogprobs};
use crate::inference_server::weights::Weights;

/// What all chunks of a request's answers have in common.
pub(in crate::inference_server) struct Reply {
    id: String,
    created: i64,
    model: String,
    weights: Option<Arc<Weights>>,
    fingerprint: Option<String>,
    shape: Shape,
    logprobs: bool,
    include_usage: bool,
    n: usize,
    choices: Vec<Choice>,
    usage: Usage,
}

/// One of the answers.
#[derive(Default)]
struct Choice {
    /// The prompt as it was sent, where it is to stand before the answer.
    echoed: Echo,
    /// Characters so far.
    offset: usize,
    text: String,
    chat_logprobs: Vec<Logprobs>,
    logprobs: CompletionLogprobs,
    reason: Option<FinishReason>,
}

#[derive(Default)]
enum Echo {
    #[default]
    No,
    Text(String),
    /// Tokens, or all that the model thought of a text: the engine tells them.
    Tokens(Option<String>),
}

impl Reply {
    pub(in crate::inference_server) fn new(asked: &Asked, weights: Option<Arc<Weights>>) -> Self {
        let prefix = match asked.shape {
            Shape::Chat => "chatcmpl",
            Shape::Completion => "cmpl",
        };
        let choice = |request: &mixtral_engine::request::Request| {
            let text = match &request.input {
                Input::Text { text, .. } => Some(text.clone()),
                Input::Chat(_) | Input::Tokens(_) => None,
            };
            let echoed = match text {
                _ if !asked.echo => Echo::No,
                Some(text) if request.prompt_logprobs.is_none() => Echo::Text(text),
                text => Echo::Tokens(text),
            };
            Choice { echoed, ..Choice::default() }
        };
        Self {
            id: format!("{prefix}-{}", uuid::Uuid::new_v4().simple()),
            created: chrono::Utc::now().timestamp(),
            model: asked.model.clone(),
            fingerprint: weights.as_ref().map(|weights| weights.fingerprint()),
            weights,
            shape: asked.shape,
            logprobs: asked.requests.iter().any(|request| request.logprobs.is_some()),
            include_usage: asked.include_usage,
            n: asked.n,
            choices: asked.requests.iter().map(choice).collect(),
            usage: Usage::default(),
        }
    }

    /// The chunks before any text, which name the speaker or repeat the prompt.
    pub(in crate::inference_server) fn first(&mut self) -> Vec<Value> {
        (0..self.choices.len())
            .filter_map(|index| match (self.shape, std::mem::take(&mut self.choices[index].echoed)) {
                (Shape::Chat, _) => Some(self.chunk(json!([{
                    "index": index,
                    "delta": {"role": "assistant", "content": ""},
                    "logprobs": null,
                    "finish_reason": null,
                }]))),
                (Shape::Completion, Echo::Text(text)) => Some(self.piece(index, &text, &[])),
                (Shape::Completion, other) => {
                    self.choices[index].echoed = other;
                    None
                }
            })
            .collect()
    }

    /// The prompt of an answer, as the engine read it.
    pub(in crate::inference_server) fn prompt(&mut self, index: usize, tokens: &[PromptToken]) -> Option<Value> {
        let Echo::Tokens(text) = std::mem::take(&mut self.choices[index].echoed) else { return None };
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| token.bytes.iter().copied()).collect();
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
        let choice = &mut self.choices[index];
        if self.logprobs {
            choice.logprobs.prompt(tokens);
        }
        choice.offset += text.chars().count();
        choice.text.push_str(&text);
        // Nothing stands before the prompt: what is known by now is the prompt's.
        let logprobs = if self.logprobs { choice.logprobs.json() } else { Value::Null };
        Some(self.chunk(json!([{"index": index, "text": text, "logprobs": logprobs, "finish_reason": null}])))
    }

    /// A chunk with text.
    pub(in crate::inference_server) fn piece(&mut self, index: usize, text: &str, logprobs: &[Logprobs]) -> Value {
        let value = self.logprobs_of(index, logprobs);
        let choice = &mut self.choices[index];
        choice.logprobs.answer(logprobs, choice.offset);
        choice.chat_logprobs.extend_from_slice(logprobs);
        choice.offset += text.chars().count();
        choice.text.push_str(text);
        self.chunk(match self.shape {
            Shape::Chat => {
                json!([{"index": index, "delta": {"content": text}, "logprobs": value, "finish_reason": null}])
            }
            Shape::Completion => json!([{"index": index, "text": text, "logprobs": value, "finish_reason": null}]),
        })
    }

    /// The chunk after the text of an answer, which says why it ended.
    pub(in crate::inference_server) fn last(&mut self, index: usize, reason: FinishReason, usage: &Usage) -> Value {
        self.choices[index].reason = Some(reason);
        // The files of a model that was just loaded may have been hashed meanwhile.
        self.fingerprint = self.weights.as_ref().map(|weights| weights.fingerprint());
        // A prompt counts once, however many answers it has.
        if index.is_multiple_of(self.n) {
            self.usage.prompt_tokens += usage.prompt_tokens;
            self.usage.cached_tokens += usage.cached_tokens;
        }
        self.usage.completion_tokens += usage.completion_tokens;
        let reason = word(reason);
        self.chunk(match self.shape {
            Shape::Chat => json!([{"index": index, "delta": {}, "logprobs": null, "finish_reason": reason}]),
            Shape::Completion => json!([{"index": index, "text": "", "logprobs": null, "finish_reason": reason}]),
        })
    }

    /// Whether every answer has ended.
    pub(in crate::inference_server) fn is_complete(&self) -> bool {
        self.choices.iter().all(|choice| choice.reason.is_some())
    }

    /// The chunk with the token counts, where they were asked for.
    pub(in crate::inference_server) fn usage(&self) -> Option<Value> {
        self.include_usage.then(|| {
            let mut chunk = self.chunk(json!([]));
            chunk["usage"] = counts(&self.usage);
            chunk
        })
    }

    /// The whole of what the chunks said.
    pub(in crate::inference_server) fn whole(&self) -> Value {
        let object = match self.shape {
            Shape::Chat => "chat.completion",
            Shape::Completion => "text_completion",
        };
        let choice = |(index, choice): (usize, &Choice)| {
            let reason = choice.reason.map(word);
            match self.shape {
                Shape::Chat => json!({
                    "index": index,
                    "message": {"role": "assistant", "content": choice.text, "refusal": null},
                    "logprobs": if self.logprobs { logprobs::chat(&choice.chat_logprobs) } else { Value::Null },
                    "finish_reason": reason,
                }),
                Shape::Completion => json!({
                    "index": index,
                    "text": choice.text,
                    "logprobs": if self.logprobs { choice.logprobs.json() } else { Value::Null },
                    "finish_reason": reason,
                }),
            }
        };
        let choices: Vec<Value> = self.choices.iter().enumerate().map(choice).collect();
        json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": choices,
            "usage": counts(&self.usage),
        })
    }

    fn chunk(&self, choices: Value) -> Value {
        let object = match self.shape {
            Shape::Chat => "chat.completion.chunk",
            Shape::Completion => "text_completion",
        };
        let mut chunk = json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": choices,
        });
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn logprobs_of(&self, index: usize, values: &[Logprobs]) -> Value {
        match (self.logprobs, self.shape) {
            (false, _) => Value::Null,
            (true, Shape::Chat) => logprobs::chat(values),
            (true, Shape::Completion) => {
                let mut part = CompletionLogprobs::default();
                part.answer(values, self.choices[index].offset);
                part.json()
            }
        }
    }
}

/// OpenAI's word. A cancelled answer never gets here: its reader is gone, or is told an error.
fn word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length | FinishReason::Cancelled => "length",
    }
}

fn counts(usage: &Usage) -> Value {
    json!({
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    })
}
