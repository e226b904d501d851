//! Votes are chained by hash, some seconds after they were cast; those that stood before there was a chain, at its beginning.

use std::time::Duration;

use sqlx::PgPool;

use crate::error::Error;
use crate::state::AppState;
use crate::store::{vote_hashes, votes};

/// How often votes are chained.
const EACH: Duration = Duration::from_secs(5);
/// How often all votes are looked through for one that was missed: it was numbered long before it was kept.
const ALL_EACH: u32 = 720;
/// Votes of one transaction.
const BATCH: i64 = 5000;

/// Chains votes for as long as the service runs.
pub async fn run(arena: AppState) {
    // Votes up to the first are chained; those between were seen a round ago. Whatever is numbered is kept by then.
    let (mut settled, mut seen) = (0, 0);
    for round in 0_u32.. {
        if round % ALL_EACH == 0 {
            settled = 0;
        }
        match chain(&arena.repairs, settled).await {
            Ok(newest) => (settled, seen) = (seen, newest),
            Err(error) => tracing::warn!(%error, "votes could not be chained yet"),
        }
        tokio::time::sleep(EACH).await;
    }
}

/// Chains the votes with numbers above this that are not yet. Gives the number of the newest vote.
///
/// # Errors
/// When the database fails; what was chained until then stays.
pub async fn chain(db: &PgPool, above: i64) -> Result<i64, Error> {
    let newest = votes::newest(db).await?;
    if newest <= above {
        return Ok(newest);
    }
    let mut above = above;
    loop {
        let mut transaction = db.begin().await?;
        vote_hashes::lock(&mut transaction).await?;
        let found = vote_hashes::unchained(&mut *transaction, above, BATCH).await?;
        let Some(last) = found.last() else { return Ok(newest) };
        above = last.id;
        let head = vote_hashes::head(&mut *transaction).await?;
        let mut hash = head.hash;
        let (mut ids, mut hashes) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for vote in &found {
            hash = vote.hash(&hash);
            ids.push(vote.id);
            hashes.push(hash.to_vec());
        }
        vote_hashes::insert(&mut transaction, head.votes, &ids, &hashes).await?;
        transaction.commit().await?;
    }
}
