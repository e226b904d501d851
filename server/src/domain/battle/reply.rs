//! One attempt of a side to answer, and its life.

use crate::domain::text_enum::text_enum;
use crate::domain::{ModelId, ReplyId, Side};

text_enum!(
    /// The life of a reply. The first two go on; the others are final.
    ReplyStatus, "reply status" {
        /// Asked for; no token yet.
        Waiting = "waiting",
        /// Tokens are coming.
        Streaming = "streaming",
        /// The model ended, or reached its limit.
        Done = "done",
        /// The backend failed; `error_code` says how.
        Failed = "failed",
        /// The visitor stopped it.
        Stopped = "stopped",
        /// The serving process died; what had arrived is kept.
        Interrupted = "interrupted",
    }
);

impl ReplyStatus {
    /// Whether more may still arrive.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Waiting | Self::Streaming)
    }
}

/// Whether this is no answer: nothing but white space. What is empty cannot be judged, and models are not shown it.
pub fn is_empty_answer(text: &str) -> bool {
    text.trim().is_empty()
}

/// One attempt of a side, as the database has it.
#[derive(Debug, Clone)]
pub struct Reply {
    pub id: ReplyId,
    /// Its turn, from 1.
    pub turn: i32,
    pub side: Side,
    /// From 1.
    pub attempt: i32,
    /// Who answers.
    pub model: ModelId,
    /// Where it is in its life.
    pub status: ReplyStatus,
    /// What has arrived: Markdown, as the model wrote it.
    pub content: String,
    /// How many characters (Unicode scalar values) of it the browser may see.
    pub released: i32,
    /// Why it ended.
    pub finish_reason: Option<String>,
    /// How it failed.
    pub error_code: Option<String>,
    /// Tokens of the conversation before it.
    pub prompt_tokens: Option<i32>,
    /// Tokens of the answer.
    pub completion_tokens: Option<i32>,
    /// Milliseconds to the first token.
    pub first_token_ms: Option<i32>,
    /// Milliseconds to the end.
    pub total_ms: Option<i32>,
    /// Whether its server has fallen silent.
    pub is_stale: bool,
}

impl Reply {
    /// Whether it goes on by the row, and nobody writes it any more: it has to be marked as interrupted.
    pub const fn has_lost_its_server(&self) -> bool {
        self.is_stale && self.status.is_running()
    }

    /// What the rules need to know of it.
    pub fn side_status(&self) -> SideStatus {
        SideStatus::new(self.status, self.attempt, &self.content)
    }
}

/// Where one side of the newest turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideStatus {
    /// Where its newest attempt is in its life.
    pub status: ReplyStatus,
    /// Which attempt that is, from 1.
    pub attempt: i32,
    /// Whether it has said nothing.
    pub is_empty: bool,
}

impl SideStatus {
    /// A side whose newest attempt has come so far.
    pub fn new(status: ReplyStatus, attempt: i32, text: &str) -> Self {
        Self { status, attempt, is_empty: is_empty_answer(text) }
    }

    /// What is wrong with an answer that has ended.
    pub const fn trouble(self) -> Option<Trouble> {
        match self.status {
            ReplyStatus::Failed | ReplyStatus::Interrupted => Some(Trouble::Failed),
            ReplyStatus::Stopped if self.is_empty => Some(Trouble::StoppedBeforeAnswer),
            ReplyStatus::Done if self.is_empty => Some(Trouble::EmptyAnswer),
            ReplyStatus::Waiting | ReplyStatus::Streaming | ReplyStatus::Done | ReplyStatus::Stopped => None,
        }
    }
}

/// What is wrong with an answer that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The backend failed, or its server died.
    Failed,
    /// The visitor stopped it before it said anything.
    StoppedBeforeAnswer,
    /// The model ended and said nothing.
    EmptyAnswer,
}
