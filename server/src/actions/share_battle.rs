//! A visitor makes a finished battle public, and takes that back.

use uuid::Uuid;

use crate::domain::{Battle, BattleId, ShareId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{battles, shares};

/// Which battle gets a public page.
#[derive(Debug, Clone, Copy)]
pub struct ShareBattle {
    pub battle: BattleId,
    /// Whose it must be.
    pub voter: VoterId,
}

impl ShareBattle {
    /// Makes the page, or gives the one that it has.
    ///
    /// # Errors
    /// Not found where it is not the visitor's; a conflict before it has ended and its names are known.
    pub async fn run(self, arena: &AppState) -> Result<ShareId, Error> {
        let mut transaction = arena.db.begin().await?;
        let battle = battles::of_voter(&mut transaction, self.battle, self.voter).await?.ok_or(Error::NotFound)?;
        battle.status().may_share()?;
        let id = shares::insert(&mut transaction, ShareId(Uuid::new_v4()), self.battle).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// Whose public page goes.
#[derive(Debug, Clone, Copy)]
pub struct StopSharing {
    pub battle: BattleId,
    /// Whose it must be.
    pub voter: VoterId,
}

impl StopSharing {
    /// Takes the page away; whoever has its address finds nothing any more.
    ///
    /// # Errors
    /// Not found where it is not the visitor's.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        if shares::delete(&arena.db, self.battle, self.voter).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}

/// A battle that everybody may read.
#[derive(Debug, Clone, Copy)]
pub struct ReadShared(pub ShareId);

impl ReadShared {
    /// The battle.
    ///
    /// # Errors
    /// Not found where nobody shares it, or no longer.
    pub async fn run(self, arena: &AppState) -> Result<Battle, Error> {
        let mut db = arena.db.acquire().await?;
        let battle = shares::battle(&mut db, self.0).await?.ok_or(Error::NotFound)?;
        // Somebody may go on talking where names were never hidden: what is not finished is not public.
        battle.status().may_share().map_err(|_| Error::NotFound)?;
        Ok(battle)
    }
}
