//! All workers of this server, behind one handle.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::capacity::{Capacity, find_devices, needed};
use super::control::Control;
use super::copies::{LoadedCopy, copies};
use super::load_plan::LoadPlan;
use super::placement::{DeviceSlot, ModelRequirement, PlacementError, place};
use super::view::{LoadState, LocalModel, ModelView, Snapshot};
use super::worker_supervisor::{Commands, WorkerStatus, WorkerSupervisor};
use crate::backends::Endpoint;
use crate::domain::{DevicePreference, ModelId};
use crate::inference_server::Inspector;

/// What the workers are made of.
#[derive(Debug, Clone)]
pub struct WorkersOptions {
    /// The devices that the operator chose; empty for no workers.
    pub devices: Vec<DevicePreference>,
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
    pub fn of_this_program(devices: Vec<DevicePreference>, drain: Duration) -> anyhow::Result<Self> {
        let executable = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self { devices, executable, drain })
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
    tasks: Mutex<Vec<JoinHandle<()>>>,
    pub(super) stop: CancellationToken,
    pub(super) wake: Notify,
}

/// The worker of a device, as this server holds it.
struct WorkerHandle {
    device: Capacity,
    status: Arc<WorkerStatus>,
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
        for device in find_devices(&options.devices) {
            tracing::info!(device = %device.device, memory = device.memory, "device for local models");
            let status = Arc::new(WorkerStatus::new(device.clone()));
            let (wanted, wanted_seen) = watch::channel(Vec::new());
            let (retry, retry_heard) = mpsc::channel(16);
            let supervisor = WorkerSupervisor {
                status: status.clone(),
                commands: Commands { wanted: wanted_seen, retry: retry_heard, stop: stop.clone() },
                executable: options.executable.clone(),
                client: client.clone(),
                drain: options.drain,
                plan: LoadPlan::default(),
            };
            tasks.push(tokio::spawn(supervisor.run()));
            handles.push(WorkerHandle { device, status, wanted, retry });
        }
        let shared = Shared {
            handles,
            placed: Mutex::default(),
            reconciling: Mutex::default(),
            inspector: Inspector::new(options.executable.clone()),
            tasks: Mutex::new(tasks),
            stop,
            wake: Notify::new(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the workers host exactly these models: loads what is new, unloads what is gone, leaves
    /// what has not changed alone. Reads the headers of new files, and so blocks.
    pub fn reconcile(&self, desired: Vec<LocalModel>) {
        let _one_at_a_time = self.shared.reconciling.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.placed().clone();
        // Without the lock that the pages need: reading headers from a slow disk takes its time.
        let loaded: Vec<LocalModel> = before.iter().map(|placed| placed.model.clone()).collect();
        let copies = copies(desired, &loaded);
        let needs: Vec<ModelRequirement> =
            copies.iter().map(|copy| need(&copy.model, &before, &self.shared.inspector)).collect();
        let places: Vec<DeviceSlot> = self.shared.handles.iter().map(|handle| handle.device.clone()).collect();
        let found = place(&needs, &places);
        let mut placed = self.placed();
        *placed = copies
            .into_iter()
            .zip(needs.iter().zip(found))
            .map(|(LoadedCopy { model, users }, (need, place))| Placed { model, users, bytes: need.bytes, place })
            .collect();
        for (at, handle) in self.shared.handles.iter().enumerate() {
            let here: Vec<LocalModel> = placed.iter().filter(|p| p.place == Ok(at)).map(|p| p.model.clone()).collect();
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
            let (device, state) = match &placed.place {
                Ok(at) => {
                    let handle = &self.shared.handles[*at];
                    (Some(handle.device.device.to_string()), handle.status.load_state(placed.model.id))
                }
                Err(reason) => (None, LoadState::Unplaced { reason: reason.clone() }),
            };
            let view = |id: &ModelId| {
                let (name, device, state) = (placed.model.name.clone(), device.clone(), state.clone());
                ModelView { id: *id, name, device, state }
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

fn need(model: &LocalModel, placed: &[Placed], inspector: &Inspector) -> ModelRequirement {
    let same = |other: &&Placed| {
        other.model.id == model.id && other.model.path == model.path && other.model.base == model.base
    };
    let known = placed.iter().find(same);
    let current = known.and_then(|placed| placed.place.as_ref().ok().copied());
    // What could not be read may have come meanwhile; what could be is not read every few seconds.
    let bytes = known.filter(|known| known.bytes > 0 && known.model.context == model.context);
    let bytes = bytes.map_or_else(|| needed(model, inspector), |known| known.bytes);
    ModelRequirement { preference: model.device, bytes, current }
}
