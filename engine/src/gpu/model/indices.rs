//! A step's plan as the numbers that kernels read, all of them in one copy.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::gpu::{Address, AttentionWork, Buffer, Gpu};
use crate::model::Sizes;
use crate::schedule::StepInput;

/// Where a step's numbers lie on the device. Steps of the same shape have them at the same places.
#[derive(Debug)]
pub struct Indices {
    buffer: Buffer,
}

/// What decides where the numbers lie, and so whether recorded work fits a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    pub tokens: usize,
    pub sequences: usize,
    pub outputs: usize,
    /// Attention's words.
    pub words: usize,
    /// Blocks between one sequence's table and the next.
    pub table_stride: usize,
}

/// The places of a step's numbers, all u32.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub tokens: Address,
    pub positions: Address,
    pub slots: Address,
    pub starts: Address,
    pub contexts: Address,
    pub outputs: Address,
    pub words: Address,
    pub tables: Address,
}

impl Layout {
    /// A step's shape. Tables are as long as a power of two, so that it seldom changes while contexts grow.
    pub fn new(plan: &StepInput, work: &AttentionWork) -> Self {
        let longest = plan.sequences.iter().map(|span| span.blocks.len()).max().unwrap_or(0);
        Self {
            tokens: plan.tokens.len(),
            sequences: plan.sequences.len(),
            outputs: plan.outputs.len(),
            words: work.words().len(),
            table_stride: longest.max(1).next_power_of_two(),
        }
    }

    /// How many numbers there are of each list, in their order.
    fn lengths(&self) -> [usize; 8] {
        let tables = self.sequences * self.table_stride;
        [self.tokens, self.tokens, self.tokens, self.sequences + 1, self.sequences, self.outputs, self.words, tables]
    }
}

impl Indices {
    /// Room for the largest step.
    pub fn new(gpu: &Arc<dyn Gpu>, sizes: &Sizes) -> Result<Self> {
        Ok(Self { buffer: Buffer::new(gpu, Self::bytes(sizes))? })
    }

    pub fn bytes(sizes: &Sizes) -> usize {
        // A tile of attention has at least one token, and two words.
        let most = Layout {
            tokens: sizes.step_tokens,
            sequences: sizes.sequences,
            outputs: sizes.step_tokens,
            words: sizes.sequences + 2 * sizes.step_tokens,
            table_stride: sizes.blocks.max(1).next_power_of_two(),
        };
        most.lengths().iter().sum::<usize>() * size_of::<u32>()
    }

    /// Copies a step's numbers to the device.
    pub fn write(&self, layout: &Layout, plan: &StepInput, work: &AttentionWork) -> Result<Places> {
        let mut words: Vec<u32> = Vec::with_capacity(layout.lengths().iter().sum());
        words.extend(&plan.tokens);
        words.extend(&plan.positions);
        words.extend(&plan.slots);
        words.extend(plan.sequences.iter().map(|span| span.start as u32));
        words.push(plan.tokens.len() as u32);
        words.extend(plan.sequences.iter().map(|span| span.context as u32));
        words.extend(&plan.outputs);
        words.extend(work.words());
        for span in &plan.sequences {
            words.extend(&span.blocks);
            words.extend(std::iter::repeat_n(0, layout.table_stride - span.blocks.len()));
        }
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        if bytes.len() > self.buffer.bytes() {
            return Err(Error::StepInput(format!("{layout:?} is more than the model was loaded for")));
        }
        self.buffer.write(0, &bytes)?;
        let mut offset = 0;
        let places = layout.lengths().map(|length| {
            let place = self.buffer.at(offset);
            offset += length * size_of::<u32>();
            place
        });
        let [tokens, positions, slots, starts, contexts, outputs, words, tables] = places;
        Ok(Places { tokens, positions, slots, starts, contexts, outputs, words, tables })
    }
}
