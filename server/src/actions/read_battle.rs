//! A visitor looks at a battle of theirs.

use sqlx::PgPool;

use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::store::battles;
use crate::streams::{Shown, Streams};

/// The visitor's own battle as it stands now. An answer that is being written is noted as read, so that it goes on.
pub async fn read_battle(db: &PgPool, streams: &Streams, id: BattleId, voter: VoterId) -> Result<Shown, Error> {
    let battle = battles::of_voter(&mut *db.acquire().await?, id, voter).await?.ok_or(Error::NotFound)?;
    let live = battle.last_turn().and_then(|turn| streams.view(id, turn.number));
    let shown = Shown::new(battle, live);
    if shown.status().is_running() {
        streams.touch(id).await?;
    }
    Ok(shown)
}
