//! Why a battle does not allow what was asked of it.

use crate::domain::Choice;

/// Why a battle does not allow what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum Refusal {
    /// It has a vote, final or not yet. The first one stands unless it is taken back.
    AlreadyVoted,
    /// A choice for pairs in a direct chat, or the other way round.
    ChoiceDoesNotFit(Choice),
    /// A vote while an answer is being written.
    VoteWhileStreaming,
    /// A vote while a side has to be asked again, and no earlier turn is complete.
    VoteOnFailure,
    /// A vote where a side was stopped before it said anything, or nobody was asked anything.
    VoteOnNothing,
    /// A vote that can still be taken back stands in the way.
    VotePending,
    /// The newest turn was voted on, and stays as it was judged.
    Over,
    /// One side alone of a blind battle.
    OneSideOfBlind,
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
    /// The same message would fail again: only another one can help.
    FailsAgain,
    /// The side was asked [`MAX_ATTEMPTS`](super::MAX_ATTEMPTS) times, or an empty answer was retried already.
    TooManyAttempts,
    /// A public page before the names are known: others must not know them first.
    ShareBeforeNames,
    /// There is no vote that could be taken back.
    NoVoteToUndo,
    /// The names have been shown, or the time to take the vote back is over.
    VoteIsFinal,
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
            Self::VotePending => "vote-pending",
            Self::Over => "battle-over",
            Self::OneSideOfBlind => "one-side-of-blind",
            Self::StillStreaming => "still-streaming",
            Self::SideFailed => "side-failed",
            Self::TooManyTurns => "too-many-turns",
            Self::NoSuchSide => "not-found",
            Self::NothingToRetry => "nothing-to-ask-again",
            Self::FailsAgain => "fails-again",
            Self::TooManyAttempts => "too-many-attempts",
            Self::ShareBeforeNames => "share-before-names",
            Self::NoVoteToUndo => "no-vote-to-undo",
            Self::VoteIsFinal => "vote-final",
        }
    }
}
