//! The engine's thread: commands in, one step for each model that has work, again and again.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use super::job::Job;
use super::load::LoadedModel;
use super::shared::Shared;
use crate::error::Result;
use crate::request::GenerateError;
use crate::schedule::{Id, Limits, Plan, Refused, Scheduler};
use crate::step::step;

/// What the thread asks of a model. A trait, so that tests can put a model there that fails.
pub(crate) trait Forward: Send {
    /// Computes a step: the logits of `plan.outputs`, row after row. `(outputs, vocab)`
    fn forward(&mut self, plan: &Plan) -> Result<Vec<f32>>;

    /// Forgets the cache, after a step that may have left it half written.
    fn reset(&mut self) -> Result<()>;
}

/// A model at work.
pub(crate) struct Served {
    pub(crate) model: Box<dyn Forward>,
    pub(crate) scheduler: Scheduler,
    pub(crate) jobs: HashMap<Id, Job>,
    /// Logits in a row.
    pub(crate) vocabulary: usize,
    limits: Limits,
    step_time: Duration,
    shared: Arc<Shared>,
}

/// Tokens of a model's first step; from there the budget follows the model's speed.
const FIRST_STEP: usize = 64;

/// What the thread is told.
pub(super) enum Command {
    Add { number: u64, served: Box<Served> },
    Submit { number: u64, job: Box<Job> },
    Remove { number: u64, done: SyncSender<()> },
    Shutdown { deadline: Instant },
}

/// Runs until told to shut down, or until nobody is left who could tell it.
pub(super) fn run(commands: &Receiver<Command>, pool: Option<&ThreadPool>) {
    let mut models: Vec<(u64, Served)> = Vec::new();
    let mut deadline: Option<Instant> = None;
    loop {
        let idle = models.iter().all(|(_, m)| m.scheduler.is_idle());
        let over = deadline.is_some_and(|d| idle || Instant::now() >= d);
        if over {
            break;
        }
        if idle {
            models.iter_mut().for_each(|(_, m)| m.check());
            let Ok(command) = commands.recv() else { break };
            obey(command, &mut models, &mut deadline);
        }
        while let Ok(command) = commands.try_recv() {
            obey(command, &mut models, &mut deadline);
        }
        for (_, model) in models.iter_mut().filter(|(_, m)| !m.scheduler.is_idle()) {
            match pool {
                Some(pool) => pool.install(|| model.guarded_step()),
                None => model.guarded_step(),
            }
        }
    }
    models.iter_mut().for_each(|(_, m)| m.fail_all(&GenerateError::ShutDown));
}

fn obey(command: Command, models: &mut Vec<(u64, Served)>, deadline: &mut Option<Instant>) {
    match command {
        Command::Add { number, served } => models.push((number, *served)),
        Command::Submit { number, mut job } => match models.iter_mut().find(|(n, _)| *n == number) {
            Some(_) if deadline.is_some() => job.fail(GenerateError::ShutDown),
            Some((_, model)) => model.enqueue(*job),
            None => job.fail(GenerateError::Unloaded),
        },
        Command::Remove { number, done } => {
            if let Some(at) = models.iter().position(|(n, _)| *n == number) {
                let (_, mut model) = models.remove(at);
                model.fail_all(&GenerateError::Unloaded);
            }
            // Whoever asked may have given up waiting.
            let _ = done.send(());
        }
        Command::Shutdown { deadline: at } => *deadline = Some(at),
    }
}

impl Served {
    pub(super) fn new(loaded: LoadedModel, step_time: Duration, shared: Arc<Shared>) -> Self {
        let LoadedModel { model, limits, vocabulary, .. } = loaded;
        // The callers' side counts the queue, and refuses there; those that lose their cache come
        // back to the waiting line and must find room.
        let limits = Limits { max_waiting: usize::MAX, ..limits };
        let mut scheduler = Scheduler::new(limits);
        scheduler.set_budget(FIRST_STEP);
        Self { model, scheduler, jobs: HashMap::new(), vocabulary, limits, step_time, shared }
    }

    fn enqueue(&mut self, mut job: Job) {
        match self.scheduler.add(std::mem::take(&mut job.prompt), job.most) {
            Ok(id) => {
                self.jobs.insert(id, job);
            }
            Err(Refused::TooLong { cache_tokens }) => job.fail(GenerateError::Model(format!(
                "prompt and answer may take {} tokens, and the cache holds {cache_tokens}",
                job.most
            ))),
            Err(refused) => job.fail(GenerateError::Model(format!("not scheduled: {refused:?}"))),
        }
    }

    /// Takes away the requests that nobody reads any more.
    pub(crate) fn drop_abandoned(&mut self) {
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

    /// One step that cannot take the other models with it, whatever happens.
    fn guarded_step(&mut self) {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| step(self)));
        let error = match outcome {
            Ok(Ok(tokens)) => {
                self.pace(tokens, begun.elapsed());
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(panic) => Some(format!("panic: {}", panic_text(panic.as_ref()))),
        };
        if let Some(message) = error {
            tracing::error!(message, "a step failed; its requests end");
            self.fail_all(&GenerateError::Model(message));
            if let Err(error) = self.model.reset() {
                tracing::error!(%error, "the cache could not be made anew");
            }
        }
        Shared::add(&self.shared.steps, 1);
        Shared::add(&self.shared.busy_micros, begun.elapsed().as_micros() as u64);
        self.publish();
    }

    /// Makes the next steps as large as they can be without taking longer than they should: while a
    /// step runs, no other model gets the device and no cancelled request ends.
    fn pace(&mut self, tokens: usize, took: Duration) {
        let budget = self.scheduler.budget();
        if took > self.step_time && tokens > budget / 2 {
            self.scheduler.set_budget(tokens / 2);
        } else if took < self.step_time / 3 && tokens >= budget {
            self.scheduler.set_budget(budget.saturating_mul(2));
        }
    }

    fn fail_all(&mut self, error: &GenerateError) {
        for (_, mut job) in self.jobs.drain() {
            job.fail(error.clone());
        }
        self.scheduler.clear();
        self.publish();
    }

    /// When nothing runs, every block must be free; if one is not, start with new books.
    fn check(&mut self) {
        if let Err(error) = self.scheduler.check() {
            tracing::error!(error, "the cache's books do not balance");
            self.scheduler = Scheduler::new(self.limits);
        }
        self.publish();
    }

    fn publish(&self) {
        let blocks = self.scheduler.blocks();
        self.shared.running.store(self.scheduler.running(), Ordering::Relaxed);
        self.shared.blocks_used.store(blocks.total() - blocks.free(), Ordering::Relaxed);
        self.shared.preemptions.store(self.scheduler.preemptions(), Ordering::Relaxed);
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
