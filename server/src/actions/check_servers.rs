//! The servers of models that have several are looked after, so that one that is gone is passed over before a visitor meets it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::database::in_time;
use crate::domain::ModelState;
use crate::endpoints::target;
use crate::state::AppState;
use crate::store::models;

/// How often.
const EACH: Duration = Duration::from_secs(5);

/// Looks after them for as long as the service runs.
pub async fn run(arena: AppState) {
    let mut ticks = interval(EACH);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(models) = in_time(models::list(&arena.db)).await else { continue };
        let several = models.iter().filter(|model| {
            let source = model.settings.source.endpoint();
            model.state == ModelState::Enabled && source.is_some_and(|source| source.address.base_urls().count() > 1)
        });
        let targets = several.filter_map(|model| target(model, &arena.keys).ok());
        futures_util::future::join_all(targets.map(async |target| arena.backends.check(&target).await)).await;
    }
}
