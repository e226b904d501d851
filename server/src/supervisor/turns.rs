//! The memory of one device, which its models share in turns: who waits for which model, who answers, and what is to be loaded
//! next by the rule in [`crate::domain::turn_moves`].

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::time::timeout_at;
use uuid::Uuid;

use super::view::LoadState;
use crate::domain::{ModelId, Presence, SharedWeights, TurnMoves, TurnTaker, memory_together, turn_moves, turn_wait};
use crate::metrics::LoadMetrics;

/// Nobody waits longer for a model: what takes so long is broken in a way that nothing here knows of.
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// The clock begins here, so that there is room for what was before the start.
const BEFORE: Duration = Duration::from_secs(1 << 20);
/// Bytes that are loaded a second, until it was seen.
const USUAL_SPEED: f64 = 200e6;
/// How much the last load says of the next.
const LEARNING: f64 = 0.5;

/// A model that is to be hosted, and what the turns need to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guest {
    pub(super) id: ModelId,
    pub(super) bytes: u64,
    pub(super) shared: Option<SharedWeights>,
    pub(super) is_pinned: bool,
}

/// Why a model cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotToBeHad {
    /// It is not hosted here, could not be loaded, or does not come.
    NotHere,
    /// Too many wait for it.
    LineFull,
}

/// The memory of a device.
pub(super) struct Turns {
    memory: Option<u64>,
    began: Instant,
    metrics: LoadMetrics,
    state: Mutex<State>,
    /// Told when somebody may enter.
    changed: watch::Sender<()>,
    /// Told when there is something to load.
    pub(super) wanted: Notify,
}

struct State {
    models: Vec<TurnTaker>,
    lines: HashMap<ModelId, Vec<Waiting>>,
    closed: HashSet<ModelId>,
    bytes_per_second: f64,
    load_began: Instant,
}

struct Waiting {
    ticket: Uuid,
    since: Duration,
}

impl State {
    fn model(&mut self, id: ModelId) -> Option<&mut TurnTaker> {
        self.models.iter_mut().find(|one| one.id == id)
    }

    fn note_line(&mut self, id: ModelId) {
        let first = self.lines.get(&id).and_then(|line| line.first()).map(|first| first.since);
        if let Some(model) = self.model(id) {
            model.waits_since = first;
        }
    }
}

/// A model that answers somebody: it does not leave meanwhile.
pub struct Lease {
    turns: Arc<Turns>,
    id: ModelId,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let now = self.turns.now();
        if let Some(model) = self.turns.lock().model(self.id) {
            model.answering = model.answering.saturating_sub(1);
            model.answers += 1;
            model.used = Some(now);
        }
        self.turns.wanted.notify_one();
    }
}

/// A place in a model's line; leaving it counts as going away.
struct Place<'a> {
    turns: &'a Turns,
    id: ModelId,
    ticket: Uuid,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        if let Some(line) = state.lines.get_mut(&self.id) {
            line.retain(|one| one.ticket != self.ticket);
        }
        state.note_line(self.id);
        drop(state);
        // Whoever was to leave for it may stay.
        self.turns.wanted.notify_one();
    }
}

impl Turns {
    pub(super) fn new(memory: Option<u64>, metrics: LoadMetrics) -> Self {
        let state = State {
            models: Vec::new(),
            lines: HashMap::new(),
            closed: HashSet::new(),
            bytes_per_second: USUAL_SPEED,
            load_began: Instant::now(),
        };
        Self {
            memory,
            began: Instant::now(),
            metrics,
            state: Mutex::new(state),
            changed: watch::Sender::default(),
            wanted: Notify::new(),
        }
    }

    /// Changes who is hosted. `recent` are models that were asked before this server began, the last one first.
    pub(super) fn host(&self, guests: &[Guest], recent: &[ModelId]) {
        let mut state = self.lock();
        let known = std::mem::take(&mut state.models);
        for guest in guests {
            let fresh = || {
                let used = recent.iter().position(|id| *id == guest.id).and_then(|at| u32::try_from(at).ok());
                let used = used.map(|at| BEFORE.saturating_sub(Duration::from_secs(1) * (at + 1)));
                TurnTaker { used, ..TurnTaker::new(guest.id, guest.bytes, guest.is_pinned) }
            };
            let model = known.iter().find(|one| one.id == guest.id).copied().unwrap_or_else(fresh);
            let Guest { bytes, shared, is_pinned, .. } = *guest;
            state.models.push(TurnTaker { bytes, shared, is_pinned, ..model });
        }
        let gone = |id: &ModelId| guests.iter().all(|guest| guest.id != *id);
        state.lines.retain(|id, _| !gone(id));
        drop(state);
        self.changed.send_replace(());
        self.wanted.notify_one();
    }

    /// Whether its models do not all fit at once.
    pub(super) fn is_shared(&self) -> bool {
        let needed = memory_together(&self.lock().models);
        self.memory.is_some_and(|memory| needed > memory)
    }

    /// Whether a model is not in memory because others are, and nobody waits for it.
    pub(super) fn is_resting(&self, id: ModelId) -> bool {
        let is_shared = self.is_shared();
        let mut state = self.lock();
        is_shared && state.model(id).is_some_and(|one| one.presence == Presence::Away && one.waits_since.is_none())
    }

    /// Takes in where the models are.
    pub(super) fn see(&self, states: &HashMap<ModelId, LoadState>) {
        let now = self.now();
        let mut state = self.lock();
        let State { models, bytes_per_second, load_began, .. } = &mut *state;
        let missing: Vec<u64> = models.iter().map(|one| one.missing_beside(&*models)).collect();
        let mut has_changed = false;
        for (model, missing) in models.iter_mut().zip(missing) {
            let seen = match states.get(&model.id) {
                Some(LoadState::Ready { .. }) => Presence::Here,
                Some(LoadState::Loading { done, total }) if *total > 0 => {
                    // The files' bytes tell how far it is; what it takes in memory may be more or less.
                    let left = 1.0 - *done as f64 / *total as f64;
                    Presence::Loading { left: (missing as f64 * left) as u64 }
                }
                Some(LoadState::Loading { .. }) => Presence::Loading { left: missing },
                Some(LoadState::Failed { .. }) => Presence::Broken,
                _ => Presence::Away,
            };
            if seen == Presence::Here && model.presence != Presence::Here {
                (model.came, model.took, model.answers) = (now, load_began.elapsed(), 0);
                let speed = missing as f64 / model.took.as_secs_f64().max(0.01);
                *bytes_per_second += LEARNING * (speed - *bytes_per_second);
                self.metrics.loaded(model.took);
            }
            has_changed |= std::mem::discriminant(&seen) != std::mem::discriminant(&model.presence);
            model.presence = seen;
        }
        drop(state);
        if has_changed {
            self.changed.send_replace(());
        }
    }

    /// What the worker is to be told now. Whoever is to leave takes no requests from this moment on.
    pub(super) fn moves(&self) -> TurnMoves {
        let now = self.now();
        let mut state = self.lock();
        let moves = turn_moves(&state.models, self.memory, now);
        let reopened = state.closed.iter().any(|id| !moves.closed.contains(id));
        state.closed = moves.closed.iter().copied().collect();
        for id in &moves.leave {
            if let Some(model) = state.model(*id) {
                model.presence = Presence::Leaving;
                self.metrics.left();
            }
        }
        if let Some(model) = moves.load.and_then(|id| state.model(id)) {
            model.presence = Presence::Loading { left: model.bytes };
            state.load_began = Instant::now();
        }
        drop(state);
        if reopened {
            self.changed.send_replace(());
        }
        moves
    }

    /// Whether somebody waits for what is not there, so that the worker should be looked at soon.
    pub(super) fn is_pressed(&self) -> bool {
        let is_open = |one: &TurnTaker| !matches!(one.presence, Presence::Here | Presence::Broken);
        self.lock().models.iter().any(|one| is_open(one) && (one.waits_since.is_some() || one.is_pinned))
    }

    /// Waits until a model is in memory and takes requests. It stays there until the lease is dropped.
    pub(super) async fn enter(self: &Arc<Self>, id: ModelId, ticket: Uuid, most: usize) -> Result<Lease, NotToBeHad> {
        let ends = tokio::time::Instant::now() + LONGEST_WAIT;
        let mut place: Option<Place<'_>> = None;
        loop {
            let mut changed = self.changed.subscribe();
            {
                let now = self.now();
                let mut state = self.lock();
                let is_closed = state.closed.contains(&id);
                let model = state.model(id).ok_or(NotToBeHad::NotHere)?;
                match model.presence {
                    Presence::Broken => return Err(NotToBeHad::NotHere),
                    Presence::Here if !is_closed => {
                        model.answering += 1;
                        model.used = Some(now);
                        model.is_prepared = false;
                        drop(state);
                        return Ok(Lease { turns: self.clone(), id });
                    }
                    _ => {}
                }
                if place.is_none() {
                    let line = state.lines.entry(id).or_default();
                    if line.len() > most {
                        return Err(NotToBeHad::LineFull);
                    }
                    line.push(Waiting { ticket, since: now });
                    state.note_line(id);
                }
            }
            place.get_or_insert_with(|| Place { turns: self, id, ticket });
            self.wanted.notify_one();
            if timeout_at(ends, changed.changed()).await.is_err() {
                return Err(NotToBeHad::NotHere);
            }
        }
    }

    /// How long until a model could answer: nothing to wait for where it is in memory, and nothing known where it cannot be loaded.
    pub(super) fn wait(&self, id: ModelId) -> Option<Duration> {
        let mut state = self.lock();
        let is_open = !state.closed.contains(&id);
        match state.model(id)?.presence {
            Presence::Here if is_open => Some(Duration::ZERO),
            _ => turn_wait(&state.models, id, state.bytes_per_second),
        }
    }

    /// How many wait for a model.
    pub(super) fn line(&self, id: ModelId) -> usize {
        self.lock().lines.get(&id).map_or(0, Vec::len)
    }

    /// Who waits, and for how long still.
    pub(super) fn waits(&self) -> Vec<(Uuid, Duration)> {
        let state = self.lock();
        let of_line = |(id, line): (&ModelId, &Vec<Waiting>)| {
            let wait = turn_wait(&state.models, *id, state.bytes_per_second).unwrap_or_default();
            line.iter().map(move |one| (one.ticket, wait)).collect::<Vec<_>>()
        };
        state.lines.iter().flat_map(of_line).collect()
    }

    /// Says whose battle is likely to be next.
    pub(super) fn prepare(&self, ids: &[ModelId]) {
        for model in &mut self.lock().models {
            model.is_prepared = ids.contains(&model.id);
        }
        self.wanted.notify_one();
    }

    fn now(&self) -> Duration {
        BEFORE + self.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only the rule and assignments run under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
