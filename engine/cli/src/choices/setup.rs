//! What is asked, how, and what an answer is.

use mixtral_evaluation::{Judged, Question};
use serde::{Deserialize, Serialize};

/// Tokens of a free answer, and of one that thinks first. The published scripts give 20.
pub const TOKENS: usize = 20;
pub const THINKING_TOKENS: usize = 512;

/// A subject's questions, and what stands before them.
pub struct Part {
    pub subject: String,
    /// The header with all examples first, then with ever fewer: a question too long for the context is asked with those that
    /// fit.
    pub headers: Vec<String>,
    /// The examples themselves, for endpoints that lay out conversations.
    pub examples: Vec<Question>,
    pub questions: Vec<Question>,
}

/// How a choice is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The letter whose tokens are the likeliest next.
    Logits,
    /// The letter that a short answer names.
    Generate,
    /// The letter that an answer comes to after thinking.
    Think,
}

/// What was asked of whom: the first line of the answers. Answers of another setup are not mixed with these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    pub benchmark: String,
    pub model: String,
    pub split: String,
    pub shots: usize,
    pub instruct: bool,
    pub mode: Mode,
    pub seed: u64,
    /// Questions of each subject, at most.
    pub limit: Option<usize>,
}

/// An answered question: a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    #[serde(flatten)]
    pub judged: Judged,
    /// How many examples stood before it.
    pub examples: usize,
    /// What the model wrote, where it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
