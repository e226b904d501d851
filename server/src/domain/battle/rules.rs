//! The rules of a battle, over the little that they need to know. A battle read from the database, the ballot under a
//! vote's lock and a turn that is still streaming all give a [`BattleStatus`], so that each is judged alike.

use super::{BattleKind, Refusal, Side, SideStatus, Trouble};
use crate::domain::Choice;

/// The most turns a battle may have, as in FastChat.
pub const MAX_TURNS: usize = 50;

/// The most attempts of one side at one turn.
pub const MAX_ATTEMPTS: i32 = 20;

/// Where a battle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BattleStatus {
    /// How the models were chosen.
    pub kind: BattleKind,
    /// Whether it has a vote.
    pub vote: VoteStatus,
    /// How many turns it has.
    pub turns: usize,
    /// How many it had when its final vote was cast.
    pub judged: usize,
    /// Whether a turn before the newest one is complete, so that a vote has something to judge.
    pub has_complete_turn: bool,
    /// The newest attempts at the newest turn, by [`Side::index`].
    pub sides: [Option<SideStatus>; 2],
}

/// The life of a battle's vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteStatus {
    /// There is none.
    None,
    /// It was given, and can be taken back for some seconds. Names are not shown yet.
    Pending,
    /// It stands.
    Final,
}

impl VoteStatus {
    /// The status of a battle that has a final vote, one that is pending, or neither.
    pub const fn of(is_final: bool, is_pending: bool) -> Self {
        match (is_final, is_pending) {
            (true, _) => Self::Final,
            (false, true) => Self::Pending,
            (false, false) => Self::None,
        }
    }
}

/// What another message becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextMessage {
    /// One more turn.
    Follows,
    /// The newest turn anew, because its message cannot be answered as it is.
    Replaces,
}

impl BattleKind {
    /// Whether a battle of this kind may show its models' names, voted on or not. Before the vote of a blind battle
    /// nothing may tell the models apart.
    pub const fn shows_names(self, vote: VoteStatus) -> bool {
        matches!(vote, VoteStatus::Final) || !self.is_blind()
    }
}

impl BattleStatus {
    /// Whether the models may be named.
    pub const fn names_visible(&self) -> bool {
        self.kind.shows_names(self.vote)
    }

    /// Whether its models were named by a vote: what they say from then on cannot be judged blindly, and counts nowhere.
    pub const fn is_revealed(&self) -> bool {
        self.kind.is_blind() && matches!(self.vote, VoteStatus::Final)
    }

    /// Whether the newest turn of a blind battle was voted on: it stays as it was judged.
    const fn is_judged(&self) -> bool {
        self.is_revealed() && self.turns <= self.judged
    }

    /// Whether a vote that can still be taken back keeps everything else waiting: the models of a blind battle are
    /// about to be named.
    const fn is_held(&self) -> bool {
        self.kind.is_blind() && matches!(self.vote, VoteStatus::Pending)
    }

    /// Whether no further turn fits.
    pub const fn is_full(&self) -> bool {
        self.turns >= MAX_TURNS
    }

    /// Whether an answer is being written, or about to be.
    pub fn is_running(&self) -> bool {
        self.turns > 0 && self.any(|side| side.is_none_or(|side| side.status.is_running()))
    }

    /// Whether a side of the newest turn has failed.
    pub fn has_failed(&self) -> bool {
        self.failed_sides() > 0
    }

    /// How many sides have failed.
    pub fn failed_sides(&self) -> usize {
        let failed = |side: &SideStatus| matches!(side.trouble(), Some(Trouble::Failed | Trouble::Refused));
        self.kind.sides().iter().filter(|side| self.sides[side.index()].as_ref().is_some_and(failed)).count()
    }

    /// Whether a side does not answer the newest message, however often it is asked.
    pub fn is_refused(&self) -> bool {
        self.any(|side| side.and_then(SideStatus::trouble) == Some(Trouble::Refused))
    }

    /// Whether everybody may read it: its names are known, and nothing of it is being written.
    pub fn may_share(&self) -> Result<(), Refusal> {
        if self.is_running() {
            return Err(Refusal::StillStreaming);
        }
        if self.turns == 0 || !self.kind.shows_names(self.vote) { Err(Refusal::ShareBeforeNames) } else { Ok(()) }
    }

    /// Whether it may be judged, in whatever way fits its kind: by its newest turn, or by those before where that one has
    /// failed.
    pub fn may_be_judged(&self) -> Result<(), Refusal> {
        if self.vote != VoteStatus::None {
            return Err(Refusal::AlreadyVoted);
        }
        if self.turns == 0 {
            return Err(Refusal::VoteOnNothing);
        }
        if self.is_running() {
            return Err(Refusal::VoteWhileStreaming);
        }
        if self.has_complete_turn {
            return Ok(());
        }
        if self.has_failed() {
            return Err(Refusal::VoteOnFailure);
        }
        if self.any(|side| side.is_some_and(|side| !side.is_judgeable())) {
            return Err(Refusal::VoteOnNothing);
        }
        Ok(())
    }

    /// Whether this vote may be cast.
    pub fn may_vote(&self, choice: Choice) -> Result<(), Refusal> {
        match self.may_be_judged() {
            Err(Refusal::AlreadyVoted) => Err(Refusal::AlreadyVoted),
            _ if !choice.fits(self.kind) => Err(Refusal::ChoiceDoesNotFit(choice)),
            judged => judged,
        }
    }

    /// What another message would become, where it may be sent.
    pub fn next_message(&self) -> Result<NextMessage, Refusal> {
        if self.is_held() {
            return Err(Refusal::VotePending);
        }
        if self.is_running() {
            return Err(Refusal::StillStreaming);
        }
        if self.is_judged() {
            return if self.is_full() { Err(Refusal::TooManyTurns) } else { Ok(NextMessage::Follows) };
        }
        if self.is_refused() {
            let is_worn_out = self.any(|side| side.is_some_and(|side| side.attempt >= MAX_ATTEMPTS));
            return if is_worn_out { Err(Refusal::TooManyAttempts) } else { Ok(NextMessage::Replaces) };
        }
        if self.has_failed() {
            return Err(Refusal::SideFailed);
        }
        if self.is_full() {
            return Err(Refusal::TooManyTurns);
        }
        Ok(NextMessage::Follows)
    }

    /// Whether a side of the newest turn may be asked again.
    pub fn may_retry(&self, side: Side) -> Result<(), Refusal> {
        let side = self.side(side).ok_or(Refusal::NoSuchSide)?;
        if side.status.is_running() {
            return Err(Refusal::StillStreaming);
        }
        let trouble = side.trouble().ok_or(Refusal::NothingToRetry)?;
        if self.is_judged() {
            return Err(Refusal::Over);
        }
        if self.is_held() {
            return Err(Refusal::VotePending);
        }
        if trouble == Trouble::Refused {
            return Err(Refusal::FailsAgain);
        }
        if side.attempt >= MAX_ATTEMPTS || (trouble == Trouble::EmptyAnswer && side.after_empty) {
            return Err(Refusal::TooManyAttempts);
        }
        Ok(())
    }

    /// Whether the newest message may be written anew, for every side to answer it again.
    pub fn may_edit(&self) -> Result<(), Refusal> {
        if self.turns == 0 {
            return Err(Refusal::NoSuchSide);
        }
        match self.vote {
            VoteStatus::Pending if self.kind.is_blind() => return Err(Refusal::VotePending),
            VoteStatus::Pending => return Err(Refusal::AlreadyVoted),
            VoteStatus::Final if self.turns <= self.judged => return Err(Refusal::Over),
            VoteStatus::Final | VoteStatus::None => {}
        }
        if self.is_running() {
            return Err(Refusal::StillStreaming);
        }
        if self.any(|side| side.is_some_and(|side| side.attempt >= MAX_ATTEMPTS)) {
            return Err(Refusal::TooManyAttempts);
        }
        Ok(())
    }

    /// Whether the newest message may be answered again: by one side, or by all.
    pub fn may_regenerate(&self, side: Option<Side>) -> Result<(), Refusal> {
        self.may_edit()?;
        if side.is_some_and(|side| self.side(side).is_none()) {
            return Err(Refusal::NoSuchSide);
        }
        if self.has_failed() {
            return Err(Refusal::SideFailed);
        }
        if side.is_some() && !self.names_visible() { Err(Refusal::OneSideOfBlind) } else { Ok(()) }
    }

    /// Whether a vote still compares like with like after this side, or all, answered again: both sides of a pair did. What was
    /// voted on before is not touched by it.
    pub fn stays_fair_after(&self, regenerated: Option<Side>) -> bool {
        let are_all_asked_alike = regenerated.is_none() && self.kind.sides().len() > 1;
        are_all_asked_alike || matches!(self.vote, VoteStatus::Final)
    }

    /// Whether the vote may be taken back.
    pub const fn may_undo_vote(&self) -> Result<(), Refusal> {
        match self.vote {
            VoteStatus::None => Err(Refusal::NoVoteToUndo),
            VoteStatus::Pending => Ok(()),
            VoteStatus::Final => Err(Refusal::VoteIsFinal),
        }
    }

    /// Whether a side of the turn of this number may be asked again: of the newest one only.
    pub fn may_retry_at(&self, turn: i32, side: Side) -> Result<(), Refusal> {
        if usize::try_from(turn) == Ok(self.turns) { self.may_retry(side) } else { Err(Refusal::NothingToRetry) }
    }

    /// Whether another model may take the place of one that is down: only in a blind battle that has just begun. Later
    /// the side would go on with what another model said.
    pub const fn may_replace_model(&self) -> bool {
        self.kind.is_blind() && self.turns == 1
    }

    /// A side that answers in this kind of battle, where it was asked.
    fn side(&self, side: Side) -> Option<SideStatus> {
        self.kind.sides().contains(&side).then(|| self.sides[side.index()]).flatten()
    }

    fn any(&self, is: impl Fn(Option<SideStatus>) -> bool) -> bool {
        self.kind.sides().iter().any(|side| is(self.sides[side.index()]))
    }
}
