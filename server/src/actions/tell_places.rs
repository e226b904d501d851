//! Who waits in line, or for a model to be loaded, is told so, at whichever server they ask: places stand in the database, a
//! second old at most.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::database::in_time;
use crate::domain::ReplyId;
use crate::state::AppState;
use crate::store::battles::{self, QueuePlace};

/// How often places are written where they have changed.
const EACH: Duration = Duration::from_secs(1);

/// Writes down the places of this server's lines, for as long as the service runs.
pub async fn run(arena: AppState) {
    let mut ticks = interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told: HashMap<ReplyId, QueuePlace> = HashMap::new();
    loop {
        ticks.tick().await;
        let mut now: HashMap<ReplyId, QueuePlace> = HashMap::new();
        for (ticket, ahead) in arena.backends.places() {
            now.entry(ReplyId(ticket)).or_default().ahead = Some(i32::try_from(ahead).unwrap_or(i32::MAX));
        }
        for (ticket, wait) in arena.workers.waits() {
            now.entry(ReplyId(ticket)).or_default().load_seconds = Some(rounded(wait));
        }
        if now == told {
            continue;
        }
        let moved = now.iter().filter(|(reply, place)| told.get(*reply) != Some(*place));
        let left = told.keys().filter(|reply| !now.contains_key(*reply));
        let none = QueuePlace::default();
        let changes: Vec<_> =
            moved.map(|(reply, place)| (*reply, *place)).chain(left.map(|reply| (*reply, none))).collect();
        match in_time(battles::set_places(&arena.db, &changes)).await {
            Ok(()) => told = now,
            Err(error) => tracing::warn!(%error, "places in line could not be told"),
        }
    }
}

/// Seconds as people say them. Finer ones would tell large models from small ones.
fn rounded(wait: Duration) -> i32 {
    const STEPS: [i32; 8] = [5, 10, 20, 30, 60, 120, 300, 600];
    let seconds = wait.as_secs_f64();
    STEPS.into_iter().find(|step| seconds <= f64::from(*step)).unwrap_or(900)
}
