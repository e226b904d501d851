//! A voter takes a vote back before it is final.

use crate::domain::{BattleId, Refusal, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{battles, pending_votes};

/// Which vote is taken back.
#[derive(Debug, Clone, Copy)]
pub struct UndoVote {
    pub battle: BattleId,
    /// Whose it must be.
    pub voter: VoterId,
}

impl UndoVote {
    /// Takes it back: the battle is as if there had been none.
    ///
    /// # Errors
    /// Not found where it is not the voter's battle; a conflict where there is no vote, or it is final.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        if pending_votes::take_back(&arena.db, self.battle, self.voter).await? {
            return Ok(());
        }
        let battle = battles::of_voter(&mut *arena.db.acquire().await?, self.battle, self.voter).await?;
        battle.ok_or(Error::NotFound)?.status().may_undo_vote()?;
        // Another one was given in between; the one that was meant is gone, one way or the other.
        Err(Refusal::VoteIsFinal.into())
    }
}
