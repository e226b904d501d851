//! Who waits in line is told their place, at whichever server they ask: places stand in the database, a second old at most.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::database::in_time;
use crate::domain::ReplyId;
use crate::state::AppState;
use crate::store::battles;

/// How often places are written where they have changed.
const EACH: Duration = Duration::from_secs(1);

/// Writes down the places of this server's lines, for as long as the service runs.
pub async fn run(arena: AppState) {
    let mut ticks = interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: HashMap<ReplyId, i32> = HashMap::new();
    loop {
        ticks.tick().await;
        let place = |(ticket, ahead): (uuid::Uuid, usize)| (ReplyId(ticket), i32::try_from(ahead).unwrap_or(i32::MAX));
        let now: HashMap<ReplyId, i32> = arena.backends.places().into_iter().map(place).collect();
        if now == told {
            continue;
        }
        let moved = now.iter().filter(|(reply, ahead)| told.get(*reply) != Some(*ahead));
        let left = told.keys().filter(|reply| !now.contains_key(*reply));
        let changes: Vec<_> =
            moved.map(|(reply, ahead)| (*reply, Some(*ahead))).chain(left.map(|reply| (*reply, None))).collect();
        match in_time(battles::set_queue_ahead(&arena.db, &changes)).await {
            Ok(()) => told = now,
            Err(error) => tracing::warn!(%error, "places in line could not be told"),
        }
    }
}
