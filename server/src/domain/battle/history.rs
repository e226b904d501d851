//! A battle as a line of its visitor's history.

use chrono::{DateTime, Utc};

use super::{BattleKind, VoteStatus};
use crate::domain::{BattleId, Choice, ModelId};

/// A battle as a line of its visitor's history.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// Left.
    pub model_a: ModelId,
    /// Right.
    pub model_b: Option<ModelId>,
    /// The first 300 characters of the first message.
    pub prompt: String,
    /// How many turns it has.
    pub turns: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The vote, once it is final.
    pub vote: Option<Choice>,
}

impl HistoryEntry {
    /// Whether the models may be named.
    pub const fn names_visible(&self) -> bool {
        self.kind.shows_names(VoteStatus::of(self.vote.is_some(), false))
    }
}
