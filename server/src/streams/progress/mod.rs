//! Writes down how far the answers of this server have come: one statement each [`TICK`] for all that run.
//!
//! The tasks that drain answers lay down what is new in a [`Slot`] each and never wait for the database; what other servers
//! want comes back the same way. Only what is new of a text is sent, and nobody waits until a disk has it: a killed server
//! leaves what was written up to the last tick. The last write of an answer is no business of this writer:
//! [`finish`](crate::store::battles::finish) is awaited, and lasts.

mod slot;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

pub(super) use slot::{Slot, State};

use crate::database::in_time;
use crate::domain::ReplyId;
use crate::store::battles::{self, NewProgress};
use slot::Due;

/// How often what is new is written.
const TICK: Duration = Duration::from_millis(250);
/// How often the owner says that it lives, though nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// Text in one statement: after the database was away a while, there may be much.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The writer of a server. Clones share it; it ends with the last of them.
#[derive(Clone)]
pub(super) struct ProgressWriter {
    shared: Arc<Shared>,
}

struct Shared {
    db: PgPool,
    owner: Uuid,
    /// Of the answers that run; one that nobody drains any more is left out.
    slots: Mutex<Vec<Weak<Slot>>>,
    /// Read by those that lay down, written while what they laid down is collected.
    collecting: RwLock<()>,
    /// Held while a statement is on its way.
    in_flight: tokio::sync::Mutex<()>,
}

impl ProgressWriter {
    /// Begins to write on this runtime.
    pub(super) fn start(db: PgPool, owner: Uuid, runtime: &Handle) -> Self {
        let writer = Self::idle(db, owner);
        runtime.spawn(run(Arc::downgrade(&writer.shared)));
        writer
    }

    fn idle(db: PgPool, owner: Uuid) -> Self {
        let (slots, collecting, in_flight) = Default::default();
        Self { shared: Arc::new(Shared { db, owner, slots, collecting, in_flight }) }
    }

    /// The place of an answer whose row was just added.
    pub(super) fn slot(&self, reply: ReplyId) -> Arc<Slot> {
        let slot = Arc::new(Slot::new(reply));
        self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&slot));
        slot
    }

    /// What is laid down while this is held is written with one statement: whoever reads both sides of a turn from their
    /// rows sees no column ahead of the other.
    pub(super) fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.shared.collecting.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes nothing more of an answer. When this returns, nothing of it is on its way either, so that what is written then
    /// stays.
    pub(super) async fn close(&self, slot: &Slot) {
        slot.close();
        drop(self.shared.in_flight.lock().await);
    }

    /// Writes all that is due.
    #[cfg(test)]
    async fn write(&self) -> sqlx::Result<()> {
        self.shared.write().await
    }
}

/// What is new of a slot.
type Write<'a> = (&'a Arc<Slot>, NewProgress);

async fn run(shared: Weak<Shared>) {
    let mut ticks = interval(TICK);
    // Where a statement takes long, the next one waits as long again: the database has others to serve.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let written = shared.write().await;
        if let Err(error) = &written
            && !is_failing
        {
            tracing::warn!(%error, "the progress of answers could not be written down yet");
        }
        is_failing = written.is_err();
    }
}

impl Shared {
    async fn write(&self) -> sqlx::Result<()> {
        let _in_flight = self.in_flight.lock().await;
        let slots = self.slots();
        let (mut rest, mut watched) = self.collect(&slots);
        while !rest.is_empty() || !watched.is_empty() {
            let mut bytes = 0;
            let fits = |(_, new): &&Write<'_>| {
                bytes += new.text.len();
                bytes <= MAX_BATCH_BYTES
            };
            let count = rest.iter().take_while(fits).count().max(1).min(rest.len());
            let later = rest.split_off(count);
            self.send(std::mem::replace(&mut rest, later), std::mem::take(&mut watched)).await?;
        }
        Ok(())
    }

    /// What is to be written, and the rows that are only looked at.
    fn collect<'a>(&self, slots: &'a [Arc<Slot>]) -> (Vec<Write<'a>>, Vec<&'a Arc<Slot>>) {
        let _all_laid_down = self.collecting.write().unwrap_or_else(PoisonError::into_inner);
        let (mut batch, mut watched) = (Vec::new(), Vec::new());
        for slot in slots {
            match slot.due(HEARTBEAT) {
                Due::Write(new) => batch.push((slot, new)),
                Due::Watch => watched.push(slot),
                Due::Nothing => {}
            }
        }
        (batch, watched)
    }

    async fn send(&self, batch: Vec<Write<'_>>, watched: Vec<&Arc<Slot>>) -> sqlx::Result<()> {
        let (slots, new): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let ids: Vec<_> = watched.iter().map(|slot| slot.reply).collect();
        let rows = in_time(battles::save_progress(&self.db, self.owner, &new, &ids)).await?;
        for (slot, new) in slots.into_iter().zip(&new) {
            slot.saved(rows.get(&new.id), Some(new));
        }
        for slot in watched {
            slot.saved(rows.get(&slot.reply), None);
        }
        Ok(())
    }

    /// Those that still run.
    fn slots(&self) -> Vec<Arc<Slot>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut alive = Vec::with_capacity(slots.len());
        slots.retain(|slot| match slot.upgrade() {
            Some(slot) if !slot.is_closed() => {
                alive.push(slot);
                true
            }
            _ => false,
        });
        alive
    }
}
