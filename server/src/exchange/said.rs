//! What both sides said, in the ways that files have it: a list of messages, or such a list as JSON in a text.

use serde_json::Value;

/// Role (`user` or `assistant`) and text of each message.
pub type Messages = Vec<(&'static str, String)>;

/// The columns, of the left side and of the right one.
pub(super) const SAID: [&str; 2] = ["conversation_a", "conversation_b"];

/// The messages of a value; nothing where it holds none. System prompts are no part of what was said.
pub(super) fn messages(value: &Value) -> Option<Messages> {
    let messages = match value {
        Value::String(text) => return messages(&serde_json::from_str(text).ok().filter(Value::is_array)?),
        Value::Array(messages) => messages,
        _ => return None,
    };
    let messages: Messages = messages.iter().filter_map(message).collect();
    (!messages.is_empty()).then_some(messages)
}

/// A message: `{"role": …, "content": …}`, or `[role, content]`.
fn message(value: &Value) -> Option<(&'static str, String)> {
    let (role, content) = match value {
        Value::Object(fields) => {
            let first = |names: [&str; 2]| names.iter().find_map(|name| fields.get(*name));
            (first(["role", "from"])?, first(["content", "value"])?)
        }
        Value::Array(both) => (both.first()?, both.get(1)?),
        _ => return None,
    };
    let role = match role.as_str()?.to_ascii_lowercase().as_str() {
        "user" | "human" => "user",
        "assistant" | "gpt" | "bot" | "model" => "assistant",
        _ => return None,
    };
    Some((role, without_zeros(&text(content)?)))
}

/// A text as the database takes it: its JSON has no character 0.
pub(super) fn without_zeros(text: &str) -> String {
    text.replace('\0', "")
}

/// A text, or the texts among its parts: pictures are left out.
fn text(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_are_read_in_the_ways_that_files_have_them() {
        let said = vec![("user", "你好".to_owned()), ("assistant", "好".to_owned())];
        let plain = json!([{ "role": "user", "content": "你好" }, { "role": "assistant", "content": "好" }]);
        for value in [
            plain.clone(),
            json!(plain.to_string()),
            json!([{ "from": "human", "value": "你好" }, { "from": "gpt", "value": "好" }]),
            json!([["USER", "你好"], ["ASSISTANT", "好"]]),
            json!([{ "role": "system", "content": "短" }, { "role": "user", "content": [{ "type": "text", "text": "你好" },
                { "type": "image", "text": null, "image": "…" }] }, { "role": "assistant", "content": [{ "text": "好" }] }]),
        ] {
            assert_eq!(messages(&value), Some(said.clone()), "{value}");
        }
        for nothing in [json!(null), json!([]), json!("text"), json!("[]"), json!([{ "role": "user" }]), json!({})] {
            assert_eq!(messages(&nothing), None, "{nothing}");
        }
    }
}
