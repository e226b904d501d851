//! The engine's step, on one screen: admit → plan → forward → sample → emit.

use crate::error::{Error, Result};
use crate::handle::{Advance, Served};

/// Lets one model do one step of work, and says how many tokens it computed.
///
/// # Errors
/// The forward pass failed; the caller ends the model's requests.
pub(crate) fn step(model: &mut Served) -> Result<usize> {
    // admit: whoever stopped reading makes room for those who wait; planning lets them in
    model.drop_abandoned();
    if model.scheduler.is_idle() {
        return Ok(0);
    }

    // plan
    let step = model.scheduler.schedule();
    if step.plan.tokens.is_empty() {
        return Err(Error::Plan("a step without tokens".to_owned()));
    }
    for id in &step.admitted {
        if let Some(job) = model.jobs.get_mut(id) {
            job.start();
        }
    }

    // forward
    let logits = model.model.forward(&step.plan)?; // (outputs, vocab)
    if logits.len() != step.outputs.len() * model.vocabulary {
        let rows = step.outputs.len();
        return Err(Error::Plan(format!("{} logits for {rows} rows of {}", logits.len(), model.vocabulary)));
    }
    model.scheduler.computed(&step);

    // sample and emit
    for (id, row) in step.outputs.iter().zip(logits.chunks_exact(model.vocabulary)) {
        let Some(job) = model.jobs.get_mut(id) else { continue };
        match job.advance(row) {
            Advance::Token(token) => model.scheduler.append(*id, token),
            Advance::Ended => {
                model.scheduler.remove(*id);
                model.jobs.remove(id);
            }
        }
    }
    Ok(step.plan.tokens.len())
}
