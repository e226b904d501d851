//! The engine's step, on one screen: admit → plan → forward → sample → emit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::request_state::StepOutcome;
use super::runner::ModelRunner;
use super::shared::Shared;
use crate::cpu::panic_text;
use crate::error::{Error, Result};
use crate::model::{Outcome, Want};
use crate::request::GenerateError;

/// Lets one model do one step of work, and says how many tokens it computed.
///
/// # Errors
/// The forward pass failed; the caller ends the model's requests.
fn step(model: &mut ModelRunner) -> Result<usize> {
    // admit: whoever stopped reading makes room for those who wait; planning lets them in
    model.drop_abandoned();
    if model.scheduler.is_idle() {
        return Ok(0);
    }

    // plan
    let step = model.scheduler.schedule();
    if step.plan.tokens.is_empty() {
        return Err(Error::StepInput("a step without tokens".to_owned()));
    }
    for admitted in &step.admitted {
        if let Some(job) = model.jobs.get_mut(&admitted.id) {
            job.start(admitted.cached_tokens);
        }
    }

    // forward, and sample where the logits are if the model can
    let samples = model.model.samples();
    let want = |id| model.jobs.get(id).map_or(Want::Logits, |job| job.want(samples));
    let wants: Vec<_> = step.outputs.iter().map(want).collect();
    let outcomes = model.model.sample(&step.plan, &wants)?;
    let is_row = |outcome: &Outcome| !matches!(outcome, Outcome::Logits(row) if row.len() != model.vocabulary);
    if outcomes.len() != step.outputs.len() || !outcomes.iter().all(is_row) {
        let (rows, vocabulary) = (step.outputs.len(), model.vocabulary);
        return Err(Error::StepInput(format!("{} outcomes, not {rows} of {vocabulary} logits", outcomes.len())));
    }
    model.scheduler.computed(&step);

    // sample and emit
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
    Ok(step.plan.tokens.len())
}

/// One step that cannot take the other models with it, whatever happens. False if nothing can be computed here any more: a
/// failed model that cannot even begin anew stands on a device that is lost.
pub(super) fn guarded_step(model: &mut ModelRunner) -> bool {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| step(model)));
    let error = match outcome {
        Ok(Ok(tokens)) => {
            model.pace(tokens, begun.elapsed());
            None
        }
        Ok(Err(error @ Error::NotFinite(_))) => Some(GenerateError::NotFinite(error.to_string())),
        Ok(Err(error)) => Some(GenerateError::Model(error.to_string())),
        Err(panic) => Some(GenerateError::Model(Error::Panic(panic_text(panic.as_ref())).to_string())),
    };
    let mut works = true;
    if let Some(error) = error {
        tracing::error!(%error, "a step failed; its requests end");
        model.fail_all(&error);
        if let Err(error) = model.model.reset() {
            tracing::error!(%error, "the cache could not be made anew");
            works = false;
        }
    }
    Shared::add(&model.shared.steps, 1);
    Shared::add(&model.shared.busy_micros, begun.elapsed().as_micros() as u64);
    model.publish();
    works
}
