//! What a voter can say of a battle.

use super::kind::BattleKind;
use crate::domain::text_enum::text_enum;

/// The longest comment in characters.
pub const MAX_COMMENT_CHARS: usize = 2000;

text_enum!(
    /// A vote. Pairs take the first four, direct chats the last two.
    Choice, "choice" {
        /// The left answer is better.
        A = "a",
        /// The right answer is better.
        B = "b",
        /// Equally good.
        Tie = "tie",
        /// Both are bad: counts half in ratings like a tie, and is shown apart from it.
        BothBad = "both_bad",
        /// A good answer (direct chat).
        Up = "up",
        /// A bad answer (direct chat).
        Down = "down",
    }
);

impl Choice {
    /// Whether this vote can be given to a battle of this kind.
    pub const fn fits(self, kind: BattleKind) -> bool {
        matches!(kind, BattleKind::Direct) == matches!(self, Self::Up | Self::Down)
    }

    /// The score of side A: 1 for a win, ½ for a tie or both bad. `None` where there is no pair.
    pub const fn score_of_a(self) -> Option<f64> {
        match self {
            Self::A => Some(1.0),
            Self::B => Some(0.0),
            Self::Tie | Self::BothBad => Some(0.5),
            Self::Up | Self::Down => None,
        }
    }
}

text_enum!(
    /// What decided a vote, where the voter says. Each can speak for or against either answer.
    Reason, "reason" {
        /// Whether it is true.
        Accuracy = "accuracy",
        /// Whether it covers what was asked.
        Completeness = "completeness",
        /// Whether it is easy to follow.
        Clarity = "clarity",
        /// Whether it does as it was told.
        Instructions = "instructions",
        /// Whether its language is good and the one that was asked for.
        Language = "language",
        /// Whether it is harmless.
        Safety = "safety",
    }
);
