//! The model with its cache, driven as the engine drives every model.

use mixtral_engine::Result;
use mixtral_engine::model::Forward;
use mixtral_engine::schedule::StepInput;

use super::{KvCache, Mixtral};
use crate::error::Error;

/// A Mixtral with its cache.
#[derive(Debug)]
pub struct WithCache {
    pub model: Mixtral,
    pub cache: KvCache,
}

impl Forward for WithCache {
    fn forward(&mut self, plan: &StepInput) -> Result<Vec<f32>> {
        let logits = self.model.forward(plan, &mut self.cache)?; // (outputs, vocab)
        if plan.outputs.is_empty() {
            return Ok(Vec::new());
        }
        let rows = logits.flatten_all().and_then(|logits| logits.to_vec1());
        Ok(rows.map_err(Error::from)?)
    }

    fn reset(&mut self) -> Result<()> {
        let (blocks, block_size) = (self.cache.blocks(), self.cache.block_size());
        self.cache = KvCache::new(self.model.config(), blocks, block_size, self.model.device())?;
        Ok(())
    }
}
