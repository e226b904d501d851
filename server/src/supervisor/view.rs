//! What is asked of the workers, and what is seen of them.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::placement::PlacementError;
use crate::domain::{DevicePreference, ModelId};
use crate::i18n::Translated;

/// A registered local model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalModel {
    pub id: ModelId,
    /// Its name at the worker; no two models share one.
    pub name: String,
    /// The file or folder.
    pub path: PathBuf,
    /// The file of an adapter's base, where the adapter does not say.
    pub base: Option<PathBuf>,
    /// The device that the administrator prefers.
    pub device: DevicePreference,
    /// The longest conversation in tokens; by default what the model says.
    pub context: Option<usize>,
}

/// Everything about the workers at one moment, for the administrator's page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Snapshot {
    /// The workers, by device.
    pub workers: Vec<WorkerView>,
    /// The models, in the order in which they were asked for.
    pub models: Vec<ModelView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct WorkerView {
    /// Its device: `cpu`, `cuda:0`.
    pub device: String,
    /// The device's memory that models may take, in bytes, where it is known.
    pub memory: Option<u64>,
    /// The memory that its process takes up, in bytes, as it says.
    pub resident: Option<u64>,
    /// How it is doing.
    #[serde(flatten)]
    pub state: WorkerState,
    /// Whether it listens and gives no answer at the moment: frozen, or too busy to say so.
    pub is_silent: bool,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The process.
    pub pid: Option<u32>,
    /// How often it was started again after a crash.
    pub restarts: u32,
    /// Its last lines on standard error, the newest last. They name files and devices, never prompts.
    pub log: Vec<String>,
}

/// How a worker is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WorkerState {
    /// No model is placed on its device, so it does not run.
    Idle,
    /// It has been started and does not listen yet.
    Starting,
    /// It listens.
    Running,
    /// It died.
    Crashed {
        /// How.
        reason: Translated,
        /// When it is started again.
        next_try: DateTime<Utc>,
    },
    /// It was stopped with the service.
    Stopped,
}

/// One local model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelView {
    pub id: ModelId,
    /// Its name at the worker.
    pub name: String,
    /// The device it was placed on.
    pub device: Option<String>,
    /// Whether it must stay in memory.
    pub is_pinned: bool,
    /// Its context in tokens, once it was in memory.
    pub context: Option<i64>,
    /// Where it is on its way.
    #[serde(flatten)]
    pub state: LoadState,
}

/// Where a model is on its way into a worker.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "load", rename_all = "snake_case")]
pub enum LoadState {
    /// Its worker does not run yet or loads another model first.
    Waiting,
    /// It is not in memory, which it shares with others: it is loaded when it is asked.
    Away,
    /// It is being read.
    Loading {
        /// Bytes that are done.
        done: u64,
        /// Bytes in all; 0 while unknown.
        total: u64,
    },
    /// It answers.
    Ready {
        /// The engine's card.
        card: serde_json::Value,
    },
    /// It could not be loaded. It is tried again when its registration changes or an administrator
    /// asks for it.
    Failed {
        /// Why.
        error: Translated,
    },
    /// There is no device for it.
    Unplaced {
        /// Why.
        reason: PlacementError,
    },
}
