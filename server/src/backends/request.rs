//! What is asked of a model: the conversation so far and how to sample.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::SentParameter;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions before the conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// How the answer is sampled. What is `None` is left to the endpoint's own default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// 0 is greedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Nucleus sampling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// Only the k likeliest tokens. Not part of OpenAI's own protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Only tokens at least this likely relative to the likeliest. Not part of OpenAI's protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// Multiplicative penalty on repeated tokens. Not part of OpenAI's protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
    /// Penalty by how often a token has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f32>,
    /// Penalty on tokens that have come at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f32>,
    /// For repeatable answers, where the endpoint knows how. 31 bits, because servers differ in
    /// the widest seed they take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The longest answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Texts at which the answer ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

/// A request for one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The conversation, oldest first, ending with the person's message.
    pub messages: Vec<Message>,
    /// How to sample.
    pub sampling: Sampling,
    /// Jinja that lays the conversation out instead of the model's own chat template: vLLM's name for it, and our worker's.
    pub chat_template: Option<String>,
}

impl ChatRequest {
    /// Whether the conversation is so short that no model may call it too long.
    pub(super) fn is_short(&self) -> bool {
        self.messages.iter().map(|message| message.content.len()).sum::<usize>() <= 2000
    }
}

/// The request as JSON, and how it bends to what an endpoint turns out to refuse.
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn new(model: &str, request: &ChatRequest) -> Self {
        let sampling = &request.sampling;
        let mut body = Map::new();
        body.insert("model".into(), json!(model));
        body.insert("messages".into(), json!(request.messages));
        body.insert("stream".into(), json!(true));
        body.insert("stream_options".into(), json!({"include_usage": true}));
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.into(), value);
            }
        };
        put("temperature", sampling.temperature.map(short));
        put("top_p", sampling.top_p.map(short));
        put("top_k", sampling.top_k.map(Value::from));
        put("min_p", sampling.min_p.map(short));
        put("repetition_penalty", sampling.repetition_penalty.map(short));
        put("frequency_penalty", sampling.frequency_penalty.map(short));
        put("presence_penalty", sampling.presence_penalty.map(short));
        put("seed", sampling.seed.map(|seed| Value::from(seed & 0x7fff_ffff)));
        put("max_tokens", sampling.max_tokens.map(Value::from));
        put("chat_template", request.chat_template.clone().map(Value::from));
        put("stop", (!sampling.stop.is_empty()).then(|| json!(sampling.stop)));
        Self(body)
    }

    /// Leaves out what the endpoint is registered not to take.
    pub(super) fn without(mut self, omitted: &[SentParameter]) -> Self {
        for parameter in omitted {
            self.0.remove(parameter.as_str());
        }
        self
    }

    pub(super) fn json(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Changes the form of the request, never its meaning, after a refusal: usage need not be asked for, OpenAI's newer models
    /// call the limit by another name, and some templates take instructions only in the person's first message. Returns
    /// whether anything changed. `is_refused` says that the endpoint calls it a mistake of the request, and no failure of its own.
    pub(super) fn bend(&mut self, refusal: &str, is_refused: bool) -> bool {
        let refusal = refusal.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| refusal.contains(word));
        if says(&["stream_options", "include_usage"]) && self.0.remove("stream_options").is_some() {
            return true;
        }
        let is_unknown = refusal.contains("max_tokens") && says(&UNKNOWN);
        if (is_unknown || refusal.contains("max_completion_tokens"))
            && let Some(limit) = self.0.remove("max_tokens")
        {
            self.0.insert("max_completion_tokens".into(), limit);
            return true;
        }
        let is_about_system = says(&["system message", "system prompt", "system instruction", "developer instruction"])
            || says(&["system"]) && says(&["role"]);
        if is_about_system && self.join_system() {
            return true;
        }
        // Something that it does not take, and it does not say what: this need not be there.
        let optional = |name: &&String| !["model", "messages", "stream"].contains(&name.as_str());
        let names_one = self.0.keys().filter(optional).any(|name| refusal.contains(name.as_str()));
        is_refused && !names_one && self.0.remove("stream_options").is_some()
    }

    /// Puts the instructions before the person's first message. Returns whether there were any.
    fn join_system(&mut self) -> bool {
        let Some(Value::Array(messages)) = self.0.get_mut("messages") else { return false };
        let is = |message: &Value, role: &str| message["role"] == role;
        if !(messages.first().is_some_and(|first| is(first, "system"))
            && messages.len() > 1
            && is(&messages[1], "user"))
        {
            return false;
        }
        let system = messages.remove(0);
        let joined =
            [&system, &messages[0]].map(|message| message["content"].as_str().unwrap_or_default()).join("\n\n");
        messages[0]["content"] = Value::String(joined);
        true
    }
}

/// How servers call a field that they do not take.
const UNKNOWN: [&str; 11] = [
    "unsupported",
    "not supported",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unexpected",
    "extra",
    "not permitted",
    "not allowed",
    "deprecated",
    "invalid parameter",
];

/// A number as a person wrote it: 0.7 and not 0.699999988079071.
fn short(value: f32) -> Value {
    value.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![Message { role: Role::User, content: "你好".into() }],
            sampling: Sampling {
                temperature: Some(0.7),
                seed: Some(u32::MAX),
                max_tokens: Some(5),
                ..Sampling::default()
            },
            chat_template: None,
        }
    }

    #[test]
    fn only_what_is_set_is_sent_and_numbers_stay_as_written() {
        let body = Body::new("m", &request());
        assert_eq!(
            Value::Object(body.json().clone()),
            json!({
                "model": "m",
                "messages": [{"role": "user", "content": "你好"}],
                "stream": true,
                "stream_options": {"include_usage": true},
                "temperature": 0.7,
                "seed": 0x7fff_ffffu32,
                "max_tokens": 5,
            })
        );
    }

    #[test]
    fn a_chat_template_is_sent_only_where_there_is_one() {
        let body =
            |own: Option<&str>| Body::new("m", &ChatRequest { chat_template: own.map(str::to_owned), ..request() });
        assert!(!body(None).json().contains_key("chat_template"));
        assert_eq!(body(Some("{{ x }}")).json()["chat_template"], "{{ x }}");
    }

    #[test]
    fn what_an_endpoint_is_registered_not_to_take_is_left_out() {
        let body = Body::new("m", &request()).without(&[SentParameter::Seed, SentParameter::TopP]);
        assert!(!body.json().contains_key("seed") && body.json().contains_key("temperature"));
    }

    #[test]
    fn a_refused_form_is_bent_once_and_a_refused_meaning_never() {
        let mut body = Body::new("m", &request());
        assert!(body.bend("Unknown field: stream_options", true));
        assert!(!body.bend("Unknown field: stream_options", true));
        assert!(body.bend("Use 'max_completion_tokens' instead.", true));
        assert_eq!(body.json()["max_completion_tokens"], 5);
        assert!(!body.json().contains_key("max_tokens"));
        assert!(!body.bend("temperature is not supported", true));
        assert!(body.json().contains_key("temperature"));
    }

    #[test]
    fn the_limit_goes_by_its_other_name_where_its_own_is_unknown_and_not_where_it_is_too_large() {
        for (refusal, bends) in [
            ("Unrecognized request argument supplied: max_tokens", true),
            ("Unsupported parameter: 'max_tokens'", true),
            (
                r#"[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]"#,
                true,
            ),
            ("max_tokens: at most 500 tokens", false),
            ("max_tokens is too large: 5000", false),
        ] {
            let mut body = Body::new("m", &request());
            assert_eq!(body.bend(refusal, true), bends, "{refusal}");
            assert_eq!(body.json().contains_key("max_completion_tokens"), bends, "{refusal}");
        }
    }

    #[test]
    fn a_refusal_without_a_name_may_mean_the_wish_for_counts() {
        let mut body = Body::new("m", &request());
        assert!(body.bend("Bad Request", true) && !body.json().contains_key("stream_options"));
        assert!(!body.bend("Bad Request", true));
        assert!(!Body::new("m", &request()).bend("it broke", false), "a failure of its own");
    }

    #[test]
    fn instructions_that_are_refused_as_a_role_stand_before_the_first_message() {
        for refusal in ["System role not supported", "Only user and assistant roles are supported, not system!"] {
            let mut instructed = request();
            instructed.messages.insert(0, Message { role: Role::System, content: "Be brief.".into() });
            let mut body = Body::new("m", &instructed);
            assert!(body.bend(refusal, true), "{refusal}");
            assert_eq!(body.json()["messages"], json!([{"role": "user", "content": "Be brief.\n\n你好"}]));
        }
        // There is nothing to join.
        let mut body = Body::new("m", &request());
        body.bend("System role not supported", true);
        assert_eq!(body.json()["messages"], json!([{"role": "user", "content": "你好"}]));
    }
}
