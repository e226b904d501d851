//! The engine's step, on one screen: admit → plan → forward → sample → emit. Models of one family take it together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::request_state::StepOutcome;
use super::runner::ModelRunner;
use super::shared::Shared;
use crate::cpu::panic_text;
use crate::devices::{Model, Share};
use crate::error::{Error, Result};
use crate::model::{Forward as _, Outcome, Want};
use crate::request::GenerateError;
use crate::schedule::Scheduled;

/// A model's work in a step.
struct Turn<'a> {
    model: &'a mut ModelRunner,
    scheduled: Scheduled,
    wants: Vec<Want>,
}

impl Turn<'_> {
    fn tokens(&self) -> usize {
        self.scheduled.plan.tokens.len()
    }

    fn share(&mut self) -> Share<'_> {
        (&mut self.model.model, &self.scheduled.plan, &self.wants)
    }
}

/// Admits and plans: what a model computes in its next step, at most so many tokens; nothing if it has no work.
fn plan(model: &mut ModelRunner, most: usize) -> Result<Option<(Scheduled, Vec<Want>)>> {
    // admit: whoever stopped reading makes room for those who wait; planning lets them in
    model.drop_abandoned();
    if model.scheduler.is_idle() {
        return Ok(None);
    }

    // plan
    let step = model.scheduler.schedule_within(most);
    if step.plan.tokens.is_empty() {
        return Err(Error::StepInput("a step without tokens".to_owned()));
    }
    for admitted in &step.admitted {
        if let Some(job) = model.jobs.get_mut(&admitted.id) {
            job.start(admitted.cached_tokens);
        }
    }
    let samples = model.model.samples();
    let want = |id| model.jobs.get(id).map_or(Want::Logits, |job| job.want(samples));
    let wants = step.outputs.iter().map(want).collect();
    Ok(Some((step, wants)))
}

/// Computes what was planned, and samples where the logits are if the models can. Several compute together; should that fail,
/// each does by itself, so that one at fault takes no other with it.
fn compute(turns: &mut [Turn<'_>]) -> Vec<Result<Vec<Outcome>, GenerateError>> {
    if turns.len() > 1 {
        let mut shares: Vec<Share<'_>> = turns.iter_mut().map(Turn::share).collect();
        match guarded(|| Model::sample_together(&mut shares)) {
            Ok(outcomes) => return outcomes.into_iter().map(Ok).collect(),
            Err(error) => tracing::warn!(%error, "a step of several models failed; each computes its own"),
        }
    }
    let alone = |turn: &mut Turn<'_>| guarded(|| turn.model.model.sample(&turn.scheduled.plan, &turn.wants));
    turns.iter_mut().map(alone).collect()
}

/// Makes tokens and events of what came of a model's step.
fn emit(model: &mut ModelRunner, step: &Scheduled, outcomes: Vec<Outcome>) -> Result<()> {
    let is_row = |outcome: &Outcome| !matches!(outcome, Outcome::Logits(row) if row.len() != model.vocabulary);
    if outcomes.len() != step.outputs.len() || !outcomes.iter().all(is_row) {
        let (rows, vocabulary) = (step.outputs.len(), model.vocabulary);
        return Err(Error::StepInput(format!("{} outcomes, not {rows} of {vocabulary} logits", outcomes.len())));
    }
    model.scheduler.computed(step);
    for ((id, row), outcome) in step.outputs.iter().zip(&step.plan.outputs).zip(outcomes) {
        let Some(job) = model.jobs.get_mut(id) else { continue };
        let position = step.plan.positions[*row as usize] as usize;
        match job.advance(position, &outcome) {
            StepOutcome::Scored => {}
            StepOutcome::Token(token) => model.scheduler.append(*id, token),
            StepOutcome::Ended => {
                model.scheduler.remove(*id);
                model.jobs.remove(id);
            }
        }
    }
    Ok(())
}

/// One step of one model, or of some of a family, that cannot take other models with it, whatever happens. False if nothing can
/// be computed here any more: a failed model that cannot even begin anew stands on a device that is lost.
pub(super) fn guarded_step(models: Vec<&mut ModelRunner>) -> bool {
    let begun = Instant::now();
    let mut works = true;
    // Together they compute no more than one of them would; of that, each has what it needs for one token a sequence.
    let mut room = models.iter().map(|model| model.scheduler.budget()).max().unwrap_or(0);
    let needs: Vec<usize> = models.iter().map(|model| model.scheduler.running().max(1)).collect();
    let mut needed: usize = needs.iter().sum();
    let mut turns = Vec::with_capacity(models.len());
    for (model, need) in models.into_iter().zip(needs) {
        needed -= need;
        if room == 0 {
            break;
        }
        match guarded(|| plan(model, room.saturating_sub(needed).max(1))) {
            Ok(Some((scheduled, wants))) => {
                room = room.saturating_sub(scheduled.plan.tokens.len());
                turns.push(Turn { model, scheduled, wants });
            }
            Ok(None) => model.publish(),
            Err(error) => works &= fail(model, &error),
        }
    }
    let outcomes = compute(&mut turns);
    let tokens: usize = turns.iter().map(Turn::tokens).sum();
    for (turn, outcomes) in turns.into_iter().zip(outcomes) {
        let own = turn.tokens();
        let Turn { model, scheduled, .. } = turn;
        let done = outcomes.and_then(|outcomes| guarded(|| emit(model, &scheduled, outcomes)));
        let took = begun.elapsed();
        match done {
            Ok(()) => model.pace(tokens, took),
            Err(error) => works &= fail(model, &error),
        }
        count(model, took.mul_f64(own as f64 / tokens.max(1) as f64));
    }
    works
}

/// Counts a step, of which so much time was the model's.
fn count(model: &ModelRunner, busy: Duration) {
    Shared::add(&model.shared.steps, 1);
    Shared::add(&model.shared.busy_micros, busy.as_micros() as u64);
    model.publish();
}

/// Ends a model's requests, and begins anew with an empty cache. False if there can be none.
fn fail(model: &mut ModelRunner, error: &GenerateError) -> bool {
    tracing::error!(%error, "a step failed; its requests end");
    model.fail_all(error);
    let anew = model.model.reset();
    if let Err(error) = &anew {
        tracing::error!(%error, "the cache could not be made anew");
    }
    anew.is_ok()
}

/// Runs what may fail or panic.
fn guarded<T>(body: impl FnOnce() -> Result<T>) -> Result<T, GenerateError> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error @ Error::NotFinite(_))) => Err(GenerateError::NotFinite(error.to_string())),
        Ok(Err(error)) => Err(GenerateError::Model(error.to_string())),
        Err(panic) => Err(GenerateError::Model(Error::Panic(panic_text(panic.as_ref())).to_string())),
    }
}
