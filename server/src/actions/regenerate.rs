//! A visitor has the newest message answered again: by both sides alike, or, where the names are known, by one of them.
//!
//! Of a pair a vote counts only while both sides were asked alike: whoever draws one side until it is good compares something
//! else. In a direct chat the one side is all there is, and its vote says how good the model is when it is asked once.

use super::answering::{attempt, check_room, replies_anew};
use crate::domain::{AnswerMode, BattleId, Side};
use crate::error::Error;
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::battles;

/// Who answers again, and how.
#[derive(Debug, Clone, Copy)]
pub struct Regenerate {
    /// Where.
    pub battle: BattleId,
    /// Who wants it: it must be their battle.
    pub caller: Caller,
    /// Which side; all without.
    pub side: Option<Side>,
    pub mode: AnswerMode,
}

impl Regenerate {
    /// Asks. Gives the number of the turn.
    ///
    /// # Errors
    /// A conflict while an answer is being written or has failed, where the turn was voted on, and for one side of a blind battle.
    pub async fn run(self, arena: &AppState) -> Result<i32, Error> {
        let AppState { db, streams, .. } = arena;
        arena.limits.check_message(self.caller)?;
        let permit = streams.permit()?;
        let mut transaction = db.begin().await?;
        if !battles::lock(&mut *transaction, self.battle).await? {
            return Err(Error::NotFound);
        }
        let found = battles::of_voter(&mut transaction, self.battle, self.caller.voter).await?;
        let battle = found.ok_or(Error::NotFound)?;
        let status = battle.status();
        status.may_regenerate(self.side)?;
        let one = self.side.map(|side| [side]);
        let sides = one.as_ref().map_or(battle.kind.sides(), |side| side.as_slice());
        let number = battle.last_turn().ok_or(Error::NotFound)?.number;
        let replies = replies_anew(streams, &battle, sides, Some(self.mode));
        if !status.stays_fair_after(self.side) {
            battles::mark_regenerated(&mut *transaction, self.battle).await?;
        }
        check_room(arena, &mut transaction, replies.iter().map(|reply| reply.model)).await?;
        for reply in &replies {
            battles::insert_reply(&mut *transaction, reply).await?;
        }
        transaction.commit().await?;
        let attempts = replies.iter().map(|reply| attempt(&battle, reply)).collect();
        streams.start(self.battle, battle.kind, number, attempts, permit);
        Ok(number)
    }
}
