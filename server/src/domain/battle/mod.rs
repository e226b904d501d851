//! A battle as one thing that decides: whose it is, whether names may be shown, whether it may be voted on, go on, or a
//! side be asked again. Pages, the JSON API, streams and actions ask here; nobody decides again.

mod aggregate;
mod answer_mode;
mod blind;
mod history;
mod kind;
mod refusal;
mod reply;
mod room;
mod rules;
#[cfg(test)]
mod tests;
mod vote;

pub use aggregate::{Battle, PendingVote, Turn};
pub use answer_mode::AnswerMode;
pub use blind::blind_error_code;
pub use history::HistoryEntry;
pub use kind::{BattleKind, Side};
pub use refusal::Refusal;
pub use reply::{Reply, ReplyStatus, SideStatus, Trouble, UNTRIED, is_empty_answer, is_permanent};
pub use rules::{BattleStatus, MAX_ATTEMPTS, MAX_TURNS, NextMessage, VoteStatus};
pub use vote::{Choice, MAX_COMMENT_CHARS, Reason};
