//! A visitor deletes what they wrote and were answered, for good. Votes stay, untied from them.

use std::time::Duration;

use sqlx::{Postgres, Transaction};

use super::describe_votes;
use super::settle_votes::settle;
use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{battles, pending_votes};

/// One battle goes.
#[derive(Debug, Clone, Copy)]
pub struct DeleteBattle {
    pub battle: BattleId,
    /// Who wants it: it must be their battle.
    pub voter: VoterId,
}

impl DeleteBattle {
    /// Deletes it.
    ///
    /// # Errors
    /// Not found where it is not the visitor's.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let mut transaction = without_pending(arena, self.voter, Some(self.battle)).await?;
        if !battles::delete(&mut transaction, self.voter, self.battle).await? {
            return Err(Error::NotFound);
        }
        transaction.commit().await?;
        arena.streams.stop(self.battle).await
    }
}

/// All battles of a visitor go.
#[derive(Debug, Clone, Copy)]
pub struct DeleteAllBattles {
    /// Whose.
    pub voter: VoterId,
}

impl DeleteAllBattles {
    /// Deletes them. Says how many there were.
    pub async fn run(self, arena: &AppState) -> Result<usize, Error> {
        let mut transaction = without_pending(arena, self.voter, None).await?;
        let deleted = battles::delete_all(&mut transaction, self.voter).await?;
        transaction.commit().await?;
        for battle in &deleted {
            arena.streams.stop(*battle).await?;
        }
        Ok(deleted.len())
    }
}

/// A transaction that holds one battle of a voter, or all, none of which has a vote that is not counted or not described
/// yet. New votes wait for it.
async fn without_pending(
    arena: &AppState,
    voter: VoterId,
    battle: Option<BattleId>,
) -> Result<Transaction<'static, Postgres>, Error> {
    // A second round only where somebody votes just now, in another tab.
    for _ in 0..5 {
        settle(arena, voter, battle).await?;
        let mut transaction = arena.db.begin().await?;
        let held = battles::lock_of_voter(&mut *transaction, voter, battle).await?;
        if pending_votes::of_voter(&mut *transaction, voter, battle).await?.is_empty() {
            describe_votes::before_deletion(&mut transaction, &held).await?;
            return Ok(transaction);
        }
    }
    Err(Error::Busy { retry_after: Duration::from_secs(1) })
}
