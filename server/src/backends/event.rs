//! What happens while a model answers, as its reader gets it.

use super::answer::{FinishReason, Usage};
use super::error::BackendError;
use super::provenance::Asked;
use crate::domain::Answerer;

/// What happens while a model answers.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    /// Who is asked what, before anything comes. Only answers of registered models begin so.
    Asked(Box<Asked>),
    /// Who answers, as the answer says; after its first piece, and again where it says more.
    AnsweredBy(Answerer),
    /// The model thinks before it answers; sent once, what it thinks is not passed on.
    Thinking,
    /// All that came until now was thinking, and is no part of the answer.
    Retracted,
    /// The next piece of the answer, never empty.
    Delta { text: String },
    /// The answer is complete; nothing follows.
    Finished {
        /// Why it ended.
        reason: FinishReason,
        /// Token counts.
        usage: Usage,
    },
}

pub(super) type Item = Result<ChatEvent, BackendError>;
