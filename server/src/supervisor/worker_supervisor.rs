//! Watches over the worker of one device: starts it, loads its models, starts it again.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::capacity::Capacity;
use super::control::{Control, Listed, SlotView};
use super::load_plan::{Action, LoadPlan};
use super::output::Tail;
use super::process::Process;
use super::turns::Turns;
use super::view::{LoadState, LocalModel, WorkerState, WorkerView};
use crate::backoff::doubled;
use crate::domain::ModelId;
use crate::i18n::{Message, Translated};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A worker that lived so long did not die of its start.
const STABLE: Duration = Duration::from_secs(120);
/// How often a worker is looked at: when it has just made room for somebody who waits, while it loads, and otherwise.
const LOOK_AT_ONCE: Duration = Duration::from_millis(10);
const LOOK_SOON: Duration = Duration::from_millis(100);
const LOOK_LATER: Duration = Duration::from_secs(5);
/// A worker that has not answered a look after this long is shown as silent, and no battle is given to it.
const SILENT_AFTER: Duration = Duration::from_secs(3);
/// So many looks in a row without an answer, and the worker hangs.
const SILENCES: u32 = 3;

/// What the supervisor of a worker lets others see.
pub(super) struct WorkerStatus {
    device: Capacity,
    tail: Tail,
    shown: Mutex<Shown>,
}

struct Shown {
    state: WorkerState,
    since: DateTime<Utc>,
    pid: Option<u32>,
    restarts: u32,
    models: HashMap<ModelId, LoadState>,
    /// The contexts of models as their cards said when they were last in memory, in tokens.
    contexts: HashMap<ModelId, i64>,
    /// Bytes of memory that the worker's process takes up.
    resident: Option<u64>,
    door: Option<(u16, SecretString)>,
    is_silent: bool,
}

impl WorkerStatus {
    pub(super) fn new(device: Capacity) -> Self {
        let shown = Shown {
            state: WorkerState::Idle,
            since: Utc::now(),
            pid: None,
            restarts: 0,
            models: HashMap::new(),
            contexts: HashMap::new(),
            resident: None,
            door: None,
            is_silent: false,
        };
        Self { device, tail: Tail::default(), shown: Mutex::new(shown) }
    }

    pub(super) fn view(&self) -> WorkerView {
        let shown = self.lock();
        WorkerView {
            device: self.device.device.to_string(),
            memory: self.device.memory,
            resident: shown.resident,
            state: shown.state.clone(),
            is_silent: shown.is_silent,
            since: shown.since,
            pid: shown.pid,
            restarts: shown.restarts,
            log: self.tail.lines(),
        }
    }

    pub(super) fn load_state(&self, id: ModelId) -> LoadState {
        self.lock().models.get(&id).cloned().unwrap_or(LoadState::Waiting)
    }

    /// The context of a model in tokens, once it was in memory.
    pub(super) fn context(&self, id: ModelId) -> Option<i64> {
        self.lock().contexts.get(&id).copied()
    }

    /// Port and token, if the worker listens and the model is ready.
    pub(super) fn door(&self, id: ModelId) -> Option<(u16, SecretString)> {
        let shown = self.lock();
        let ready = matches!(shown.models.get(&id), Some(LoadState::Ready { .. }));
        shown.door.clone().filter(|_| ready && !shown.is_silent)
    }

    fn lock(&self) -> MutexGuard<'_, Shown> {
        // Only assignments run under this lock.
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the supervisor of a worker is told.
pub(super) struct Commands {
    pub(super) wanted: watch::Receiver<Vec<LocalModel>>,
    pub(super) retry: mpsc::Receiver<ModelId>,
    pub(super) stop: CancellationToken,
}

/// The task of one device.
pub(super) struct WorkerSupervisor {
    pub(super) status: Arc<WorkerStatus>,
    pub(super) commands: Commands,
    pub(super) executable: PathBuf,
    pub(super) client: reqwest::Client,
    pub(super) drain: Duration,
    pub(super) plan: LoadPlan,
    pub(super) turns: Arc<Turns>,
}

/// How the tending of a living worker ended.
enum Outcome {
    Stopped,
    Unneeded,
    Died(Translated),
}

impl WorkerSupervisor {
    /// Runs until it is told to stop.
    pub(super) async fn run(mut self) {
        let mut failures = 0;
        loop {
            let wanted = self.commands.wanted.borrow_and_update().clone();
            self.plan.want(wanted);
            if self.plan.is_empty() {
                self.show(WorkerState::Idle, None, None);
                if self.is_stopped_before_change().await {
                    break;
                }
                continue;
            }
            let began = Instant::now();
            let reason = match self.live().await {
                Outcome::Stopped => break,
                Outcome::Unneeded => continue,
                Outcome::Died(reason) => reason,
            };
            failures = if began.elapsed() > STABLE { 1 } else { failures + 1 };
            self.plan.worker_died(&reason);
            let pause = pause(failures);
            let device = self.status.device.device;
            tracing::error!(%device, %reason, ?pause, "a worker died; it will be started again");
            let next_try = Utc::now() + pause;
            self.show(WorkerState::Crashed { reason, next_try }, None, None);
            self.turns.see(&self.plan.states());
            tokio::select! {
                () = self.commands.stop.cancelled() => break,
                () = sleep(pause) => {}
                // Whoever changes the models may have mended the cause.
                changed = self.commands.wanted.changed() => if changed.is_err() { break },
            }
            self.status.lock().restarts += 1;
        }
        self.show(WorkerState::Stopped, None, None);
    }

    async fn is_stopped_before_change(&mut self) -> bool {
        tokio::select! {
            () = self.commands.stop.cancelled() => true,
            changed = self.commands.wanted.changed() => changed.is_err(),
        }
    }

    /// One life of the worker.
    async fn live(&mut self) -> Outcome {
        let device = self.status.device.device;
        self.show(WorkerState::Starting, None, None);
        let starting = match Process::spawn(&self.executable, device, self.drain, self.status.tail.clone()) {
            Ok(starting) => starting,
            Err(error) => return Outcome::Died(error.into()),
        };
        self.show(WorkerState::Starting, starting.pid(), None);
        let process = tokio::select! {
            () = self.commands.stop.cancelled() => return Outcome::Stopped,
            process = starting.listening() => process,
        };
        match process {
            Ok(process) => {
                tracing::info!(%device, pid = process.pid(), "a worker listens");
                self.run_worker(process).await
            }
            Err(reason) => Outcome::Died(reason.into()),
        }
    }

    /// Keeps a living worker's models as they are wanted.
    async fn run_worker(&mut self, mut process: Process) -> Outcome {
        let control = Control::new(self.client.clone(), process.port, process.token.clone());
        let door = Some((process.port, process.token.clone()));
        let mut silences = 0;
        loop {
            let mut has_unloaded = false;
            match self.look(&control).await {
                Ok(list) => {
                    silences = 0;
                    self.status.lock().resident = list.resident_bytes;
                    has_unloaded = self.take_turns(&control, &list.models, &process, &door).await;
                }
                Err(error) => {
                    tracing::warn!(device = %self.status.device.device, error, "no word from a worker");
                    silences += 1;
                }
            }
            if silences >= SILENCES {
                process.kill().await;
                return Outcome::Died(Message::new("worker-silent").into());
            }
            self.show(WorkerState::Running, process.pid(), door.clone());
            let is_busy = self.plan.is_busy() || self.turns.is_pressed() || silences > 0;
            let look = match (has_unloaded, is_busy) {
                // Somebody waits for the room.
                (true, _) => LOOK_AT_ONCE,
                (false, true) => LOOK_SOON,
                (false, false) => LOOK_LATER,
            };
            tokio::select! {
                reason = process.ended() => return Outcome::Died(reason.into()),
                () = self.commands.stop.cancelled() => {
                    process.stop(self.drain + Duration::from_secs(5)).await;
                    return Outcome::Stopped;
                }
                changed = self.commands.wanted.changed() => {
                    let wanted = self.commands.wanted.borrow_and_update().clone();
                    self.plan.want(wanted);
                    if changed.is_err() || self.plan.is_empty() {
                        process.stop(self.drain + Duration::from_secs(5)).await;
                        return Outcome::Unneeded;
                    }
                }
                Some(id) = self.commands.retry.recv() => self.plan.retry(id),
                () = self.turns.wanted.notified() => {}
                () = sleep(look) => {}
            }
        }
    }

    /// Tells the worker what the turns want of it. Whether something was unloaded, so that there is room.
    async fn take_turns(
        &mut self,
        control: &Control,
        slots: &[SlotView],
        process: &Process,
        door: &Option<(u16, SecretString)>,
    ) -> bool {
        let mut actions = self.plan.take(slots);
        // Before anybody is let in: the door must be open by then.
        self.show(WorkerState::Running, process.pid(), door.clone());
        self.turns.see(&self.plan.states());
        if actions.is_empty() {
            let moves = self.turns.moves();
            actions.extend(moves.leave.iter().filter_map(|id| self.plan.unload(*id)));
            actions.extend(moves.load.and_then(|id| self.plan.load(id)));
        }
        let has_unloaded = actions.iter().any(|action| matches!(action, Action::Unload(_)));
        for action in actions {
            self.tell(control, action).await;
        }
        self.turns.see(&self.plan.states());
        has_unloaded
    }

    /// Asks the worker about its models. While it does not answer it is shown as silent.
    async fn look(&self, control: &Control) -> Result<Listed, String> {
        let mut list = std::pin::pin!(control.list());
        let answer = match timeout(SILENT_AFTER, &mut list).await {
            Ok(answer) => answer,
            Err(_) => {
                self.status.lock().is_silent = true;
                list.await
            }
        };
        self.status.lock().is_silent = answer.is_err();
        answer
    }

    async fn tell(&mut self, control: &Control, action: Action) {
        match action {
            Action::Load(model) => {
                if let Err(error) = control.load(&model).await {
                    tracing::warn!(model = model.name, error, "a worker refuses a model");
                    self.plan.refused(&model, Message::new("load-refused").with("why", error).into());
                }
            }
            // Should it fail, the slot is still there at the next look and is tried again.
            Action::Unload(name) => {
                if let Err(error) = control.unload(&name).await {
                    tracing::warn!(model = name, error, "cannot unload");
                }
            }
        }
    }

    fn show(&self, state: WorkerState, pid: Option<u32>, door: Option<(u16, SecretString)>) {
        let mut shown = self.status.lock();
        if shown.state != state {
            shown.since = Utc::now();
        }
        shown.state = state;
        shown.pid = pid;
        if door.is_none() {
            shown.is_silent = false;
            shown.resident = None;
        }
        shown.door = door;
        shown.models = self.plan.states();
        let Shown { models, contexts, .. } = &mut *shown;
        contexts.retain(|id, _| models.contains_key(id));
        for (id, state) in models {
            if let LoadState::Ready { card } = state
                && let Some(context) = card.get("context").and_then(serde_json::Value::as_i64)
            {
                contexts.insert(*id, context);
            }
        }
    }
}

fn pause(failures: u32) -> Duration {
    doubled(FIRST_PAUSE, failures.saturating_sub(1), LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_a_second_to_a_minute() {
        assert_eq!(pause(1), FIRST_PAUSE);
        assert_eq!(pause(3), FIRST_PAUSE * 4);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
