//! All workers of this server, behind one handle.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::capacity::{Capacity, find_devices, needed};
use super::control::Control;
use super::copies::{LoadedCopy, copies};
use super::load_plan::LoadPlan;
use super::placement::{DeviceSlot, ModelRequirement, PlacementError, place};
use super::turns::{Guest, Lease, NotToBeHad, Turns};
use super::view::{LoadState, LocalModel, ModelView, Snapshot, WorkerState};
use super::worker_supervisor::{Commands, WorkerStatus, WorkerSupervisor};
use crate::backends::{BackendError, Endpoint, ErrorKind};
use crate::domain::{Device, DevicePreference, MemoryBudget, ModelId, SharedWeights};
use crate::inference_server::Inspector;
use crate::metrics::LoadMetrics;

/// What the workers are made of.
#[derive(Debug, Clone)]
pub struct WorkersOptions {
    /// The devices that the operator chose; empty for no workers.
    pub devices: Vec<DevicePreference>,
    /// The memory that models may take of them, where the operator says; else what is free.
    pub memory: Vec<MemoryBudget>,
    /// The program with the subcommand `worker`: this one.
    pub executable: PathBuf,
    /// How long a worker may finish its answers when it is stopped.
    pub drain: Duration,
}

impl WorkersOptions {
    /// Workers of this very program.
    ///
    /// # Errors
    /// The system does not say which program this is.
    pub fn of_this_program(
        devices: Vec<DevicePreference>,
        memory: Vec<MemoryBudget>,
        drain: Duration,
    ) -> anyhow::Result<Self> {
        let executable = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self { devices, memory, executable, drain })
    }
}

/// The workers of this server. Cheap to clone.
#[derive(Clone)]
pub struct Workers {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    handles: Vec<WorkerHandle>,
    placed: Mutex<Vec<Placed>>,
    reconciling: Mutex<()>,
    inspector: Inspector,
    metrics: LoadMetrics,
    /// Models that were asked before this server began, the last one first.
    recent: Mutex<Vec<ModelId>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    pub(super) stop: CancellationToken,
    pub(super) wake: Notify,
}

/// The worker of a device, as this server holds it.
struct WorkerHandle {
    device: Capacity,
    status: Arc<WorkerStatus>,
    turns: Arc<Turns>,
    wanted: watch::Sender<Vec<LocalModel>>,
    retry: mpsc::Sender<ModelId>,
}

/// Weights that are placed: one copy, however many registered models answer with it.
#[derive(Clone)]
struct Placed {
    /// As its worker knows it, by the name of one of them.
    model: LocalModel,
    /// All that answer with it.
    users: Vec<ModelId>,
    bytes: u64,
    shared: Option<SharedWeights>,
    is_pinned: bool,
    place: Result<usize, PlacementError>,
}

impl Workers {
    /// Finds the devices and starts a supervisor for each. No process runs until a model is wanted.
    /// Must be called within a Tokio runtime that outlives the workers.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn start(options: &WorkersOptions) -> anyhow::Result<Self> {
        let client = Control::client().context("cannot make the client for workers")?;
        let stop = CancellationToken::new();
        let mut handles = Vec::new();
        let mut tasks = Vec::new();
        let metrics = LoadMetrics::default();
        for device in find_devices(&options.devices, &options.memory) {
            tracing::info!(device = %device.device, memory = device.memory, "device for local models");
            let status = Arc::new(WorkerStatus::new(device.clone()));
            let turns = Arc::new(Turns::new(device.memory, metrics.clone()));
            let (wanted, wanted_seen) = watch::channel(Vec::new());
            let (retry, retry_heard) = mpsc::channel(16);
            let supervisor = WorkerSupervisor {
                status: status.clone(),
                commands: Commands { wanted: wanted_seen, retry: retry_heard, stop: stop.clone() },
                executable: options.executable.clone(),
                client: client.clone(),
                drain: options.drain,
                plan: LoadPlan::default(),
                turns: turns.clone(),
            };
            tasks.push(tokio::spawn(supervisor.run()));
            handles.push(WorkerHandle { device, status, turns, wanted, retry });
        }
        let shared = Shared {
            handles,
            placed: Mutex::default(),
            reconciling: Mutex::default(),
            inspector: Inspector::new(options.executable.clone()),
            metrics,
            recent: Mutex::default(),
            tasks: Mutex::new(tasks),
            stop,
            wake: Notify::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the workers host exactly these models, of which some are pinned: unloads what is gone, leaves what has not changed
    /// alone, loads what is new where there is room for all, else in turns. Reads the headers of new files, and so blocks.
    pub fn reconcile(&self, desired: Vec<LocalModel>, pinned: &HashSet<ModelId>) {
        let _one_at_a_time = self.shared.reconciling.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.placed().clone();
        // Without the lock that the pages need: reading headers from a slow disk takes its time.
        let loaded: Vec<LocalModel> = before.iter().map(|placed| placed.model.clone()).collect();
        let copies = copies(desired, &loaded);
        let needs: Vec<ModelRequirement> =
            copies.iter().map(|copy| need(copy, pinned, &before, &self.shared.inspector)).collect();
        let places: Vec<DeviceSlot> = self.shared.handles.iter().map(|handle| handle.device.clone()).collect();
        let found = place(&needs, &places);
        let mut placed = self.placed();
        *placed = copies
            .into_iter()
            .zip(needs.iter().zip(found))
            .map(|(LoadedCopy { model, users }, (need, place))| {
                let ModelRequirement { bytes, shared, is_pinned, .. } = *need;
                Placed { model, users, bytes, shared, is_pinned, place }
            })
            .collect();
        let recent = self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (at, handle) in self.shared.handles.iter().enumerate() {
            let placed_here = || placed.iter().filter(|placed| placed.place == Ok(at));
            let here: Vec<LocalModel> = placed_here().map(|placed| placed.model.clone()).collect();
            let guest = |one: &Placed| {
                // On a GPU each has a copy of its own.
                let shared = one.shared.filter(|_| handle.device.device == Device::Cpu);
                Guest { id: one.model.id, bytes: one.bytes, shared, is_pinned: one.is_pinned }
            };
            let used = |id: &ModelId| placed_here().find(|placed| placed.users.contains(id)).map(|one| one.model.id);
            let recent: Vec<ModelId> = recent.iter().filter_map(used).collect();
            handle.turns.host(&placed_here().map(guest).collect::<Vec<_>>(), &recent);
            handle.wanted.send_if_modified(|wanted| {
                let changed = *wanted != here;
                if changed {
                    *wanted = here;
                }
                changed
            });
        }
    }

    /// Everything at this moment, for the administrator's page.
    pub fn state(&self) -> Snapshot {
        let models = |placed: &Placed| {
            let (device, context, state) = match &placed.place {
                Ok(at) => {
                    let handle = &self.shared.handles[*at];
                    let state = match handle.status.load_state(placed.model.id) {
                        LoadState::Waiting if handle.turns.is_resting(placed.model.id) => LoadState::Away,
                        state => state,
                    };
                    let context = handle.status.context(placed.model.id);
                    (Some(handle.device.device.to_string()), context, state)
                }
                Err(reason) => (None, None, LoadState::Unplaced { reason: reason.clone() }),
            };
            let view = |id: &ModelId| {
                let (name, device, state) = (placed.model.name.clone(), device.clone(), state.clone());
                ModelView { id: *id, name, device, is_pinned: placed.is_pinned, context, state }
            };
            placed.users.iter().map(view).collect::<Vec<_>>()
        };
        Snapshot {
            models: self.placed().iter().flat_map(models).collect(),
            workers: self.shared.handles.iter().map(|handle| handle.status.view()).collect(),
        }
    }

    /// Where a local model answers at this moment; `None` while it does not.
    pub fn endpoint_of(&self, id: ModelId) -> Option<Endpoint> {
        let (at, loaded) = self.place_of(id)?;
        let (port, token) = self.shared.handles[at].status.door(loaded.id)?;
        Some(Endpoint::own_worker(port, token, &loaded.name))
    }

    /// Where a local model answers, once it is in memory; it stays there as long as the lease is held. Waits its turn where models
    /// share a device's memory in turns, in a line of at most so many. The ticket is what [`Workers::waits`] tells of it.
    ///
    /// # Errors
    /// [`ErrorKind::NotReady`] where it is not loaded and no turn of its will come, [`ErrorKind::QueueFull`].
    pub async fn enter(&self, id: ModelId, ticket: Uuid, most: usize) -> Result<(Endpoint, Lease), BackendError> {
        let not_ready = || BackendError::new(ErrorKind::NotReady, "its worker has not loaded it");
        let (at, loaded) = self.place_of(id).ok_or_else(not_ready)?;
        let handle = &self.shared.handles[at];
        if !handle.turns.is_shared() && handle.status.door(loaded.id).is_none() {
            return Err(not_ready());
        }
        let lease = handle.turns.enter(loaded.id, ticket, most).await.map_err(|why| match why {
            NotToBeHad::NotHere => not_ready(),
            NotToBeHad::LineFull => BackendError::new(ErrorKind::QueueFull, "too many requests wait for this model"),
        })?;
        let (port, token) = handle.status.door(loaded.id).ok_or_else(not_ready)?;
        Ok((Endpoint::own_worker(port, token, &loaded.name), lease))
    }

    /// How long until a local model could answer: no time where it is loaded, and nothing where no turn of its will come.
    pub fn wait(&self, id: ModelId) -> Option<Duration> {
        let (at, loaded) = self.place_of(id)?;
        let handle = &self.shared.handles[at];
        if handle.status.door(loaded.id).is_some() {
            return handle.turns.wait(loaded.id);
        }
        let lives = match handle.status.view() {
            view if view.is_silent => false,
            view => matches!(view.state, WorkerState::Idle | WorkerState::Starting | WorkerState::Running),
        };
        if lives && handle.turns.is_shared() { handle.turns.wait(loaded.id) } else { None }
    }

    /// How many requests wait for a local model to be loaded.
    pub fn line(&self, id: ModelId) -> usize {
        self.place_of(id).map_or(0, |(at, loaded)| self.shared.handles[at].turns.line(loaded.id))
    }

    /// The tickets of those that wait for a model to be loaded, and how long that will still take.
    pub fn waits(&self) -> Vec<(Uuid, Duration)> {
        self.shared.handles.iter().flat_map(|handle| handle.turns.waits()).collect()
    }

    /// Has these loaded, where nobody else needs the room: the next battle is likely to be theirs.
    pub fn prepare(&self, ids: &[ModelId]) {
        let places: Vec<(usize, ModelId)> =
            ids.iter().filter_map(|id| self.place_of(*id)).map(|(at, loaded)| (at, loaded.id)).collect();
        for (at, handle) in self.shared.handles.iter().enumerate() {
            let here: Vec<ModelId> = places.iter().filter(|place| place.0 == at).map(|place| place.1).collect();
            handle.turns.prepare(&here);
        }
    }

    /// Whether on some device models share the memory in turns.
    pub fn take_turns(&self) -> bool {
        self.shared.handles.iter().any(|handle| handle.turns.is_shared())
    }

    /// Says which models were asked before this server began, the last one first: they are loaded first.
    pub(super) fn remember(&self, recent: Vec<ModelId>) {
        *self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner) = recent;
    }

    /// The counters of what was loaded and unloaded.
    pub fn metrics(&self) -> &LoadMetrics {
        &self.shared.metrics
    }

    /// What a model's weights are called at their worker: by its own name, or by that of another one that shares them.
    pub fn loaded_name(&self, id: ModelId) -> Option<String> {
        self.place_of(id).map(|(_, loaded)| loaded.name)
    }

    /// Looks at model files.
    pub fn inspector(&self) -> Inspector {
        self.shared.inspector.clone()
    }

    /// Tries a model again that could not be loaded.
    pub fn retry(&self, id: ModelId) {
        if let Some((at, loaded)) = self.place_of(id) {
            // A full queue means that retries are under way.
            let _ = self.shared.handles[at].retry.try_send(loaded.id);
        }
    }

    /// Stops all workers in order: they finish their answers, within their time. Afterwards nothing
    /// of them is left.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        let tasks = std::mem::take(&mut *self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker's supervisor failed");
            }
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Adds a task that is to end before [`Workers::shutdown`] returns.
    pub(super) fn keep(&self, task: JoinHandle<()>) {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }

    /// The worker of a model's weights, and what they are called there.
    fn place_of(&self, id: ModelId) -> Option<(usize, LocalModel)> {
        let placed = self.placed();
        let found = placed.iter().find(|placed| placed.users.contains(&id))?;
        found.place.as_ref().ok().map(|at| (*at, found.model.clone()))
    }

    fn placed(&self) -> MutexGuard<'_, Vec<Placed>> {
        // Only lists are moved and copied under this lock.
        self.shared.placed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn need(copy: &LoadedCopy, pinned: &HashSet<ModelId>, placed: &[Placed], inspector: &Inspector) -> ModelRequirement {
    let model = &copy.model;
    let same = |other: &&Placed| {
        other.model.id == model.id && other.model.path == model.path && other.model.base == model.base
    };
    let known = placed.iter().find(same);
    let current = known.and_then(|placed| placed.place.as_ref().ok().copied());
    // What could not be read may have come meanwhile; what could be is not read every few seconds.
    let seen = known.filter(|known| known.bytes > 0 && known.model.context == model.context);
    let (bytes, shared) = seen.map_or_else(|| needed(model, inspector), |known| (known.bytes, known.shared));
    let is_pinned = copy.users.iter().any(|user| pinned.contains(user));
    ModelRequirement { preference: model.device, bytes, shared, is_pinned, current }
}
