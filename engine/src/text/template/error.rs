//! Why a template cannot lay out a conversation.

use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::error::Crash;
use crate::text::tokenizer::TokenizerError;

/// A conversation that a template cannot lay out.
#[derive(Debug, Clone, PartialEq, Eq, ThisError, Serialize, Deserialize)]
pub enum TemplateError {
    /// The template itself is broken.
    #[error("tokenizer.chat_template: {0}")]
    Source(String),
    /// The template refused this conversation, or failed on it.
    #[error("{0}")]
    Render(String),
    /// The template ran longer than it may.
    #[error("it took more than {steps} steps")]
    Endless {
        /// The bound.
        steps: u64,
    },
    /// The template wrote more than it may.
    #[error("it wrote more than {limit} bytes")]
    TooMuch {
        /// The bound.
        limit: usize,
    },
    /// The process that the template ran in came to its end, or had to be ended.
    #[error("{0}")]
    Crashed(Crash),
    /// The conversation has too many tokens.
    #[error(transparent)]
    #[serde(skip)]
    TooLong(#[from] TokenizerError),
}
