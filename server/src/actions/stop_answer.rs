//! A visitor stops the answers that are being written.

use sqlx::PgPool;

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::store::battles;
use crate::streams::Streams;

/// Stops both sides where they stand; what was shown is kept. Nothing happens where both have ended.
pub async fn stop_answer(db: &PgPool, streams: &Streams, battle: BattleId, voter: VoterId) -> Result<(), Error> {
    battles::of_voter(&mut *db.acquire().await?, battle, voter).await?.ok_or(Error::NotFound)?;
    streams.stop(battle).await
}
