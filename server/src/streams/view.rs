//! What a reader may see of a turn at a moment.

use std::sync::Arc;

use crate::domain::{
    Battle, BattleStatus, Reply, ReplyId, ReplyStatus, Side, SideStatus, Turn, blind_error_code, is_empty_answer,
    is_permanent,
};

/// A turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// The sides that are known here.
    pub sides: [Option<SideView>; 2],
}

/// A side: what has been released, and no trace of what is held back.
#[derive(Debug, Clone, PartialEq)]
pub struct SideView {
    /// Which attempt this is.
    pub reply: ReplyId,
    /// From 1.
    pub attempt: i32,
    /// As far as the reader may know: an answer runs until all of it has been released.
    pub status: ReplyStatus,
    /// What has been released.
    pub text: Arc<str>,
    /// How it failed.
    pub error_code: Option<Arc<str>>,
    /// How it was cut short, where it was.
    pub cut: Option<Cut>,
    /// Whether an empty answer was retried for it.
    pub after_empty: bool,
    /// How often what had been released turned out to be no part of the answer.
    pub restarts: u32,
}

/// What cut an answer short that is complete otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Its token limit.
    Length,
    /// The provider's filter.
    Filter,
    /// Which of these is not said.
    Unspecified,
}

impl View {
    /// As it may be seen while names are hidden.
    pub fn blind(self) -> Self {
        Self { sides: self.sides.map(|side| side.map(SideView::blind)) }
    }

    /// Whether each side of the other one is told of in the same words.
    pub fn reads_like(&self, other: &Self) -> bool {
        self.sides.iter().zip(&other.sides).all(|sides| match sides {
            (Some(one), Some(other)) => one.reads_like(other),
            (one, other) => one.is_none() && other.is_none(),
        })
    }

    /// Whether every one of these sides has ended.
    pub fn has_ended(&self, sides: &[Side]) -> bool {
        sides.iter().all(|side| self.sides[side.index()].as_ref().is_some_and(|view| !view.status.is_running()))
    }

    /// Where the battle stands for somebody who sees its newest turn so.
    pub fn status_of(&self, battle: &BattleStatus) -> BattleStatus {
        BattleStatus { sides: self.sides.each_ref().map(|side| side.as_ref().map(SideView::side_status)), ..*battle }
    }
}

/// A battle as its visitor sees it now: the rows, but the newest turn from memory where this server drains it.
#[derive(Debug)]
pub struct Shown {
    pub battle: Battle,
    newest: View,
}

impl Shown {
    /// A battle whose newest turn looks like `live` where that is known.
    pub fn new(battle: Battle, live: Option<View>) -> Self {
        let mut newest = live.unwrap_or_default();
        for (view, reply) in newest.sides.iter_mut().zip(battle.last_turn().into_iter().flat_map(|turn| &turn.replies))
        {
            // Memory is ahead of the row, unless the row is of a later attempt.
            if let Some(reply) = reply
                && view.as_ref().is_none_or(|known| known.attempt < reply.attempt)
            {
                *view = Some(SideView::of(reply));
            }
        }
        Self { battle, newest }
    }

    /// A side of a turn.
    pub fn side(&self, turn: &Turn, side: Side) -> Option<SideView> {
        let newest = || self.newest.sides[side.index()].clone();
        let view = if self.is_newest(turn) { newest() } else { turn.reply(side).map(SideView::of) };
        if self.battle.names_visible() { view } else { view.map(SideView::blind) }
    }

    /// Where the battle stands, as far as the visitor knows.
    pub fn status(&self) -> BattleStatus {
        self.newest.status_of(&self.battle.status())
    }

    fn is_newest(&self, turn: &Turn) -> bool {
        self.battle.last_turn().is_some_and(|newest| newest.number == turn.number)
    }
}

impl SideView {
    /// What the database says of a reply, without what is still held back.
    pub fn of(reply: &Reply) -> Self {
        let whole = reply.content.chars().count();
        let released = usize::try_from(reply.released).unwrap_or(0).min(whole);
        // The owner of a finished reply still releases it; a dead owner will not.
        let is_releasing = !reply.status.is_running() && released < whole && !reply.is_stale;
        let shown = if reply.status.is_running() || is_releasing { released } else { whole };
        let status = if is_releasing { ReplyStatus::Streaming } else { reply.status };
        Self::new(reply.id, reply.attempt, status, prefix(&reply.content, shown), reply.error_code.as_deref())
            .with(reply.finish_reason.as_deref(), reply.after_empty)
    }

    /// A side; how it failed shows only once it has ended.
    pub fn new(reply: ReplyId, attempt: i32, status: ReplyStatus, text: &str, error_code: Option<&str>) -> Self {
        // Before the first release the two running states look alike: which side has begun is a trace too.
        let status = if status.is_running() && text.is_empty() { ReplyStatus::Waiting } else { status };
        let error_code = if status.is_running() { None } else { error_code.map(Arc::from) };
        Self { reply, attempt, status, text: Arc::from(text), error_code, cut: None, after_empty: false, restarts: 0 }
    }

    /// As it may be seen while names are hidden: how it failed says what to do, and no more. What cut it short is not said
    /// either: only some kinds of back end have filters.
    pub fn blind(mut self) -> Self {
        self.cut = self.cut.map(|_| Cut::Unspecified);
        self.error_code = self.error_code.map(|code| Arc::from(blind_error_code(&code)));
        self
    }

    /// Whether the other one is told of in the same words, whatever its text says.
    pub fn reads_like(&self, other: &Self) -> bool {
        let of = |view: &Self| (view.attempt, view.status, view.cut, view.after_empty, view.text.is_empty());
        of(self) == of(other)
            && self.error_code == other.error_code
            && (self.status.is_running() || self.text == other.text)
    }

    /// What the rules need to know of it.
    pub fn side_status(&self) -> SideStatus {
        SideStatus {
            status: self.status,
            attempt: self.attempt,
            is_empty: is_empty_answer(&self.text),
            is_permanent: is_permanent(self.error_code.as_deref()),
            after_empty: self.after_empty,
        }
    }

    /// The same with how it ended, and whether an empty answer was retried for it.
    pub fn with(mut self, finish_reason: Option<&str>, after_empty: bool) -> Self {
        self.cut = match finish_reason.filter(|_| self.status == ReplyStatus::Done) {
            Some("length") => Some(Cut::Length),
            Some("content_filter") => Some(Cut::Filter),
            _ => None,
        };
        self.after_empty = after_empty;
        self
    }
}

/// The first so many characters.
pub fn prefix(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::ErrorKind;

    #[test]
    fn what_cut_an_answer_short_is_not_said_in_a_blind_battle() {
        let cut = |reason: &str| {
            let done = SideView::new(ReplyId(uuid::Uuid::nil()), 1, ReplyStatus::Done, "Half of", None);
            done.with(Some(reason), false).blind()
        };
        assert_eq!(cut("length"), cut("content_filter"));
        assert_eq!((cut("length").cut, cut("stop").cut), (Some(Cut::Unspecified), None));
    }

    #[test]
    fn failures_in_a_blind_battle_say_what_to_do_and_nothing_of_the_back_end() {
        let shown = |kind: ErrorKind| {
            let failed = SideView::new(ReplyId(uuid::Uuid::nil()), 1, ReplyStatus::Failed, "", Some(kind.code()));
            failed.blind().error_code.map(|code| code.to_string()).unwrap_or_default()
        };
        for kind in ErrorKind::ALL {
            let expected = match kind {
                ErrorKind::ContextTooLong => "context-too-long",
                ErrorKind::Filtered | ErrorKind::InvalidRequest => "invalid-request",
                _ => "server-failed",
            };
            assert_eq!(shown(kind), expected);
            assert!(ErrorKind::from_code(&shown(kind)).is_some(), "it has a text");
        }
    }
}
