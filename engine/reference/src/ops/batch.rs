//! A checked plan with the index tensors that the operations need, made once a step.

use candle_core::{Device, Tensor};
use mixtral_engine::ops::{check_plan, slot};
use mixtral_engine::schedule::{SequenceSlice, StepInput};

use crate::error::Result;

/// A plan that was checked against the cache, on a device.
pub struct Batch<'a> {
    plan: &'a StepInput,
    /// (tokens): the slot of each token
    slots: Tensor,
    /// for each sequence, the slot of each position (context)
    contexts: Vec<Tensor>,
}

impl<'a> Batch<'a> {
    /// Checks that the plan is whole and stays inside the cache.
    ///
    /// # Errors
    /// It does not, or the device has no room.
    pub fn new(
        plan: &'a StepInput,
        blocks: usize,
        block_size: usize,
        vocabulary: usize,
        device: &Device,
    ) -> Result<Self> {
        check_plan(plan, blocks, block_size, vocabulary)?;
        let slots = Tensor::from_slice(&plan.slots, plan.slots.len(), device)?;
        let context = |span: &SequenceSlice| {
            let slots: Vec<u32> = (0..span.context).map(|p| slot(span, p, block_size)).collect();
            Tensor::from_vec(slots, span.context, device)
        };
        let contexts = plan.sequences.iter().map(context).collect::<candle_core::Result<_>>()?;
        Ok(Self { plan, slots, contexts })
    }

    pub(super) fn slots(&self) -> &Tensor {
        &self.slots
    }

    /// Each sequence with the slots of its context.
    pub(super) fn sequences(&self) -> impl ExactSizeIterator<Item = (&SequenceSlice, &Tensor)> {
        self.plan.sequences.iter().zip(&self.contexts)
    }
}
