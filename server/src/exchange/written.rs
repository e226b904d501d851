//! A vote on its way into a file.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::Choice;

/// A vote to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenVote {
    pub battle: Uuid,
    /// The left model's slug.
    pub model_a: String,
    /// The right model's slug.
    pub model_b: String,
    pub choice: Choice,
    /// Keyed hash of the voter: equal for one person's votes, and no way back.
    pub voter: Option<String>,
    /// Whether the names were hidden.
    pub is_blind: bool,
    pub language: String,
    pub turns: i32,
    /// The set that the prompt was of; may be empty.
    pub prompt_set: String,
    /// Whether the answers were there beforehand.
    pub is_prepared: bool,
    pub at: DateTime<Utc>,
    /// Both conversations: role and text of each message.
    pub conversations: Option<[Vec<(&'static str, String)>; 2]>,
}
