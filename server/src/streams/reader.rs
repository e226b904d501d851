//! Follows one turn for one reader: from this server's memory where the stream is drained here, else from the rows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::TurnHub;
use super::live::LastRead;
use super::view::{SideView, View};
use crate::database::in_time;
use crate::domain::{BattleId, BattleKind};
use crate::store::battles;

/// How often rows are looked at.
const POLL: Duration = Duration::from_millis(300);
/// How often a foreign owner is told that somebody reads.
const TELL: Duration = Duration::from_secs(10);

/// A reader of one turn.
pub struct Reader {
    streams: TurnHub,
    db: PgPool,
    battle: BattleId,
    kind: BattleKind,
    turn: i32,
    local: Option<(watch::Receiver<View>, LastRead)>,
    shown: Option<View>,
    told_at: Option<Instant>,
    has_ended: bool,
    /// Whether somebody read since the owner was told.
    is_read: AtomicBool,
}

impl Reader {
    /// Follows a turn.
    pub fn new(streams: TurnHub, battle: BattleId, kind: BattleKind, turn: i32) -> Self {
        let db = streams.shared.db.clone();
        Self {
            streams,
            db,
            battle,
            kind,
            turn,
            local: None,
            shown: None,
            told_at: None,
            has_ended: false,
            is_read: AtomicBool::new(true),
        }
    }

    /// Whether both sides have ended.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The next view that differs from the last one; the first at once. `None` after the end, or when the battle is
    /// gone.
    pub async fn next(&mut self) -> sqlx::Result<Option<View>> {
        if self.has_ended {
            return Ok(None);
        }
        loop {
            let is_first = self.shown.is_none();
            if !is_first {
                self.wait().await;
            }
            let Some(view) = self.look().await? else { return Ok(None) };
            let view = if self.kind.is_blind() { view.blind() } else { view };
            if self.shown.as_ref() != Some(&view) {
                self.has_ended = view.has_ended(self.kind.sides());
                self.shown = Some(view.clone());
                return Ok(Some(view));
            }
        }
    }

    /// Notes that somebody still reads: called whenever something was taken, so that who takes nothing counts as gone.
    pub fn touch(&self) {
        self.is_read.store(true, Ordering::Relaxed);
        if let Some((_, last_read)) = &self.local {
            last_read.touch();
        }
    }

    async fn wait(&mut self) {
        let is_whole = self.knows_all();
        match &mut self.local {
            Some((views, _)) if is_whole => {
                if views.changed().await.is_err() {
                    self.local = None;
                }
            }
            Some((views, _)) => {
                if let Ok(Err(_)) = timeout(POLL, views.changed()).await {
                    self.local = None;
                }
            }
            None => sleep(POLL).await,
        }
    }

    /// Whether memory holds every side of this turn.
    fn knows_all(&self) -> bool {
        let Some((views, _)) = &self.local else { return false };
        let view = views.borrow();
        self.kind.sides().iter().all(|side| view.sides[side.index()].is_some())
    }

    async fn look(&mut self) -> sqlx::Result<Option<View>> {
        if self.local.is_none() {
            self.local = self.streams.local(self.battle, self.turn);
            if let Some((_, last_read)) = self.local.as_ref().filter(|_| self.is_read.load(Ordering::Relaxed)) {
                last_read.touch();
            }
        }
        if let Some((views, _)) = &mut self.local {
            let view = views.borrow_and_update().clone();
            if self.kind.sides().iter().all(|side| view.sides[side.index()].is_some()) {
                return Ok(Some(view));
            }
        }
        let rows = in_time(battles::replies_of_turn(&self.db, self.battle, self.turn)).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        if self.told_at.is_none_or(|at| at.elapsed() > TELL) && self.is_read.load(Ordering::Relaxed) {
            in_time(battles::mark_read(&self.db, self.battle)).await?;
            self.told_at = Some(Instant::now());
            self.is_read.store(false, Ordering::Relaxed);
        }
        let mut view = View::default();
        for row in &rows {
            view.sides[row.side.index()] = Some(SideView::of(row));
        }
        if let Some((views, _)) = &self.local {
            let here = views.borrow();
            for (side, known) in view.sides.iter_mut().zip(&here.sides) {
                // Memory is ahead of the row, unless the row is of a later attempt.
                if let Some(known) = known
                    && side.as_ref().is_none_or(|row| row.attempt <= known.attempt)
                {
                    *side = Some(known.clone());
                }
            }
        }
        Ok(Some(view))
    }
}
