//! Reads what servers send as chunks and answers. Liberal: only what is needed must be there.

use serde::Deserialize;
use serde_json::Value;

use super::error::{BackendError, ErrorKind};

/// Why the answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// The model came to its end or to a stop text.
    Stop,
    /// The limit on tokens or the end of the context.
    Length,
    /// The provider's filter cut it.
    Filtered,
    /// Anything else the server names.
    Other(String),
}

impl FinishReason {
    /// The stable word for it: OpenAI's own.
    pub fn code(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Filtered => "content_filter",
            Self::Other(name) => name,
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "stop_str" => Self::Stop,
            "length" | "max_tokens" | "limit" => Self::Length,
            "content_filter" => Self::Filtered,
            other => Self::Other(other.chars().take(40).collect()),
        }
    }
}

/// How many tokens went in and came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Tokens of the conversation, where the server counts them.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer: the server's count, else the number of pieces that came.
    pub completion_tokens: u64,
    /// Whether `completion_tokens` is the number of pieces and not the server's count.
    pub estimated: bool,
}

/// What one chunk (or one whole answer) says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_thinking: bool,
    pub(super) finish: Option<FinishReason>,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    object: Option<Value>,
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    code: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: Option<u64>,
    #[serde(default)]
    delta: Option<Said>,
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    text: Option<Value>,
    #[serde(default)]
    finish_reason: Option<Value>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<Value>,
    #[serde(default)]
    refusal: Option<Value>,
    #[serde(default, alias = "reasoning")]
    reasoning_content: Option<Value>,
}

/// Reads one JSON text: a chunk of a stream, a whole answer, or an error in the place of either.
pub(super) fn read(text: &str) -> Result<Piece, BackendError> {
    let raw: Raw = serde_json::from_str(text)
        .map_err(|error| BackendError::new(ErrorKind::InvalidAnswer, format!("not an answer: {error}")))?;
    if let Some(error) = raw.error.as_ref().filter(|error| !error.is_null()) {
        return Err(refusal(None, error));
    }
    let names_error = raw.object.as_ref().is_some_and(|object| object == "error");
    let Some(choices) = raw.choices else {
        if names_error || (raw.message.is_some() && raw.code.is_some()) {
            return Err(refusal(None, &serde_json::from_str(text).unwrap_or_default()));
        }
        if raw.usage.is_some() {
            return Ok(with_usage(Piece::default(), raw.usage.as_ref()));
        }
        return Err(BackendError::new(ErrorKind::InvalidAnswer, format!("no choices in: {text}")));
    };
    let mut piece = Piece::default();
    // One answer was asked for; should a server send several, the first one counts.
    if let Some(choice) = choices.into_iter().find(|choice| choice.index.unwrap_or(0) == 0) {
        let said = choice.delta.or(choice.message);
        if let Some(said) = &said {
            piece.text = flat(said.content.as_ref()) + &flat(said.refusal.as_ref());
            piece.is_thinking = !flat(said.reasoning_content.as_ref()).is_empty();
        }
        piece.text += &flat(choice.text.as_ref());
        piece.finish = choice
            .finish_reason
            .as_ref()
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty() && *name != "null")
            .map(FinishReason::from_name);
        if piece.finish == Some(FinishReason::Other("error".into())) {
            return Err(BackendError::new(ErrorKind::ServerFailed, "the server ended the answer with an error"));
        }
    }
    Ok(with_usage(piece, raw.usage.as_ref()))
}

/// Reads an error body of any of the shapes in use, or plain text.
pub(super) fn read_refusal(status: u16, body: &str) -> BackendError {
    match serde_json::from_str::<Value>(body) {
        Ok(value) => refusal(Some(status), value.get("error").filter(|e| !e.is_null()).unwrap_or(&value)),
        Err(_) => BackendError::from_refusal(Some(status), "", body),
    }
}

fn refusal(status: Option<u16>, error: &Value) -> BackendError {
    let word = |name: &str| match error.get(name) {
        Some(Value::String(word)) => word.clone(),
        _ => String::new(),
    };
    let code = match (word("code"), word("type")) {
        (code, kind) if code.is_empty() => kind,
        (code, _) => code,
    };
    // vLLM and llama.cpp put the status as a number into `code`.
    let inner = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let status = status.or(inner.filter(|code| (400..600).contains(code)));
    let message = match error {
        Value::String(text) => text.clone(),
        _ => ["message", "detail", "error", "msg"]
            .iter()
            .find_map(|name| error.get(*name).filter(|value| !value.is_null()))
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .unwrap_or_else(|| error.to_string()),
    };
    BackendError::from_refusal(status, &code, &message)
}

fn with_usage(mut piece: Piece, usage: Option<&Value>) -> Piece {
    let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    piece.prompt_tokens = count("prompt_tokens");
    piece.completion_tokens = count("completion_tokens");
    piece
}

/// Content is a string, null, or a list of parts of which those with text count.
fn flat(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .map(|part| part.as_str().or_else(|| part.get("text").and_then(Value::as_str)).unwrap_or(""))
            .collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        read(json).unwrap().text
    }

    #[test]
    fn chunks_of_many_servers_are_read() {
        assert_eq!(text(r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#), "");
        assert_eq!(text(r#"{"choices":[{"delta":{"content":"好"},"index":0}]}"#), "好");
        assert_eq!(text(r#"{"choices":[]}"#), "");
        assert_eq!(
            text(r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#),
            "ab"
        );
        assert_eq!(
            text(r#"{"choices":[{"message":{"role":"assistant","content":"whole"},"finish_reason":"stop"}]}"#),
            "whole"
        );
        assert_eq!(text(r#"{"choices":[{"text":"old","finish_reason":""}]}"#), "old");
        assert_eq!(
            text(r#"{"choices":[{"index":1,"delta":{"content":"second"}},{"index":0,"delta":{"content":"first"}}]}"#),
            "first"
        );
        assert!(read(r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#).unwrap().is_thinking);
        let last =
            read(r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#).unwrap();
        assert_eq!((last.prompt_tokens, last.completion_tokens), (Some(3), Some(4)));
        let end = read(r#"{"choices":[{"delta":{},"finish_reason":"length"}],"usage":null}"#).unwrap();
        assert_eq!(end.finish, Some(FinishReason::Length));
    }

    #[test]
    fn errors_in_the_place_of_answers_are_errors() {
        let kind = |json: &str| read(json).unwrap_err().kind;
        assert_eq!(kind(r#"{"error":{"message":"CUDA out of memory","code":500}}"#), ErrorKind::OutOfMemory);
        assert_eq!(kind(r#"{"error":"queue is full"}"#), ErrorKind::Overloaded);
        assert_eq!(
            kind(r#"{"object":"error","message":"maximum context length is 10","type":"BadRequestError","code":400}"#),
            ErrorKind::ContextTooLong
        );
        assert_eq!(kind(r#"{"choices":[{"delta":{},"finish_reason":"error"}]}"#), ErrorKind::ServerFailed);
        assert_eq!(kind(r#"{"hello":1}"#), ErrorKind::InvalidAnswer);
        assert_eq!(kind("<html>"), ErrorKind::InvalidAnswer);
    }

    #[test]
    fn refusals_of_every_shape_are_read() {
        assert_eq!(read_refusal(401, "{\"detail\":\"Unauthorized\"}").kind, ErrorKind::Unauthorised);
        assert_eq!(
            read_refusal(404, "{\"error\":{\"message\":\"The model `x` does not exist.\",\"type\":\"NotFoundError\"}}")
                .kind,
            ErrorKind::ModelNotFound
        );
        assert_eq!(read_refusal(422, "{\"detail\":[{\"msg\":\"bad\"}]}").detail, "[{\"msg\":\"bad\"}]");
        assert_eq!(read_refusal(500, "Internal Server Error").detail, "Internal Server Error");
    }
}
