//! A turn that this server drains: one task takes the chat_events of both sides, releases them at one pace, shows them to
//! readers and lays them down to be written. No transaction is open meanwhile; a closed tab leaves an honest partial row.
//!
//! The pace waits for no database: progress goes to the writer of all answers, and the last write of a side is under way
//! while the other one goes on. Only what that write decides waits for it: the end of the side is shown when it lasts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::giveaways::Giveaways;
use super::progress::ProgressWriter;
use super::release_pacer::{ReleasePacer, TICK};
use super::side::{LiveSide, Look, Step};
use super::view::View;
use crate::database::in_time;
use crate::domain::{BattleId, ReplyId, ReplyStatus};
use crate::metrics::Metrics;
use crate::store::battles;

/// After how long a write is tried again that failed.
const RETRY_AFTER: Duration = Duration::from_millis(250);
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
    /// What the sides looked like that are shown: a view is made where that has changed.
    pub(super) shown: [Option<Look>; 2],
    pub(super) last_read: LastRead,
    pub(super) progress: ProgressWriter,
    pub(super) writes: Writes,
}

/// What is being written for the sides of a turn.
#[derive(Default)]
pub(super) struct Writes {
    under_way: FuturesUnordered<BoxFuture<'static, Written>>,
    /// Since when the database is away.
    trouble_since: Option<Instant>,
    /// It was away for too long.
    has_given_up: bool,
}

/// What became of a write.
enum Written {
    /// The answer was looked through for names.
    Names(ReplyId, sqlx::Result<()>),
    /// The last one; false where the row is not ours any more.
    Last(ReplyId, sqlx::Result<bool>),
}

impl Live {
    /// Runs until both sides have ended, been released and been written down. That is shown by [`Self::publish`] later: who
    /// sees it may vote at once, or ask a side again.
    pub(super) async fn run(&mut self) {
        let mut pace = ReleasePacer::new(self.is_blind, &mut rand::rng());
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let [a, b] = &mut self.sides;
            tokio::select! {
                piece = next(a) => if let Some(side) = a { side.take(piece) },
                piece = next(b) => if let Some(side) = b { side.take(piece) },
                command = self.commands.recv() => self.obey(command),
                Some(written) = self.writes.under_way.next() => {
                    self.note(written);
                    self.begin_writes();
                    if self.is_settled() {
                        return;
                    }
                }
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
                    self.lay_down();
                    self.begin_writes();
                    if self.is_settled() {
                        return;
                    }
                    self.publish();
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
    pub(super) fn publish(&mut self) {
        let has_given_up = self.writes.has_given_up;
        let looks = self.sides.each_ref().map(|side| side.as_ref().map(|side| side.look(has_given_up)));
        if looks == self.shown {
            return;
        }
        self.shown = looks;
        let view = |side: &LiveSide| side.view(has_given_up);
        self.views.send_replace(View { sides: self.sides.each_ref().map(|side| side.as_ref().map(view)) });
    }

    /// Lays down what is new, and hears what other servers want.
    fn lay_down(&mut self) {
        let mut stop = false;
        let together = self.progress.together();
        for side in self.sides.iter_mut().flatten() {
            if side.is_lost || side.is_over() {
                continue;
            }
            let signals = side.slot.signals();
            stop |= signals.stop;
            if signals.read_seconds_ago.is_some_and(|ago| ago < ABANDONED.as_secs_f64()) {
                self.last_read.touch();
            }
            if signals.is_lost {
                side.end(ReplyStatus::Interrupted, "interrupted", Some("interrupted"));
                side.release_all();
                side.is_lost = true;
            } else {
                side.lay_down();
            }
        }
        drop(together);
        if stop {
            self.sides.iter_mut().flatten().for_each(LiveSide::stop);
        }
    }

    /// Begins to write what is due of sides that have ended.
    fn begin_writes(&mut self) {
        for side in self.sides.iter_mut().flatten().filter(|side| !side.is_running() && !side.is_lost) {
            let reply = side.reply;
            if self.is_blind && side.names.is_due() {
                side.names = Step::UnderWay;
                let (db, battle, giveaways) = (self.db.clone(), self.battle, self.giveaways.clone());
                let content = side.content().to_owned();
                // Before the end is shown, so that the vote finds the mark.
                let look = async move {
                    match giveaways.find(&content).await? {
                        Some(sentence) => battles::mark_identity(&db, battle, &sentence).await,
                        None => Ok(()),
                    }
                };
                self.writes.under_way.push(in_time(look).map(move |done| Written::Names(reply, done)).boxed());
            }
            let is_checked = !self.is_blind || side.names == Step::Done;
            if is_checked && side.is_over() && side.last_write.is_due() {
                side.last_write = Step::UnderWay;
                let (db, owner, progress) = (self.db.clone(), self.owner, self.progress.clone());
                let (slot, finished) = (side.slot.clone(), side.finished());
                let write = async move {
                    progress.close(&slot).await;
                    battles::finish(&db, owner, &finished).await
                };
                self.writes.under_way.push(in_time(write).map(move |done| Written::Last(reply, done)).boxed());
            }
        }
    }

    /// Notes what became of a write.
    fn note(&mut self, written: Written) {
        let (Written::Names(reply, _) | Written::Last(reply, _)) = &written;
        let error = match &written {
            Written::Names(_, done) => done.as_ref().err(),
            Written::Last(_, done) => done.as_ref().err(),
        };
        let then = match error {
            Some(error) => {
                tracing::warn!(battle = %self.battle, %error, "an answer could not be written down yet");
                self.writes.trouble_since.get_or_insert_with(Instant::now);
                Step::Due(Instant::now() + RETRY_AFTER)
            }
            None => {
                self.writes.trouble_since = None;
                Step::Done
            }
        };
        // Another attempt may have taken its place.
        let Some(side) = self.sides.iter_mut().flatten().find(|side| side.reply == *reply) else { return };
        match written {
            Written::Names(..) => side.names = then,
            Written::Last(_, done) => {
                side.last_write = then;
                side.is_lost = matches!(done, Ok(false));
                if done.is_ok() {
                    count(&self.metrics, side);
                }
            }
        }
    }

    /// Whether every side is over and written down, as far as that can be.
    fn is_settled(&mut self) -> bool {
        let is_late = self.writes.trouble_since.is_some_and(|since| since.elapsed() > GIVE_UP);
        self.writes.has_given_up = is_late && self.sides.iter().flatten().all(LiveSide::is_over);
        self.writes.has_given_up || self.sides.iter().flatten().all(LiveSide::is_settled)
    }
}

/// Counts an answer that has ended.
fn count(metrics: &Metrics, side: &LiveSide) {
    let (prompt, completion) = side.tokens();
    let count = |tokens: Option<i32>| u64::try_from(tokens.unwrap_or(0)).unwrap_or(0);
    metrics.tokens(count(prompt), count(completion));
    if let Some(kind) = side.error_code().and_then(crate::backends::ErrorKind::from_code)
        && kind.was_asked()
    {
        metrics.backend_error(kind.code());
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
