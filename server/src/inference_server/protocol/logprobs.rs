//! Log probabilities in the shapes of the two protocols.

use mixtral_engine::request::{Logprobs, PromptToken, TokenLogprob};
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

/// The `logprobs` of a completion choice, in which a prompt may stand before the answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::inference_server) struct CompletionLogprobs {
    tokens: Vec<String>,
    values: Vec<Option<f32>>,
    /// Each token and the likeliest others, as evaluations look among them for the best.
    tops: Vec<Option<Map<String, Value>>>,
    offsets: Vec<usize>,
}

impl CompletionLogprobs {
    /// Adds the tokens of an answer, whose text begins after `offset` characters.
    pub(super) fn answer(&mut self, logprobs: &[Logprobs], mut offset: usize) {
        for one in logprobs {
            offset = self.push(&one.chosen.bytes, Some(one), offset);
        }
    }

    /// Adds those of a prompt; the first follows nothing, and has no log probability.
    pub(super) fn prompt(&mut self, tokens: &[PromptToken]) {
        let mut offset = 0;
        for one in tokens {
            offset = self.push(&one.bytes, one.logprobs.as_ref(), offset);
        }
    }

    fn push(&mut self, bytes: &[u8], logprobs: Option<&Logprobs>, offset: usize) -> usize {
        let text = text(bytes);
        let after = offset + text.chars().count();
        self.offsets.push(offset);
        self.tokens.push(text);
        self.values.push(logprobs.map(|one| finite(one.chosen.logprob)));
        self.tops.push(logprobs.map(|one| {
            let all = one.top.iter().chain(std::iter::once(&one.chosen));
            all.map(|other| (self::text(&other.bytes), json!(finite(other.logprob)))).collect()
        }));
        after
    }

    pub(super) fn json(&self) -> Value {
        let Self { tokens, values, tops, offsets } = self;
        json!({"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "text_offset": offsets})
    }
}

fn token(token: &TokenLogprob) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("token".into(), text(&token.bytes).into());
    entry.insert("logprob".into(), json!(finite(token.logprob)));
    entry.insert("bytes".into(), token.bytes.clone().into());
    entry
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn finite(logprob: f32) -> f32 {
    if logprob.is_finite() { logprob } else { NEVER }
}
