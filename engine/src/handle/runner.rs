//! A model at work: its requests, its schedule, and how large its steps are.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::load::LoadedModel;
use super::request_state::RequestState;
use super::shared::Shared;
use crate::devices::Model;
use crate::request::GenerateError;
use crate::schedule::{AdmissionError, Id, Limits, Scheduler};

/// Tokens of a model's first step; from there the budget follows the model's speed.
const FIRST_STEP: usize = 64;

/// A model at work.
pub(crate) struct ModelRunner {
    pub(crate) model: Model,
    pub(crate) scheduler: Scheduler,
    pub(crate) jobs: HashMap<Id, RequestState>,
    /// Logits in a row.
    pub(crate) vocabulary: usize,
    limits: Limits,
    step_time: Duration,
    pub(super) shared: Arc<Shared>,
}

impl ModelRunner {
    pub(super) fn new(loaded: LoadedModel, step_time: Duration, shared: Arc<Shared>) -> Self {
        let LoadedModel { model, limits, vocabulary, .. } = loaded;
        // The callers' side counts the queue, and refuses there; those that lose their cache come
        // back to the waiting line and must find room.
        let limits = Limits { max_waiting: usize::MAX, ..limits };
        let mut scheduler = Scheduler::new(limits);
        scheduler.set_budget(FIRST_STEP);
        Self { model, scheduler, jobs: HashMap::new(), vocabulary, limits, step_time, shared }
    }

    pub(super) fn enqueue(&mut self, mut job: RequestState) {
        let (prompt, most) = (std::mem::take(&mut job.prompt), job.max_total_tokens);
        let added = if job.wants_whole_prompt() {
            self.scheduler.add_scored(prompt, most)
        } else {
            self.scheduler.add(prompt, most)
        };
        match added {
            Ok(id) => {
                self.jobs.insert(id, job);
            }
            Err(AdmissionError::TooLong { cache_tokens }) => job.fail(GenerateError::Model(format!(
                "prompt and answer may take {} tokens, and the cache holds {cache_tokens}",
                job.max_total_tokens
            ))),
            Err(refused) => job.fail(GenerateError::Model(format!("not scheduled: {refused:?}"))),
        }
    }

    /// Takes away the requests that nobody reads any more.
    pub(super) fn drop_abandoned(&mut self) {
        let scheduler = &mut self.scheduler;
        self.jobs.retain(|id, job| {
            let abandoned = job.is_abandoned();
            if abandoned {
                scheduler.remove(*id);
                job.cancel();
            }
            !abandoned
        });
    }

    /// Makes the next steps as large as they can be without taking longer than they should: while a
    /// step runs, no other model gets the device and no cancelled request ends.
    pub(super) fn pace(&mut self, tokens: usize, took: Duration) {
        let budget = self.scheduler.budget();
        if took > self.step_time && tokens > budget / 2 {
            self.scheduler.set_budget(tokens / 2);
        } else if took < self.step_time / 3 && tokens >= budget {
            self.scheduler.set_budget(budget.saturating_mul(2));
        }
    }

    pub(super) fn fail_all(&mut self, error: &GenerateError) {
        for (_, mut job) in self.jobs.drain() {
            job.fail(error.clone());
        }
        self.scheduler.clear();
        self.publish();
    }

    /// When nothing runs, every block must be free; if one is not, start with new books.
    pub(super) fn check(&mut self) {
        if let Err(error) = self.scheduler.check() {
            tracing::error!(error, "the cache's block accounting does not balance");
            self.scheduler = Scheduler::new(self.limits);
        }
        self.publish();
    }

    pub(super) fn publish(&self) {
        let blocks = self.scheduler.blocks();
        self.shared.running.store(self.scheduler.running(), Ordering::Relaxed);
        self.shared.blocks_used.store(blocks.total() - blocks.free(), Ordering::Relaxed);
        self.shared.preemptions.store(self.scheduler.preemptions(), Ordering::Relaxed);
    }
}
