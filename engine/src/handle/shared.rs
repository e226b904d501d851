//! What the callers' side and the engine's thread both see of a model: counters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::Serialize;

use crate::request::SubmitError;

/// A model's counters. All are for showing, so relaxed ordering is enough.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    queue: usize,
    queued: AtomicUsize,
    pub(super) running: AtomicUsize,
    pub(super) blocks_used: AtomicUsize,
    blocks: usize,
    pub(crate) prompt_tokens: AtomicU64,
    pub(crate) cached_tokens: AtomicU64,
    pub(crate) completion_tokens: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(super) preemptions: AtomicU64,
    pub(super) steps: AtomicU64,
    pub(super) busy_micros: AtomicU64,
}

impl Shared {
    pub(super) fn new(blocks: usize, queue: usize) -> Self {
        Self { queue, blocks, ..Self::default() }
    }

    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn status(&self, name: &str) -> ModelStatus {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let busy_seconds = get(&self.busy_micros) as f64 / 1e6;
        let tokens = get(&self.completion_tokens);
        ModelStatus {
            name: name.to_owned(),
            queued: self.queued.load(Ordering::Relaxed),
            queue_limit: self.queue,
            running: self.running.load(Ordering::Relaxed),
            cache_blocks_used: self.blocks_used.load(Ordering::Relaxed),
            cache_blocks: self.blocks,
            prompt_tokens: get(&self.prompt_tokens),
            cached_tokens: get(&self.cached_tokens),
            completion_tokens: tokens,
            requests_finished: get(&self.finished),
            requests_failed: get(&self.failed),
            requests_cancelled: get(&self.cancelled),
            preemptions: get(&self.preemptions),
            steps: get(&self.steps),
            busy_seconds,
            tokens_per_second: if busy_seconds > 0.0 { tokens as f64 / busy_seconds } else { 0.0 },
        }
    }
}

/// A place in a model's queue, given back when dropped.
#[derive(Debug)]
pub(crate) struct QueuePlace(Arc<Shared>);

impl QueuePlace {
    /// Takes a place, or says at once that there is none.
    pub(super) fn take(shared: &Arc<Shared>) -> Result<Self, SubmitError> {
        let more = |n: usize| (n < shared.queue).then_some(n + 1);
        match shared.queued.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more) {
            Ok(_) => Ok(Self(Arc::clone(shared))),
            Err(_) => Err(SubmitError::QueueFull { limit: shared.queue }),
        }
    }
}

impl Drop for QueuePlace {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How an engine is doing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngineStatus {
    /// The device in words.
    pub device: String,
    /// Whether its thread runs.
    pub alive: bool,
    /// Its models, by name.
    pub models: Vec<ModelStatus>,
}

/// How a model is doing; the counters run from its loading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelStatus {
    /// The model's name.
    pub name: String,
    /// Requests that wait.
    pub queued: usize,
    /// Most that may wait.
    pub queue_limit: usize,
    /// Requests that run.
    pub running: usize,
    /// Cache blocks in use.
    pub cache_blocks_used: usize,
    pub cache_blocks: usize,
    /// Prompt tokens of requests that began.
    pub prompt_tokens: u64,
    /// Those of them that were found in the cache and not computed again.
    pub cached_tokens: u64,
    /// Tokens made.
    pub completion_tokens: u64,
    /// Requests that ended well.
    pub requests_finished: u64,
    /// Requests that ended with an error.
    pub requests_failed: u64,
    /// Requests whose reader went away.
    pub requests_cancelled: u64,
    /// How often a request had to give its cache back and was computed anew.
    pub preemptions: u64,
    /// Steps taken.
    pub steps: u64,
    /// Seconds spent in them.
    pub busy_seconds: f64,
    /// Tokens made for each second spent in steps.
    pub tokens_per_second: f64,
}
