//! Keeps the workers at what the database says, so that changing the list of models needs no
//! restart, whichever of several servers changed it.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::sleep;

use super::view::LocalModel;
use super::workers::Workers;
use crate::database::in_time;
use crate::store::battles;
use crate::store::models::{self, Model};

/// How often the list is read; a change made at this server is seen at once by [`Workers::wake`].
const EVERY: Duration = Duration::from_secs(5);
/// Battles that tell which models were asked last.
const RECENT: i64 = 200;

impl Workers {
    /// Follows the enabled local models in the database until the shutdown.
    pub fn follow(&self, db: PgPool) {
        let workers = self.clone();
        self.keep(tokio::spawn(async move {
            let stop = workers.shared().stop.clone();
            match in_time(battles::asked_last(&db, RECENT)).await {
                Ok(recent) => workers.remember(recent),
                // They are loaded in the order of the list.
                Err(error) => tracing::warn!(%error, "cannot read which models were asked last"),
            }
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = workers.read_list(&db) => {}
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = workers.shared().wake.notified() => {}
                    () = sleep(EVERY) => {}
                }
            }
        }));
    }

    /// Has the list of models read now, after it was changed.
    pub fn wake(&self) {
        self.shared().wake.notify_one();
    }

    async fn read_list(&self, db: &PgPool) {
        match in_time(models::enabled(db)).await {
            Ok(models) => {
                let wanted = models.iter().filter_map(local).collect();
                let pinned = models.iter().filter(|model| is_pinned(model)).map(|model| model.id).collect();
                let workers = self.clone();
                // Files may lie on a slow disk.
                let done = tokio::task::spawn_blocking(move || workers.reconcile(wanted, &pinned)).await;
                if let Err(error) = done {
                    tracing::error!(%error, "cannot place the models");
                }
            }
            // The models that are loaded go on answering.
            Err(error) => tracing::warn!(%error, "cannot read the list of models"),
        }
    }
}

fn is_pinned(model: &Model) -> bool {
    model.settings.source.local().is_some_and(|source| source.pinned)
}

fn local(model: &Model) -> Option<LocalModel> {
    let source = model.settings.source.local()?;
    Some(LocalModel {
        id: model.id,
        name: model.slug.clone(),
        path: PathBuf::from(&source.path),
        base: source.adapter_base.as_ref().map(PathBuf::from),
        device: source.device,
        context: model.settings.card.context_length.and_then(|context| usize::try_from(context).ok()),
    })
}
