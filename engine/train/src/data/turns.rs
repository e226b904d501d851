//! Turns of conversations, by the names of OpenAI (`role`, `content`) and of ShareGPT (`from`, `value`).

use mixtral_engine::request::{Message, Role};
use serde_json::{Map, Value};

use crate::error::{Expected, LineFault};

/// A field's value; null is none.
pub fn field<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// What is wrong with a field.
pub fn wrong(field: &str, expected: Expected) -> LineFault {
    LineFault::Field { field: field.to_owned(), expected }
}

/// A field that must be a text.
pub fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, LineFault> {
    let text = |value: &'a Value| value.as_str().ok_or_else(|| wrong(key, Expected::Text));
    field(object, key).map(text).transpose()
}

/// The turns of a list.
pub fn turns(list: &Value, key: &str) -> Result<Vec<Message>, LineFault> {
    let list = list.as_array().ok_or_else(|| wrong(key, Expected::Turns))?;
    list.iter().map(|value| turn(value, key)).collect()
}

/// One turn.
pub fn turn(value: &Value, key: &str) -> Result<Message, LineFault> {
    let object = value.as_object().ok_or_else(|| wrong(key, Expected::Turns))?;
    let either = |names: [&str; 2]| names.into_iter().find_map(|name| field(object, name));
    let (Some(role), Some(content)) = (either(["role", "from"]), either(["content", "value"])) else {
        return Err(wrong(key, Expected::Turns));
    };
    let role = match role.as_str().unwrap_or_default() {
        "system" => Role::System,
        "user" | "human" => Role::User,
        "assistant" | "gpt" | "chatgpt" | "bing" | "bard" | "model" => Role::Assistant,
        other => return Err(LineFault::UnknownRole(other.to_owned())),
    };
    let content = said(content).ok_or_else(|| wrong("content", Expected::Text))?;
    message(role, content)
}

/// A message, which must say something.
pub fn message(role: Role, content: String) -> Result<Message, LineFault> {
    if content.trim().is_empty() {
        return Err(LineFault::EmptyMessage);
    }
    Ok(Message { role, content })
}

/// A text, or OpenAI's list of parts where all are texts.
fn said(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().map(|part| part.get("text")?.as_str()).collect(),
        _ => None,
    }
}

/// User and assistant take turns after what the system says, and the last to speak is the assistant.
pub fn check(messages: &[Message]) -> Result<(), LineFault> {
    if messages.last().is_none_or(|m| m.role != Role::Assistant) {
        return Err(LineFault::NoAnswer);
    }
    // Templates differ in what they refuse; what they lose in silence must not be trained on.
    let turns = &messages[usize::from(messages[0].role == Role::System)..];
    let fits = |(at, m): (usize, &Message)| m.role == if at % 2 == 0 { Role::User } else { Role::Assistant };
    if turns.iter().enumerate().all(fits) { Ok(()) } else { Err(LineFault::Turns) }
}
