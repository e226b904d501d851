//! Answers in OpenAI's shapes: chunks of a stream and whole ones.

use mixtral_engine::request::{FinishReason, Logprobs, Usage};
use serde_json::{Value, json};

use super::asked::{Asked, Shape};
use super::logprobs;

/// What all chunks of one answer have in common.
pub(in crate::inference_server) struct Reply {
    id: String,
    created: i64,
    model: String,
    shape: Shape,
    logprobs: bool,
    include_usage: bool,
    /// Characters sent so far.
    offset: usize,
}

impl Reply {
    pub(in crate::inference_server) fn new(asked: &Asked) -> Self {
        let prefix = match asked.shape {
            Shape::Chat => "chatcmpl",
            Shape::Completion => "cmpl",
        };
        Self {
            id: format!("{prefix}-{}", uuid::Uuid::new_v4().simple()),
            created: chrono::Utc::now().timestamp(),
            model: asked.model.clone(),
            shape: asked.shape,
            logprobs: asked.request.logprobs.is_some(),
            include_usage: asked.include_usage,
            offset: 0,
        }
    }

    /// The chunk before the text, which names the speaker.
    pub(in crate::inference_server) fn first(&self) -> Option<Value> {
        (self.shape == Shape::Chat).then(|| {
            self.chunk(json!([{
                "index": 0,
                "delta": {"role": "assistant", "content": ""},
                "logprobs": null,
                "finish_reason": null,
            }]))
        })
    }

    /// A chunk with text.
    pub(in crate::inference_server) fn piece(&mut self, text: &str, logprobs: &[Logprobs]) -> Value {
        let logprobs = self.logprobs(logprobs);
        self.offset += text.chars().count();
        self.chunk(match self.shape {
            Shape::Chat => {
                json!([{"index": 0, "delta": {"content": text}, "logprobs": logprobs, "finish_reason": null}])
            }
            Shape::Completion => json!([{"index": 0, "text": text, "logprobs": logprobs, "finish_reason": null}]),
        })
    }

    /// The chunk after the text, which says why it ended.
    pub(in crate::inference_server) fn last(&self, reason: FinishReason) -> Value {
        let reason = word(reason);
        self.chunk(match self.shape {
            Shape::Chat => json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": reason}]),
            Shape::Completion => json!([{"index": 0, "text": "", "logprobs": null, "finish_reason": reason}]),
        })
    }

    /// The chunk with the token counts, where they were asked for.
    pub(in crate::inference_server) fn usage(&self, usage: &Usage) -> Option<Value> {
        self.include_usage.then(|| {
            let mut chunk = self.chunk(json!([]));
            chunk["usage"] = counts(usage);
            chunk
        })
    }

    /// The whole answer.
    pub(in crate::inference_server) fn whole(
        &self,
        text: &str,
        logprobs: &[Logprobs],
        reason: FinishReason,
        usage: &Usage,
    ) -> Value {
        let logprobs = self.logprobs(logprobs);
        let reason = word(reason);
        let (object, choice) = match self.shape {
            Shape::Chat => (
                "chat.completion",
                json!({
                    "index": 0,
                    "message": {"role": "assistant", "content": text, "refusal": null},
                    "logprobs": logprobs,
                    "finish_reason": reason,
                }),
            ),
            Shape::Completion => {
                ("text_completion", json!({"index": 0, "text": text, "logprobs": logprobs, "finish_reason": reason}))
            }
        };
        json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": counts(usage),
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
            "choices": choices,
        });
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    }

    fn logprobs(&self, values: &[Logprobs]) -> Value {
        match (self.logprobs, self.shape) {
            (false, _) => Value::Null,
            (true, Shape::Chat) => logprobs::chat(values),
            (true, Shape::Completion) => logprobs::completion(values, self.offset),
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
