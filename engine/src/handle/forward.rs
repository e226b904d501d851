//! What the engine asks of a model.

use crate::error::Result;
use crate::schedule::StepInput;

/// A model that computes. A trait, so that tests can put a model there that fails.
pub(crate) trait Forward: Send {
    /// Computes a step: the logits of `plan.outputs`, row after row. `(outputs, vocab)`
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>>;

    /// Forgets the cache, after a step that may have left it half written.
    fn reset(&mut self) -> Result<()>;
}
