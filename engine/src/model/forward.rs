//! What the engine asks of a model, whatever it runs on.

use crate::error::{Error, RequestFault, Result};
use crate::sample::{Draw, NotFinite};
use crate::schedule::StepInput;

/// What a step is to give for a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// Its logits.
    Logits,
    /// The token that is drawn from its logits.
    Token(Draw),
    /// Its hidden state after the last norm, which the output matrix would make logits of.
    Hidden,
}

/// What a step gives for a row that was wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Its logits: (vocabulary)
    Logits(Vec<f32>),
    /// The token that was chosen where the logits are.
    Token(u32),
    /// No token: a logit is NaN or infinite.
    NotFinite(NotFinite),
    /// Its hidden state: (hidden)
    Hidden(Vec<f32>),
}

/// A model that computes, with its cache. A trait, so that it may run on any device, and tests can put a model there that
/// fails.
pub trait Forward: Send {
    /// Computes a step: the logits of `plan.outputs`, row after row. `(outputs, vocab)`
    ///
    /// # Errors
    /// The plan does not fit, or the computation failed.
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>>;

    /// Whether [`Self::sample`] chooses tokens; if not, nobody need say how.
    fn samples(&self) -> bool {
        false
    }

    /// Computes a step: what is wanted of each of `plan.outputs`, or logits in place of a token.
    ///
    /// # Errors
    /// As [`Self::forward`]; or there are not as many wants as outputs; or hidden states are wanted of a model that does not
    /// give them.
    fn sample(&mut self, plan: &StepInput, wants: &[Want]) -> Result<Vec<Outcome>> {
        if wants.contains(&Want::Hidden) {
            return Err(Error::Request(RequestFault::NoHiddenStates));
        }
        let logits = self.forward(plan)?;
        let rows = plan.outputs.len();
        if wants.len() != rows || logits.len().checked_rem(rows).unwrap_or(logits.len()) != 0 {
            let (wants, logits) = (wants.len(), logits.len());
            return Err(Error::StepInput(format!("{wants} wants and {logits} logits for {rows} rows")));
        }
        let vocabulary = (logits.len() / rows.max(1)).max(1);
        Ok(logits.chunks_exact(vocabulary).map(|row| Outcome::Logits(row.to_vec())).collect())
    }

    /// Forgets the cache, after a step that may have left it half written.
    ///
    /// # Errors
    /// There is no room for a new one.
    fn reset(&mut self) -> Result<()>;
}
