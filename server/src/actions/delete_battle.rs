//! A visitor deletes what they wrote and were answered, for good. Votes stay, untied from them.

use sqlx::PgPool;

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::store::battles;
use crate::streams::Streams;

/// Deletes one battle.
pub async fn delete_battle(db: &PgPool, streams: &Streams, battle: BattleId, voter: VoterId) -> Result<(), Error> {
    let mut transaction = db.begin().await?;
    if !battles::delete(&mut transaction, voter, battle).await? {
        return Err(Error::NotFound);
    }
    transaction.commit().await?;
    streams.stop(battle).await
}

/// Deletes all battles of a visitor. Says how many there were.
pub async fn delete_all_battles(db: &PgPool, streams: &Streams, voter: VoterId) -> Result<usize, Error> {
    let mut transaction = db.begin().await?;
    let deleted = battles::delete_all(&mut transaction, voter).await?;
    transaction.commit().await?;
    for battle in &deleted {
        streams.stop(*battle).await?;
    }
    Ok(deleted.len())
}
