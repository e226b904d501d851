//! A battle with everything that was said in it.

use chrono::{DateTime, Utc};

use super::{BattleKind, BattleStatus, NextMessage, Refusal, Reply, Side, VoteStatus};
use crate::domain::{BattleId, Choice, ModelId, Parameters, VoterId};

/// A battle with its turns.
#[derive(Debug, Clone)]
pub struct Battle {
    pub id: BattleId,
    /// How the models were chosen.
    pub kind: BattleKind,
    /// Whose it is.
    pub voter: VoterId,
    /// Left.
    pub model_a: ModelId,
    /// Right, where there is one.
    pub model_b: Option<ModelId>,
    /// With what probability the pair was drawn.
    pub pair_probability: Option<f64>,
    /// The language of the first prompt: ISO 639-1, or `und`.
    pub language: String,
    /// How answers are sampled.
    pub parameters: Parameters,
    /// What the visitor of a named chat tells the models to be; may be empty.
    pub system_prompt: String,
    /// The name of the set that its first prompt is of; empty where it is of none.
    pub prompt_set: String,
    /// Whether its first answers were there before anybody asked.
    pub is_prepared: bool,
    /// Why its vote does not count: `identity` where an answer named a model, `chosen` where the visitor chose one.
    pub exclusion_reason: Option<String>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// The vote, once it is final.
    pub vote: Option<Choice>,
    /// How many turns it had when that vote was cast.
    pub judged_turns: usize,
    /// The vote while it can be taken back.
    pub pending_vote: Option<PendingVote>,
    /// Its turns, oldest first.
    pub turns: Vec<Turn>,
}

/// A vote that can still be taken back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PendingVote {
    pub choice: Choice,
    /// Seconds until it is final; not above 0 where it is due.
    pub seconds_left: f64,
}

impl PendingVote {
    /// Whether its time is over: whoever looks makes it final.
    pub fn is_due(&self) -> bool {
        self.seconds_left <= 0.0
    }
}

/// One message and the newest answer of each side.
#[derive(Debug, Clone)]
pub struct Turn {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote.
    pub prompt: String,
    /// How often it was written anew after it had been answered.
    pub edits: i32,
    /// The newest attempts, by [`Side::index`].
    pub replies: [Option<Reply>; 2],
}

impl Turn {
    /// A message that nobody has been asked yet.
    pub const fn new(number: i32, prompt: String) -> Self {
        Self { number, prompt, edits: 0, replies: [None, None] }
    }

    /// Whether every side has had its say.
    pub fn is_complete(&self, kind: BattleKind) -> bool {
        kind.sides().iter().all(|side| self.reply(*side).is_some_and(|reply| reply.side_status().is_judgeable()))
    }

    /// The answer of a side.
    pub const fn reply(&self, side: Side) -> Option<&Reply> {
        self.replies[side.index()].as_ref()
    }
}

impl Battle {
    /// Whether it is this visitor's. For anyone else it does not exist.
    pub fn belongs_to(&self, voter: VoterId) -> bool {
        self.voter == voter
    }

    /// The model of a side.
    pub const fn model(&self, side: Side) -> Option<ModelId> {
        match side {
            Side::A => Some(self.model_a),
            Side::B => self.model_b,
        }
    }

    /// The newest turn.
    pub fn last_turn(&self) -> Option<&Turn> {
        self.turns.last()
    }

    /// Whether the server of a running answer has fallen silent, so that the answer has to be marked as interrupted.
    pub fn is_stale(&self) -> bool {
        self.last_turn().is_some_and(|turn| turn.replies.iter().flatten().any(Reply::has_lost_its_server))
    }

    /// Where its vote stands.
    pub const fn vote_status(&self) -> VoteStatus {
        VoteStatus::of(self.vote.is_some(), self.pending_vote.is_some())
    }

    /// Where it stands.
    pub fn status(&self) -> BattleStatus {
        let side = |side| Some(self.last_turn()?.reply(side)?.side_status());
        BattleStatus {
            kind: self.kind,
            vote: self.vote_status(),
            turns: self.turns.len(),
            judged: self.judged_turns,
            has_complete_turn: self.turns.iter().rev().skip(1).any(|turn| turn.is_complete(self.kind)),
            sides: [side(Side::A), side(Side::B)],
        }
    }

    /// Whether the models may be named.
    pub fn names_visible(&self) -> bool {
        self.kind.shows_names(self.vote_status())
    }

    /// Whether this vote may be cast.
    pub fn may_vote(&self, choice: Choice) -> Result<(), Refusal> {
        self.status().may_vote(choice)
    }

    /// What another message would become, where it may be sent.
    pub fn next_message(&self) -> Result<NextMessage, Refusal> {
        self.status().next_message()
    }

    /// Whether a side of the newest turn may be asked again.
    pub fn may_retry(&self, side: Side) -> Result<(), Refusal> {
        self.status().may_retry(side)
    }
}
