//! Answers on their way: this server drains the streams that it started, and shows any turn to any reader.
//!
//! ```text
//! backends ─▶ side ─▶ live (one task a turn: pace) ─▶ reader ─▶ views (handlers write SSE)
//!                      └▶ progress (one task: rows each 250 ms) ─▶ Postgres ─▶ reader of another server
//! ```
//!
//! Nothing that a reader needs lives here alone: whoever reconnects may reach another server, which reads the rows.

mod cursor;
mod giveaways;
mod live;
mod open;
mod progress;
mod provenance;
mod reader;
pub mod release_pacer;
mod side;
#[cfg(test)]
mod tests;
mod view;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use uuid::Uuid;

pub use cursor::{Cursor, Digest, Place};
pub use giveaways::Giveaways;
pub use open::{GenerationRequest, Opener, Readiness, Source};
pub use provenance::provenance;
pub use reader::Reader;
pub use side::ChatEvents;
pub use view::{Cut, Shown, SideView, View, prefix};

use crate::domain::{BattleId, BattleKind, ReplyId, Side};
use crate::error::Error;
use crate::metrics::Metrics;
use crate::store::models::Model;
use live::{Command, LastRead, Live, Writes};
use progress::ProgressWriter;
use side::LiveSide;

/// Turns that one server drains at once.
const MAX_TURNS: usize = 512;
/// Readers that one server serves at once.
const MAX_READERS: usize = 4096;

/// The streams of this server. Clones share them.
#[derive(Clone)]
pub struct TurnHub {
    shared: Arc<Shared>,
}

struct Shared {
    db: PgPool,
    metrics: Metrics,
    owner: Uuid,
    source: Source,
    runtime: Handle,
    giveaways: Giveaways,
    progress: ProgressWriter,
    turns: Mutex<HashMap<BattleId, Running>>,
    permits: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    is_closing: AtomicBool,
}

struct Running {
    turn: i32,
    commands: mpsc::Sender<Command>,
    views: watch::Receiver<View>,
    last_read: LastRead,
}

impl Running {
    /// Lets sides join the turn; gives back those that find no room.
    fn attach(&self, sides: Vec<LiveSide>) -> Vec<LiveSide> {
        let attach = |side| match self.commands.try_send(Command::Attach(Box::new(side))).map_err(|e| e.into_inner()) {
            Err(Command::Attach(side)) => Some(*side),
            _ => None,
        };
        sides.into_iter().filter_map(attach).collect()
    }
}

/// An attempt to drain.
pub struct ReplyAttempt {
    /// The row.
    pub reply: ReplyId,
    pub side: Side,
    /// From 1.
    pub attempt: i32,
    /// Whether an empty answer was retried for it.
    pub after_empty: bool,
    /// What is asked of whom.
    pub generation: GenerationRequest,
}

impl TurnHub {
    /// TurnHub that are drained on this runtime, which must live as long as the service.
    pub fn new(db: PgPool, metrics: Metrics, source: Source, runtime: Handle) -> Self {
        let owner = Uuid::new_v4();
        Self {
            shared: Arc::new(Shared {
                giveaways: Giveaways::new(db.clone()),
                progress: ProgressWriter::start(db.clone(), owner, &runtime),
                db,
                metrics,
                owner,
                source,
                runtime,
                turns: Mutex::default(),
                permits: Arc::new(Semaphore::new(MAX_TURNS)),
                readers: Arc::new(Semaphore::new(MAX_READERS)),
                is_closing: AtomicBool::new(false),
            }),
        }
    }

    /// This server's name in the rows that it drains.
    pub fn owner(&self) -> Uuid {
        self.shared.owner
    }

    /// What finds answers that give their model away.
    pub fn giveaways(&self) -> &Giveaways {
        &self.shared.giveaways
    }

    /// Whether a model would answer, as far as this server knows; it may have to be loaded first.
    pub fn is_available(&self, model: &Model) -> bool {
        self.wait(model).is_some()
    }

    /// How long until a model could answer; nothing where it would not.
    pub fn wait(&self, model: &Model) -> Option<Duration> {
        (self.shared.source.wait)(model)
    }

    /// Room for one more turn; taken before anything is written, so that a full house refuses at once.
    pub fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let full = || Error::Busy { retry_after: Duration::from_secs(5) };
        if self.shared.is_closing.load(Ordering::Relaxed) {
            return Err(full());
        }
        self.shared.permits.clone().try_acquire_owned().map_err(|_| full())
    }

    /// Drains these attempts of a turn. A side of a turn that is drained here already joins the other one's pace.
    pub fn start(
        &self,
        battle: BattleId,
        kind: BattleKind,
        turn: i32,
        attempts: Vec<ReplyAttempt>,
        permit: OwnedSemaphorePermit,
    ) {
        let mut sides = Vec::with_capacity(attempts.len());
        for attempt in attempts {
            let chat_events = self.chat_events(attempt.generation);
            let slot = self.shared.progress.slot(attempt.reply);
            let mut side = LiveSide::new(attempt.reply, attempt.side, attempt.attempt, chat_events, slot);
            side.after_empty = attempt.after_empty;
            sides.push(side);
        }
        // Under one lock, so that a turn that is about to end sees it and goes on (see `retire`), and so that two sides
        // that are asked again at once have one pace.
        let mut turns = self.turns();
        if let Some(running) = turns.get(&battle).filter(|running| running.turn == turn) {
            sides = running.attach(sides);
        }
        if sides.is_empty() {
            return;
        }
        let (commands, received) = mpsc::channel(8);
        let (views, shown) = watch::channel(View::default());
        let last_read = LastRead::new();
        let mut live = Live {
            db: self.shared.db.clone(),
            metrics: self.shared.metrics.clone(),
            owner: self.shared.owner,
            battle,
            is_blind: kind.is_blind(),
            giveaways: self.shared.giveaways.clone(),
            sides: [None, None],
            commands: received,
            views,
            shown: [None, None],
            last_read: last_read.clone(),
            progress: self.shared.progress.clone(),
            writes: Writes::default(),
        };
        for side in sides {
            let place = side.side.index();
            live.sides[place] = Some(side);
        }
        turns.insert(battle, Running { turn, commands: commands.clone(), views: shown, last_read });
        drop(turns);
        let streams = self.clone();
        let counted = self.shared.metrics.stream();
        let task = async move {
            loop {
                live.run().await;
                if streams.retire(battle, &commands, &mut live) {
                    break;
                }
            }
            drop((permit, counted));
        };
        self.shared.runtime.spawn(task);
    }

    /// The events of an answer. The request begins on the service's runtime, not on that of the visitor's connection.
    fn chat_events(&self, generation: GenerationRequest) -> ChatEvents {
        use futures_util::{FutureExt, StreamExt};
        (self.shared.source.open)(generation).flatten_stream().boxed()
    }

    /// Whether answers are drained here.
    pub fn is_draining(&self) -> bool {
        !self.turns().is_empty() || self.shared.is_closing.load(Ordering::Relaxed)
    }

    /// Has a model answer outside of any battle.
    pub fn ask(&self, generation: GenerationRequest) -> ChatEvents {
        self.chat_events(generation)
    }

    /// Stops the running answers of a battle, wherever they are drained.
    pub async fn stop(&self, battle: BattleId) -> Result<(), Error> {
        crate::store::battles::request_stop(&self.shared.db, battle).await?;
        let commands = self.turns().get(&battle).map(|running| running.commands.clone());
        if let Some(commands) = commands {
            // Full or closed: the row says it too.
            let _ = commands.try_send(Command::Stop);
        }
        Ok(())
    }

    /// Notes that somebody looks at a battle.
    pub async fn touch(&self, battle: BattleId) -> Result<(), Error> {
        let here = self.turns().get(&battle).map(|running| running.last_read.clone());
        match here {
            Some(last_read) => last_read.touch(),
            None => crate::store::battles::mark_read(&self.shared.db, battle).await?,
        }
        Ok(())
    }

    /// What a turn that is drained here looks like.
    fn local(&self, battle: BattleId, turn: i32) -> Option<(watch::Receiver<View>, LastRead)> {
        let turns = self.turns();
        let running = turns.get(&battle).filter(|running| running.turn == turn)?;
        Some((running.views.clone(), running.last_read.clone()))
    }

    /// The view of a turn that is drained here, for pages.
    pub fn view(&self, battle: BattleId, turn: i32) -> Option<View> {
        self.local(battle, turn).map(|(views, _)| views.borrow().clone())
    }

    /// Runs something beside the answers, for as long as they may run.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.runtime.spawn(task);
    }

    /// Room for one more reader.
    pub fn reader_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let readers = self.shared.readers.clone();
        readers.try_acquire_owned().map_err(|_| Error::Busy { retry_after: Duration::from_secs(5) })
    }

    /// Takes no new turns, waits so long for the running ones, then marks them as interrupted.
    pub async fn drain(&self, patience: Duration) {
        self.shared.is_closing.store(true, Ordering::Relaxed);
        if tokio::time::timeout(patience, self.all_over()).await.is_ok() {
            return;
        }
        let running: Vec<_> = self.turns().values().map(|running| running.commands.clone()).collect();
        tracing::info!(turns = running.len(), "answers are interrupted because the service ends");
        for commands in running {
            let _ = commands.try_send(Command::Interrupt);
        }
        if tokio::time::timeout(Duration::from_secs(5), self.all_over()).await.is_err() {
            tracing::warn!("some answers could not be written down; another server will mark them");
        }
    }

    async fn all_over(&self) {
        while !self.turns().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Shows a turn's end and forgets it, unless something was asked of it meanwhile.
    fn retire(&self, battle: BattleId, commands: &mpsc::Sender<Command>, live: &mut Live) -> bool {
        let mut turns = self.turns();
        if !live.commands.is_empty() {
            return false;
        }
        live.publish();
        if turns.get(&battle).is_some_and(|running| running.commands.same_channel(commands)) {
            turns.remove(&battle);
        }
        true
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<BattleId, Running>> {
        self.shared.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
