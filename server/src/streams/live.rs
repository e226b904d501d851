//! A turn that this server drains: one task takes the chat_events of both sides, releases them at one pace, shows them to
//! readers and writes them down. No transaction is open meanwhile; a closed tab leaves an honest partial row.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::giveaways::Giveaways;
use super::release_pacer::{ReleasePacer, TICK};
use super::side::LiveSide;
use super::view::View;
use crate::domain::{BattleId, ReplyStatus};
use crate::metrics::Metrics;
use crate::store::battles;

/// How often rows are written while something comes.
const SAVE_EACH: Duration = Duration::from_millis(250);
/// How often the owner says that it lives, though nothing comes.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// After so long without a reader an answer is cancelled.
const ABANDONED: Duration = Duration::from_secs(60);
/// How long the database may be away before an ended turn is given up.
const GIVE_UP: Duration = Duration::from_secs(120);

/// What others ask of the task.
pub(super) enum Command {
    /// Another attempt of a side.
    Attach(Box<LiveSide>),
    /// The visitor pressed stop.
    Stop,
    /// The service ends: what has arrived is what there is.
    Interrupt,
}

/// When somebody last read, in milliseconds since the turn began.
#[derive(Debug, Clone)]
pub(super) struct LastRead {
    began: Instant,
    at: Arc<AtomicU64>,
}

impl LastRead {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), at: Arc::default() }
    }

    /// Somebody reads now.
    pub(super) fn touch(&self) {
        self.at.fetch_max(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    fn ago(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.at.load(Ordering::Relaxed)))
    }
}

/// The task's state.
pub(super) struct Live {
    pub(super) db: PgPool,
    pub(super) metrics: Metrics,
    pub(super) owner: Uuid,
    pub(super) battle: BattleId,
    pub(super) is_blind: bool,
    pub(super) giveaways: Giveaways,
    pub(super) sides: [Option<LiveSide>; 2],
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) views: watch::Sender<View>,
    pub(super) last_read: LastRead,
}

impl Live {
    /// Runs until both sides have ended, been released and been written down. That is shown by [`Self::publish`] later: who
    /// sees it may vote at once, or ask a side again.
    pub(super) async fn run(&mut self) {
        let mut pace = ReleasePacer::new(self.is_blind, &mut rand::rng());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut saved_at = Instant::now();
        let mut trouble_since = None;
        loop {
            let [a, b] = &mut self.sides;
            tokio::select! {
                piece = next(a) => if let Some(side) = a { side.take(piece) },
                piece = next(b) => if let Some(side) = b { side.take(piece) },
                command = self.commands.recv() => self.obey(command),
                _ = ticks.tick() => {
                    let step = pace.step([lane(&self.sides[0]), lane(&self.sides[1])], &mut rand::rng());
                    for (side, chars) in self.sides.iter_mut().zip(step) {
                        if let Some(side) = side {
                            side.release(chars);
                        }
                    }
                    if self.last_read.ago() > ABANDONED {
                        self.end_all(|side| {
                            side.release_all();
                            side.end(ReplyStatus::Stopped, "abandoned", None);
                        });
                    }
                    let wait = if self.sides.iter().flatten().all(|side| side.is_saved) { HEARTBEAT } else { SAVE_EACH };
                    let is_over = self.sides.iter().flatten().all(LiveSide::is_over);
                    if is_over || saved_at.elapsed() >= wait {
                        saved_at = Instant::now();
                        match self.save().await {
                            Ok(()) => trouble_since = None,
                            Err(error) => {
                                tracing::warn!(battle = %self.battle, %error, "an answer could not be written down yet");
                                trouble_since.get_or_insert(saved_at);
                            }
                        }
                    }
                    let given_up = trouble_since.is_some_and(|since: Instant| since.elapsed() > GIVE_UP);
                    if is_over && (given_up || self.sides.iter().flatten().all(|side| side.is_saved || side.is_lost)) {
                        return;
                    }
                    if !is_over {
                        self.publish();
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Option<Command>) {
        match command {
            Some(Command::Attach(side)) => {
                let place = side.side.index();
                self.sides[place] = Some(*side);
            }
            Some(Command::Stop) => self.sides.iter_mut().flatten().for_each(LiveSide::stop),
            // Nobody holds the other end any more only when the registry is gone: the process ends.
            Some(Command::Interrupt) | None => self.end_all(|side| {
                side.release_all();
                side.end(ReplyStatus::Interrupted, "interrupted", Some("interrupted"));
            }),
        }
    }

    fn end_all(&mut self, end: impl Fn(&mut LiveSide)) {
        for side in self.sides.iter_mut().flatten() {
            if side.is_running() {
                end(side);
            } else {
                side.release_all();
            }
        }
    }

    /// Shows the sides as they are.
    pub(super) fn publish(&self) {
        let view = View { sides: self.sides.each_ref().map(|side| side.as_ref().map(LiveSide::view)) };
        self.views.send_if_modified(|old| {
            let is_new = *old != view;
            *old = view;
            is_new
        });
    }

    /// Writes down what is new, and hears what other servers want.
    async fn save(&mut self) -> sqlx::Result<()> {
        let mut stop = false;
        for side in self.sides.iter_mut().flatten() {
            if side.is_lost || (side.is_saved && !side.is_running()) {
                continue;
            }
            if side.is_running() {
                match battles::save_progress(&self.db, self.owner, &side.progress()).await? {
                    Some(signals) => {
                        stop |= signals.stop;
                        if signals.read_seconds_ago.is_some_and(|ago| ago < ABANDONED.as_secs_f64()) {
                            self.last_read.touch();
                        }
                    }
                    None => {
                        side.end(ReplyStatus::Interrupted, "interrupted", Some("interrupted"));
                        side.release_all();
                        side.is_lost = true;
                    }
                }
            } else {
                if self.is_blind && !side.is_checked {
                    // Before the end is shown, so that the vote finds the mark.
                    if let Some(sentence) = self.giveaways.find(side.content()).await? {
                        battles::mark_identity(&self.db, self.battle, &sentence).await?;
                    }
                    side.is_checked = true;
                }
                side.is_lost = !battles::finish(&self.db, self.owner, &side.progress()).await?;
                if side.is_over() {
                    let (prompt, completion) = side.tokens();
                    let count = |tokens: Option<i32>| u64::try_from(tokens.unwrap_or(0)).unwrap_or(0);
                    self.metrics.tokens(count(prompt), count(completion));
                    if let Some(kind) = side.error_code().and_then(crate::backends::ErrorKind::from_code) {
                        self.metrics.backend_error(kind.code());
                    }
                }
            }
            side.is_saved = true;
        }
        if stop {
            self.sides.iter_mut().flatten().for_each(LiveSide::stop);
        }
        Ok(())
    }
}

/// The next piece of a side; waits for ever where there is none to come.
async fn next(
    side: &mut Option<LiveSide>,
) -> Option<Result<crate::backends::ChatEvent, crate::backends::BackendError>> {
    match side.as_mut().and_then(|side| side.chat_events.as_mut()) {
        Some(chat_events) => chat_events.next().await,
        None => std::future::pending().await,
    }
}

fn lane(side: &Option<LiveSide>) -> Option<super::release_pacer::ColumnProgress> {
    side.as_ref().map(LiveSide::lane)
}
