//! What an answer came from: who was asked what, kept so that the same can be asked again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::request::{ChatRequest, Message, Role, Sampling};
use super::target::Target;
use crate::domain::SentParameter;

/// Who is asked, and how: the same for all answers of a contestant until something of it is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The model's name where it is asked.
    pub model: String,
    /// The address of an endpoint; our own workers have another one each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// What stands before the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// All but the seed.
    pub sampling: Sampling,
    /// Jinja that lays the conversation out instead of the model's own chat template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_template: Option<String>,
    /// What the endpoint is not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<SentParameter>,
}

impl Setup {
    /// Whether the endpoint is not sent this.
    #[must_use]
    pub fn omits(&self, parameter: SentParameter) -> bool {
        self.omitted.contains(&parameter)
    }

    /// Whether the model always takes the likeliest token, so that no seed is needed.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        self.sampling.temperature == Some(0.0) && !self.omits(SentParameter::Temperature)
    }

    /// The same request again, about this conversation.
    #[must_use]
    pub fn request(&self, conversation: Vec<Message>, seed: Option<u32>) -> ChatRequest {
        let system = self.system.clone().map(|content| Message { role: Role::System, content });
        ChatRequest {
            messages: system.into_iter().chain(conversation).collect(),
            sampling: Sampling { seed, ..self.sampling.clone() },
            chat_template: self.chat_template.clone(),
        }
    }
}

/// What is asked of whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub setup: Setup,
    /// Nothing where none is sent.
    pub seed: Option<u32>,
    /// See [`messages_hash`].
    pub messages_hash: [u8; 32],
}

impl Asked {
    /// What is about to be asked of a target. Which of several servers that answer alike is asked is not told.
    #[must_use]
    pub fn of(target: &Target, request: &ChatRequest) -> Self {
        let endpoint = target.endpoint(0);
        let (system, conversation) = match request.messages.split_first() {
            Some((first, rest)) if first.role == Role::System => (Some(first.content.clone()), rest),
            _ => (None, request.messages.as_slice()),
        };
        let setup = Setup {
            model: endpoint.model.clone(),
            base_url: (!endpoint.is_own_worker()).then(|| endpoint.base.to_string()),
            system,
            sampling: Sampling { seed: None, ..request.sampling.clone() },
            chat_template: request.chat_template.clone(),
            omitted: endpoint.omitted.clone(),
        };
        let seed = request.sampling.seed.filter(|_| !setup.omits(SentParameter::Seed));
        Self { seed, messages_hash: messages_hash(conversation), setup }
    }
}

/// SHA-256 of a conversation, without what stands before it, as JSON.
#[must_use]
pub fn messages_hash(conversation: &[Message]) -> [u8; 32] {
    Sha256::digest(serde_json::to_vec(conversation).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::Endpoint;

    fn said(role: Role, content: &str) -> Message {
        Message { role, content: content.to_owned() }
    }

    fn request() -> ChatRequest {
        ChatRequest {
            messages: vec![said(Role::System, "Be brief."), said(Role::User, "你好")],
            sampling: Sampling { temperature: Some(0.7), seed: Some(7), max_tokens: Some(5), ..Sampling::default() },
            chat_template: Some("{{ x }}".to_owned()),
        }
    }

    #[test]
    fn the_same_request_comes_out_of_what_was_kept() {
        let target = Target::from(&Endpoint::new("http://h/v1", None, "m").unwrap());
        let asked = Asked::of(&target, &request());
        assert_eq!((asked.setup.base_url.as_deref(), asked.seed), (Some("http://h/v1"), Some(7)));
        let kept = serde_json::to_string(&asked.setup).unwrap();
        assert!(kept.contains(r#""temperature":0.7"#) && !kept.contains("seed"), "{kept}");
        let setup: Setup = serde_json::from_str(&kept).unwrap();
        assert_eq!(setup, asked.setup);
        assert_eq!(setup.request(vec![said(Role::User, "你好")], asked.seed), request());
        assert_eq!(asked.messages_hash, messages_hash(&[said(Role::User, "你好")]));
        assert_ne!(asked.messages_hash, messages_hash(&[said(Role::User, "您好")]));
    }

    #[test]
    fn a_seed_that_is_not_sent_is_not_kept() {
        let endpoint = Endpoint::new("http://h/v1", None, "m").unwrap();
        let target = Target::from(&endpoint.without_parameters(vec![SentParameter::Seed]));
        let asked = Asked::of(&target, &request());
        assert_eq!(asked.seed, None);
        assert!(asked.setup.omits(SentParameter::Seed) && !asked.setup.is_greedy());
    }
}
