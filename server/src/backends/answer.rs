//! Reads what servers send as chunks and answers. Liberal: only what is needed must be there.

use serde_json::Value;

use super::error::{BackendError, ErrorKind};
use super::halves::lenient_json;
use super::refusal::refusal;
use crate::domain::Answerer;

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

    /// The reason that a server names; `None` where it names none.
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) if name.is_empty() || name == "null" => None,
            Value::String(name) => Some(Self::from_name(name)),
            Value::Object(fields) => ["type", "reason"].iter().find_map(|name| fields.get(*name)).and_then(Self::of),
            // Numbers of an enumeration in which 0 stands for none.
            Value::Number(number) => (number.as_f64() != Some(0.0)).then_some(Self::Stop),
            Value::Bool(has_ended) => has_ended.then_some(Self::Stop),
            Value::Null | Value::Array(_) => None,
        }
    }

    fn from_name(name: &str) -> Self {
        let name: String = name.chars().take(40).collect::<String>().to_ascii_lowercase();
        match name.as_str() {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "stop_str" | "complete" => Self::Stop,
            "length" | "max_tokens" | "limit" | "model_context_window_exceeded" => Self::Length,
            // OpenAI, Gemini, Zhipu, Anthropic.
            "content_filter" | "safety" | "prohibited_content" | "sensitive" | "refusal" => Self::Filtered,
            _ => Self::Other(name),
        }
    }

    /// Whether it says that the server gave up in the middle: vLLM, SGLang; Zhipu; DeepSeek.
    fn is_failure(&self) -> bool {
        let failures = ["error", "abort", "network_error", "insufficient_system_resource"];
        matches!(self, Self::Other(name) if failures.contains(&name.as_str()))
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
    /// Whether it brings something that is no text, such as a tool call.
    pub(super) is_other: bool,
    /// Whether the text is said to be the whole answer and not the next piece of it.
    pub(super) is_whole: bool,
    /// Which of several answers this is of.
    pub(super) index: u64,
    /// Whether there is nothing but counts of tokens.
    pub(super) is_count: bool,
    /// Whether the text may hold halves of characters, to be joined by [`Halves`](super::halves::Halves).
    pub(super) has_halves: bool,
    pub(super) finish: Option<FinishReason>,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    /// Who answers, as far as it says.
    pub(super) answerer: Answerer,
}

/// The longest name that is kept of who answers.
const MAX_NAME: usize = 200;

/// Who answers, by the chunk itself.
fn answerer(json: &Value) -> Answerer {
    let text = |name: &str| {
        let text = json.get(name)?.as_str()?.trim();
        // Postgres cannot store NUL, and nobody reads others.
        let kept: String = text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        (!kept.is_empty()).then_some(kept)
    };
    Answerer { fingerprint: text("system_fingerprint"), model: text("model") }
}

/// Reads one JSON text: a chunk of a stream, a whole answer, or an error in the place of either. `None` where it is none of
/// them: what a server tells beside the answer is not for us, and takes nothing from it.
pub(super) fn read_chunk(text: &str) -> Result<Option<Piece>, BackendError> {
    let json = match lenient_json(text) {
        Ok(json) => json,
        // Words are no piece of an answer, and take nothing from it; JSON that is cut off may have been one.
        Err(_) if !text.trim_start().starts_with(['{', '[']) => return Ok(None),
        Err(error) => return Err(BackendError::new(ErrorKind::InvalidAnswer, format!("not an answer: {error}"))),
    };
    let choices: &[Value] = match json.value.get("choices") {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    if let Some(error) = json.value.get("error").filter(|error| is_error(error, choices.is_empty())) {
        return Err(refusal(None, error));
    }
    let has = |name: &str| json.value.get(name).is_some_and(|value| !value.is_null());
    if !has("choices") {
        if json.value.get("object").is_some_and(|object| object == "error") || (has("message") && has("code")) {
            return Err(refusal(None, &json.value));
        }
        if !has("usage") {
            return Ok(None);
        }
    }
    let mut piece = Piece { has_halves: json.has_halves, answerer: answerer(&json.value), ..Piece::default() };
    // One answer was asked for; should a server send several, the first one counts.
    if let Some(choice) = choices.iter().min_by_key(|choice| index(choice)) {
        piece.index = index(choice);
        take_choice(&mut piece, choice)?;
    }
    piece.is_count = choices.is_empty();
    Ok(Some(with_usage(piece, json.value.get("usage"))))
}

/// Reads a text that must say something of the answer.
pub(super) fn read(text: &str) -> Result<Piece, BackendError> {
    read_chunk(text)?.ok_or_else(|| BackendError::new(ErrorKind::InvalidAnswer, format!("no choices in: {text}")))
}

/// Whether the field `error` tells one: some servers send it empty beside an answer.
fn is_error(error: &Value, is_alone: bool) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => is_alone || !text.is_empty(),
        Value::Object(fields) => is_alone || fields.values().any(|value| !value.is_null() && value != ""),
        Value::Array(list) => is_alone || !list.is_empty(),
        Value::Bool(true) | Value::Number(_) => is_alone,
    }
}

/// The place of a choice, however it is written.
fn index(choice: &Value) -> u64 {
    match choice.get("index") {
        Some(Value::Number(number)) => number.as_f64().map_or(0, |number| number as u64),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
        _ => 0,
    }
}

fn take_choice(piece: &mut Piece, choice: &Value) -> Result<(), BackendError> {
    let is_there = |value: &&Value| !value.is_null();
    let delta = choice.get("delta").filter(is_there);
    if let Some(said) = delta.or_else(|| choice.get("message").filter(is_there)) {
        piece.is_whole = delta.is_none();
        let content = if said.is_object() { said.get("content") } else { Some(said) };
        piece.text = flat(content) + &flat(said.get("refusal"));
        piece.is_thinking = thinks(content) || THOUGHTS.iter().any(|name| !is_blank(said.get(*name)));
        piece.is_other = CALLS.iter().any(|name| !is_blank(said.get(*name)));
    }
    piece.text += &flat(choice.get("text"));
    piece.finish = choice.get("finish_reason").and_then(FinishReason::of);
    if piece.finish.as_ref().is_some_and(FinishReason::is_failure) {
        return Err(BackendError::new(ErrorKind::ServerFailed, "the server ended the answer with an error"));
    }
    Ok(())
}

/// What servers call the field in which a model thinks. Some send several of them, or all as null.
const THOUGHTS: [&str; 4] = ["reasoning_content", "reasoning", "reasoning_details", "thinking"];

/// What a model may bring in the place of text. Nothing of it is shown, but it is no silence.
const CALLS: [&str; 2] = ["tool_calls", "function_call"];

/// Whether a list of parts holds thoughts.
fn thinks(content: Option<&Value>) -> bool {
    content.and_then(Value::as_array).is_some_and(|parts| parts.iter().any(is_thought))
}

fn is_thought(part: &Value) -> bool {
    part.get("type").and_then(Value::as_str).is_some_and(|kind| kind.contains("thinking") || kind.contains("reasoning"))
}

fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
    }
}

fn with_usage(mut piece: Piece, usage: Option<&Value>) -> Piece {
    let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    piece.prompt_tokens = count("prompt_tokens");
    piece.completion_tokens = count("completion_tokens");
    piece
}

/// Content is a string, null, or a list of parts of which those with text count, but for thoughts.
fn flat(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let text = |part: &Value| match part {
                Value::String(text) => text.clone(),
                part if is_thought(part) => String::new(),
                part => part.get("text").and_then(Value::as_str).unwrap_or("").to_owned(),
            };
            parts.iter().map(text).collect()
        }
        Some(part @ Value::Object(_)) if !is_thought(part) => {
            part.get("text").and_then(Value::as_str).unwrap_or("").to_owned()
        }
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
    fn reasons_to_finish_are_read_in_every_shape() {
        let finish = |reason: &str| {
            let chunk = format!(r#"{{"choices":[{{"delta":{{"content":"x"}},"finish_reason":{reason}}}]}}"#);
            read(&chunk).map(|piece| piece.finish.map(|reason| reason.code().to_owned()))
        };
        for (reason, code) in [
            ("null", None),
            (r#""""#, None),
            (r#""null""#, None),
            ("0", None),
            ("false", None),
            ("[]", None),
            ("{}", None),
            (r#""STOP""#, Some("stop")),
            (r#""end_turn""#, Some("stop")),
            ("1", Some("stop")),
            ("true", Some("stop")),
            (r#"{"type":"stop","matched":151645}"#, Some("stop")),
            (r#"{"type":"length","length":16}"#, Some("length")),
            (r#""MAX_TOKENS""#, Some("length")),
            (r#""SAFETY""#, Some("content_filter")),
            (r#""sensitive""#, Some("content_filter")),
            (r#""tool_calls""#, Some("tool_calls")),
        ] {
            assert_eq!(finish(reason).unwrap().as_deref(), code, "{reason}");
        }
        for reason in [r#""error""#, r#""abort""#, r#"{"type":"abort","message":"gone"}"#, r#""network_error""#] {
            assert_eq!(finish(reason).unwrap_err().kind, ErrorKind::ServerFailed, "{reason}");
        }
    }

    #[test]
    fn thoughts_are_told_from_text_under_every_name_and_in_every_shape() {
        for (delta, thinks, text) in [
            (r#"{"reasoning":"a","reasoning_content":"a","content":null}"#, true, ""),
            (r#"{"reasoning":null,"reasoning_content":null,"content":"x"}"#, false, "x"),
            (r#"{"reasoning":"","reasoning_content":"","content":"x"}"#, false, "x"),
            (r#"{"reasoning_content":"a","reasoning":null,"content":"x"}"#, true, "x"),
            (r#"{"reasoning":{"text":"a"},"content":""}"#, true, ""),
            (r#"{"reasoning_details":[{"type":"reasoning.text","text":"a"}],"content":""}"#, true, ""),
            (r#"{"reasoning_details":[],"content":"x"}"#, false, "x"),
            (
                r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"a"}]},{"type":"text","text":"x"}]}"#,
                true,
                "x",
            ),
            (r#"{"content":{"type":"text","text":"x"}}"#, false, "x"),
            (r#"{"content":7,"tool_calls":[{"function":{}}]}"#, false, ""),
            (r#""x""#, false, "x"),
            ("null", false, ""),
        ] {
            let piece = read(&format!(r#"{{"choices":[{{"delta":{delta}}}]}}"#)).unwrap();
            assert_eq!((piece.is_thinking, piece.text.as_str()), (thinks, text), "{delta}");
        }
    }

    #[test]
    fn what_stands_beside_the_choices_takes_nothing_from_the_answer() {
        for beside in [
            r#""usage":"none""#,
            r#""usage":[1]"#,
            r#""usage":{"completion_tokens":"3"}"#,
            r#""error":null"#,
            r#""error":{}"#,
            r#""error":"""#,
            r#""error":false"#,
            r#""error":{"message":null,"code":null}"#,
            r#""message":"hi","code":0"#,
            r#""object":"error?""#,
            r#""timings":{"x":[[]]}"#,
            r#""id":7,"created":"now","model":null"#,
            r#""choices_extra":[{"index":{}}]"#,
            r#""speed":Infinity,"perplexity":NaN"#,
            "\"note\":\"tab\there\"",
        ] {
            assert_eq!(text(&format!(r#"{{{beside},"choices":[{{"delta":{{"content":"x"}}}}]}}"#)), "x", "{beside}");
        }
        for index in ["0", "0.0", r#""0""#, "null", "[]"] {
            assert_eq!(
                text(&format!(r#"{{"choices":[{{"index":{index},"delta":{{"content":"x"}}}}]}}"#)),
                "x",
                "{index}"
            );
        }
        for other in [
            r#"{"prompt_progress":{"total":3}}"#,
            r#"{"type":"ping"}"#,
            r#"{"choices":null}"#,
            "[]",
            "7",
            "null",
            "ping",
            r#""x"#,
        ] {
            assert_eq!(read_chunk(other), Ok(None), "{other}");
        }
    }

    #[test]
    fn who_answers_is_read_where_it_is_said() {
        let said = |beside: &str| read(&format!(r#"{{{beside}"choices":[]}}"#)).unwrap().answerer;
        let found = said(r#""system_fingerprint":" fp_1\u0000","model":"gpt","#);
        assert_eq!((found.fingerprint.as_deref(), found.model.as_deref()), (Some("fp_1"), Some("gpt")));
        assert_eq!(said(r#""system_fingerprint":null,"model":7,"#), Answerer::default());
        assert_eq!(said(r#""system_fingerprint":"","#), Answerer::default());
        let long = said(&format!(r#""model":"{}","#, "长".repeat(999)));
        assert_eq!(long.model.map(|name| name.chars().count()), Some(MAX_NAME));
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
}
