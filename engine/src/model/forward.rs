//! What the engine asks of a model, whatever it runs on.

use super::{KvCache, Mixtral};
use crate::error::Result;
use crate::schedule::StepInput;

/// A model that computes, with its cache. A trait, so that it may run on any device, and tests can put a model there that
/// fails.
pub trait Forward: Send {
    /// Computes a step: the logits of `plan.outputs`, row after row. `(outputs, vocab)`
    ///
    /// # Errors
    /// The plan does not fit, or the computation failed.
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>>;

    /// Forgets the cache, after a step that may have left it half written.
    ///
    /// # Errors
    /// There is no room for a new one.
    fn reset(&mut self) -> Result<()>;
}

/// A Mixtral with its cache.
#[derive(Debug)]
pub struct WithCache {
    pub model: Mixtral,
    pub cache: KvCache,
}

impl Forward for WithCache {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        let logits = self.model.forward(plan, &mut self.cache)?; // (outputs, vocab)
        Ok(if plan.outputs.is_empty() { Vec::new() } else { logits.flatten_all()?.to_vec1()? })
    }

    fn reset(&mut self) -> Result<()> {
        let (blocks, block_size) = (self.cache.blocks(), self.cache.block_size());
        self.cache = KvCache::new(self.model.config(), blocks, block_size, self.model.device())?;
        Ok(())
    }
}
