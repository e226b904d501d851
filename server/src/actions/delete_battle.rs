//! A visitor deletes what they wrote and were answered, for good. Votes stay, untied from them.

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::battles;

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
        let mut transaction = arena.db.begin().await?;
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
        let mut transaction = arena.db.begin().await?;
        let deleted = battles::delete_all(&mut transaction, self.voter).await?;
        transaction.commit().await?;
        for battle in &deleted {
            arena.streams.stop(*battle).await?;
        }
        Ok(deleted.len())
    }
}
