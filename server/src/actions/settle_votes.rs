//! Pending votes become final: counted in one transaction each, by whichever server comes first.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::cast_vote;
use crate::database::{in_time, says_nothing};
use crate::domain::{BattleId, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::pending_votes;

/// How often a server looks for votes that are due.
const EACH: Duration = Duration::from_secs(1);
/// How many it counts before it looks again.
const BATCH: i64 = 200;
/// How long that may take; what was not counted then is still due.
const LONGEST: Duration = Duration::from_secs(60);

/// Makes the pending votes of a voter final, due or not: that of this battle, or all of them.
pub async fn settle(arena: &AppState, voter: VoterId, battle: Option<BattleId>) -> Result<(), Error> {
    for battle in pending_votes::of_voter(&arena.db, voter, battle).await? {
        cast_vote::count(arena, battle, voter, None).await?;
    }
    Ok(())
}

/// Makes the votes final that are due, for as long as the service runs. What is left when it ends is counted by the next
/// one, or by another server.
pub fn follow(arena: AppState) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(EACH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let settled = timeout(LONGEST, settle_due(&arena)).await;
            if let Err(error) = settled.unwrap_or_else(|_| Err(says_nothing().into())) {
                tracing::warn!(%error, "votes that are due could not be counted yet");
            }
        }
    })
}

async fn settle_due(arena: &AppState) -> Result<(), Error> {
    for (battle, voter) in in_time(pending_votes::due(&arena.db, BATCH)).await? {
        match cast_vote::count(arena, battle, voter, None).await {
            // Another server counted it, and its voter has deleted the battle since.
            Ok(_) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
