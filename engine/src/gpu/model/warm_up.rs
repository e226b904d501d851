//! Steps before the first, so that no request waits for the driver to load kernels.

use super::GpuModel;
use crate::error::Result;
use crate::schedule::{SequenceSlice, StepInput};

/// Prompts that between them need every kernel of the products: few rows, more, many.
const PROMPTS: [usize; 4] = [3, 12, 24, 200];

impl GpuModel {
    /// Computes some steps for nobody.
    ///
    /// # Errors
    /// The device failed.
    pub fn warm_up(&mut self) -> Result<()> {
        let slots = self.sizes().blocks * self.sizes().block_size;
        let most = self.sizes().step_tokens.min(slots).min(self.config().max_context);
        for len in PROMPTS.into_iter().chain([most]).filter(|len| *len <= most) {
            self.forward(&self.prompt(len))?;
        }
        // Three times: asked part by part, recorded, replayed.
        for _ in 0..3 {
            self.forward(&self.prompt(1))?;
        }
        self.reset()
    }

    /// A sequence that lies from the cache's beginning on.
    fn prompt(&self, len: usize) -> StepInput {
        let positions: Vec<u32> = (0..len as u32).collect();
        let blocks = (0..len.div_ceil(self.sizes().block_size) as u32).collect();
        StepInput {
            tokens: positions.iter().map(|i| i % self.config().vocab_size as u32).collect(),
            slots: positions.clone(),
            positions,
            sequences: vec![SequenceSlice { start: 0, len, context: len, blocks }],
            outputs: vec![len as u32 - 1],
        }
    }
}
