//! What a model of the endpoint does when it is asked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::wire::{Request, Step};

/// What a model of the endpoint does when it is asked.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// The pieces of its answer.
    pub pieces: Vec<String>,
    /// The wait before the first piece.
    pub before_first: Duration,
    /// The wait between pieces.
    pub between: Duration,
    /// What comes after the pieces.
    pub ending: Ending,
    /// Fields of a request that it refuses, with what it says then.
    pub refused: Vec<(String, String)>,
    /// The most tokens that may be asked for.
    pub most_tokens: Option<u64>,
    /// The key that it wants.
    pub key: Option<String>,
    /// What it does instead of all that, byte by byte where need be.
    pub wire: Option<Vec<Step>>,
    /// What it does instead the first times that it is asked.
    pub first: (usize, Vec<Step>),
    /// What it does instead where a request has this field.
    pub with_field: Option<(String, Vec<Step>)>,
    /// What it says instead where a request holds this text; the first that fits.
    pub when: Vec<(String, String)>,
    /// The likeliest first tokens that it tells, with their log probabilities.
    pub likely: Vec<(String, f64)>,
}

/// How an answer ends.
#[derive(Debug, Clone)]
pub enum Ending {
    /// As it should: a finish reason and `[DONE]`.
    Done,
    /// With this finish reason and `[DONE]`.
    Reason(String),
    /// Nothing more ever comes, and the connection stays open.
    Hang,
    /// The connection breaks off.
    Disconnect,
    /// An error inside the stream.
    StreamError(String),
    /// No answer at all but this status and message.
    Status(u16, String),
    /// One line that never ends, of this many bytes.
    HugeLine(usize),
}

/// A piece of an answer as vLLM writes it.
pub fn chunk(text: &str) -> String {
    event("x", json!({"content": text}), Value::Null)
}

fn event(model: &str, delta: Value, finish: Value) -> String {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    });
    format!("data: {chunk}\n\n")
}

impl Behaviour {
    /// Answers with these pieces at once.
    pub fn says(pieces: &[&str]) -> Self {
        Self {
            pieces: pieces.iter().map(|&piece| piece.to_owned()).collect(),
            before_first: Duration::ZERO,
            between: Duration::from_millis(5),
            ending: Ending::Done,
            refused: Vec::new(),
            most_tokens: None,
            key: None,
            wire: None,
            first: (0, Vec::new()),
            with_field: None,
            when: Vec::new(),
            likely: Vec::new(),
        }
    }

    /// Answers with `n` numbered words, one every `between`.
    pub fn counts(n: usize, between: Duration) -> Self {
        let pieces = (1..=n).map(|i| format!("word{i} ")).collect();
        Self { pieces, between, ..Self::says(&[]) }
    }

    /// Does these steps.
    pub fn wire(steps: Vec<Step>) -> Self {
        Self { wire: Some(steps), ..Self::says(&[]) }
    }

    /// Does these steps the first `times` that it is asked.
    #[must_use]
    pub fn first(mut self, times: usize, steps: Vec<Step>) -> Self {
        self.first = (times, steps);
        self
    }

    /// Does these steps where a request has this field.
    #[must_use]
    pub fn with_field(mut self, field: &str, steps: Vec<Step>) -> Self {
        self.with_field = Some((field.to_owned(), steps));
        self
    }

    /// Says this where a message of the request holds this text.
    #[must_use]
    pub fn when(mut self, text: &str, says: &str) -> Self {
        self.when.push((text.to_owned(), says.to_owned()));
        self
    }

    /// Tells these as the likeliest first tokens of whole answers.
    #[must_use]
    pub fn likely(mut self, tokens: &[(&str, f64)]) -> Self {
        self.likely = tokens.iter().map(|(token, logprob)| ((*token).to_owned(), *logprob)).collect();
        self
    }

    /// Ends another way.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Refuses requests that have this field.
    #[must_use]
    pub fn refusing(mut self, field: &str, message: &str) -> Self {
        self.refused.push((field.to_owned(), message.to_owned()));
        self
    }

    /// Refuses requests for longer answers.
    #[must_use]
    pub fn refusing_more_tokens_than(mut self, most: u64) -> Self {
        self.most_tokens = Some(most);
        self
    }

    /// Refuses requests without this key.
    #[must_use]
    pub fn wanting_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Thinks before it begins.
    #[must_use]
    pub fn after(mut self, before_first: Duration) -> Self {
        self.before_first = before_first;
        self
    }

    /// What it says to a request that it refuses, and with which status.
    fn refusal(&self, asked: &Value, authorization: &str) -> Option<(u16, String)> {
        if self.key.as_ref().is_some_and(|key| authorization != format!("Bearer {key}")) {
            return Some((401, "wrong key".to_owned()));
        }
        if let Some(most) = self.most_tokens.filter(|most| asked["max_tokens"].as_u64().is_some_and(|n| n > *most)) {
            return Some((400, format!("max_tokens: at most {most} tokens")));
        }
        let refused = self.refused.iter().find(|(field, _)| asked.get(field).is_some());
        refused.map(|(_, message)| (400, message.clone()))
    }

    /// What is done for a request, the `count`th one, from 0.
    pub(crate) fn steps(&self, request: &Request, asked: &Value, count: usize) -> Vec<Step> {
        if count < self.first.0 {
            return self.first.1.clone();
        }
        if let Some((_, steps)) = self.with_field.as_ref().filter(|(field, _)| asked.get(field).is_some()) {
            return steps.clone();
        }
        if let Some(steps) = &self.wire {
            return steps.clone();
        }
        if let Some((status, message)) = self.refusal(asked, request.header("authorization").unwrap_or_default()) {
            return vec![refused(status, &message)];
        }
        if let Ending::Status(status, message) = &self.ending {
            return vec![Step::Wait(self.before_first), refused(*status, message)];
        }
        let model = asked["model"].as_str().unwrap_or_default();
        let messages = asked["messages"].as_array().into_iter().flatten();
        let said = messages.map(|message| &message["content"]).chain([&asked["prompt"]]);
        let said: Vec<&str> = said.filter_map(Value::as_str).collect();
        if let Some((_, says)) = self.when.iter().find(|(text, _)| said.iter().any(|said| said.contains(text))) {
            let other = Self { pieces: vec![says.clone()], when: Vec::new(), ..self.clone() };
            return if asked["stream"].as_bool() == Some(true) {
                other.streamed(model)
            } else {
                vec![other.whole(model)]
            };
        }
        if asked["stream"].as_bool() == Some(true) { self.streamed(model) } else { vec![self.whole(model)] }
    }

    fn whole(&self, model: &str) -> Step {
        let answer = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": self.pieces.concat()}, "finish_reason": "stop",
                "text": self.pieces.concat(), "logprobs": self.logprobs(),
            }],
            "usage": {"prompt_tokens": 5, "completion_tokens": self.pieces.len(), "total_tokens": 5},
        });
        Step::json("200 OK", answer)
    }

    /// In the forms of chat and of completions at once.
    fn logprobs(&self) -> Value {
        if self.likely.is_empty() {
            return Value::Null;
        }
        let of_chat: Vec<Value> =
            self.likely.iter().map(|(token, logprob)| json!({"token": token, "logprob": logprob})).collect();
        let of_text: serde_json::Map<String, Value> =
            self.likely.iter().map(|(token, logprob)| (token.clone(), json!(logprob))).collect();
        json!({"content": [{"token": "x", "top_logprobs": of_chat}], "top_logprobs": [of_text]})
    }

    fn streamed(&self, model: &str) -> Vec<Step> {
        let send = |delta: Value, finish: Value| Step::Send(event(model, delta, finish));
        let mut steps = vec![Step::Head, send(json!({"role": "assistant", "content": ""}), Value::Null)];
        for (at, piece) in self.pieces.iter().enumerate() {
            steps.push(Step::Wait(if at == 0 { self.before_first } else { self.between }));
            steps.push(send(json!({"content": piece}), Value::Null));
        }
        match &self.ending {
            Ending::Done | Ending::Reason(_) => {
                let reason = if let Ending::Reason(reason) = &self.ending { reason } else { "stop" };
                steps.push(send(json!({}), json!(reason)));
                let count = self.pieces.len();
                let usage = json!({
                    "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "x", "choices": [],
                    "usage": {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": 5 + count},
                });
                steps.extend([Step::Send(format!("data: {usage}\n\ndata: [DONE]\n\n")), Step::End]);
            }
            Ending::StreamError(message) => {
                let error = json!({"error": {"message": message, "type": "server_error", "code": 500}});
                steps.extend([Step::Send(format!("data: {error}\n\n")), Step::End]);
            }
            Ending::HugeLine(bytes) => {
                let line = format!("data: {}", "x".repeat(bytes.saturating_sub(6)));
                steps.extend([Step::Send(line), Step::End]);
            }
            Ending::Hang => steps.push(Step::Hang),
            Ending::Disconnect | Ending::Status(..) => {}
        }
        steps
    }
}

fn refused(status: u16, message: &str) -> Step {
    let line = match status {
        400 => "400 Bad Request",
        401 => "401 Unauthorized",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        422 => "422 Unprocessable Content",
        429 => "429 Too Many Requests",
        500 => "500 Internal Server Error",
        502 => "502 Bad Gateway",
        503 => "503 Service Unavailable",
        other => panic!("no status line for {other}"),
    };
    Step::json(line, json!({"error": {"message": message, "type": "x", "code": null}}))
}
