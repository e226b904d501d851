//! Why a battle does not allow what was asked of it.

use crate::domain::Choice;

/// Why a battle does not allow what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum Refusal {
    /// It has a vote. The first one stands.
    AlreadyVoted,
    /// A choice for pairs in a direct chat, or the other way round.
    ChoiceDoesNotFit(Choice),
    /// A vote while an answer is being written.
    VoteWhileStreaming,
    /// A vote while a side has to be asked again.
    VoteOnFailure,
    /// A vote where a side said nothing, or nobody was asked anything.
    VoteOnNothing,
    /// A blind battle whose names have been shown.
    Over,
    /// An answer is being written.
    StillStreaming,
    /// A side has to be asked again first.
    SideFailed,
    /// It has [`MAX_TURNS`](super::MAX_TURNS) turns.
    TooManyTurns,
    /// There is no such side, or it was never asked.
    NoSuchSide,
    /// The side has answered.
    NothingToRetry,
    /// The side was asked [`MAX_ATTEMPTS`](super::MAX_ATTEMPTS) times.
    TooManyAttempts,
}

impl Refusal {
    /// The stable code: part of the JSON API, and of the name of the public text (`error-CODE`).
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlreadyVoted => "already-voted",
            Self::ChoiceDoesNotFit(_) => "vote-choice",
            Self::VoteWhileStreaming => "vote-streaming",
            Self::VoteOnFailure => "vote-failed",
            Self::VoteOnNothing => "vote-empty",
            Self::Over => "battle-over",
            Self::StillStreaming => "still-streaming",
            Self::SideFailed => "side-failed",
            Self::TooManyTurns => "too-many-turns",
            Self::NoSuchSide => "not-found",
            Self::NothingToRetry => "nothing-to-ask-again",
            Self::TooManyAttempts => "too-many-attempts",
        }
    }
}
