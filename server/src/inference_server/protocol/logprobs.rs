//! Log probabilities in the shapes of the two protocols.

use mixtral_engine::request::{Logprobs, TokenLogprob};
use serde_json::{Map, Value, json};

/// What OpenAI writes for a token that cannot come; JSON has no infinity.
const NEVER: f32 = -9999.0;

/// The `logprobs` of a chat choice.
pub(super) fn chat(logprobs: &[Logprobs]) -> Value {
    let content: Vec<Value> = logprobs
        .iter()
        .map(|one| {
            let mut entry = token(&one.chosen);
            entry.insert("top_logprobs".into(), one.top.iter().map(token).map(Value::Object).collect());
            Value::Object(entry)
        })
        .collect();
    json!({"content": content, "refusal": null})
}

/// The `logprobs` of a completion choice, whose text begins after `offset` characters.
pub(super) fn completion(logprobs: &[Logprobs], mut offset: usize) -> Value {
    let mut tokens = Vec::new();
    let mut values = Vec::new();
    let mut tops = Vec::new();
    let mut offsets = Vec::new();
    for one in logprobs {
        let text = text(&one.chosen);
        offsets.push(offset);
        offset += text.chars().count();
        tokens.push(text);
        values.push(finite(one.chosen.logprob));
        tops.push(one.top.iter().map(|other| (self::text(other), json!(finite(other.logprob)))).collect::<Map<_, _>>());
    }
    json!({"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "text_offset": offsets})
}

fn token(token: &TokenLogprob) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("token".into(), text(token).into());
    entry.insert("logprob".into(), json!(finite(token.logprob)));
    entry.insert("bytes".into(), token.bytes.clone().into());
    entry
}

fn text(token: &TokenLogprob) -> String {
    String::from_utf8_lossy(&token.bytes).into_owned()
}

fn finite(logprob: f32) -> f32 {
    if logprob.is_finite() { logprob } else { NEVER }
}
