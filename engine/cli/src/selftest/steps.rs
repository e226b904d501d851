//! Prompts through a model in steps, as a scheduler would cut them.

use mixtral_engine::Result;
use mixtral_engine::model::{CacheType, Forward, Sizes};
use mixtral_engine::schedule::{SequenceSlice, StepInput};

const BLOCK: usize = 16;

/// Room for `sequences` of up to `tokens` each, in steps of up to `step` tokens.
pub fn sizes(sequences: usize, tokens: usize, step: usize) -> Sizes {
    Sizes {
        blocks: sequences * tokens.div_ceil(BLOCK),
        block_size: BLOCK,
        step_tokens: step.max(sequences),
        sequences,
        cache_type: CacheType::F16,
    }
}

/// Sequences at work, each with blocks of its own: those of the others lie between them.
pub struct Steps<'a, M: ?Sized = dyn Forward> {
    model: &'a mut M,
    vocabulary: usize,
    sequences: Vec<Vec<u32>>,
    computed: Vec<usize>,
}

impl<'a, M: Forward + ?Sized> Steps<'a, M> {
    pub fn new(model: &'a mut M, vocabulary: usize, prompts: &[Vec<u32>]) -> Self {
        Self { model, vocabulary, sequences: prompts.to_vec(), computed: vec![0; prompts.len()] }
    }

    fn block(&self, sequence: usize, position: usize) -> u32 {
        (position / BLOCK * self.sequences.len() + sequence) as u32
    }

    /// Computes up to `chunk` tokens of each sequence, `budget` in all; the logits of those whose last token that was.
    pub fn step(&mut self, chunk: usize, budget: usize) -> Result<Vec<(usize, Vec<f32>)>> {
        let mut plan = StepInput::default();
        let mut ends = Vec::new();
        for number in 0..self.sequences.len() {
            let from = self.computed[number];
            let left = budget - plan.tokens.len();
            let len = chunk.min(left).min(self.sequences[number].len() - from);
            if len == 0 {
                continue;
            }
            let (start, context) = (plan.tokens.len(), from + len);
            for position in from..context {
                plan.tokens.push(self.sequences[number][position]);
                plan.positions.push(position as u32);
                plan.slots.push(self.block(number, position) * BLOCK as u32 + (position % BLOCK) as u32);
            }
            let blocks = (0..context).step_by(BLOCK).map(|position| self.block(number, position)).collect();
            plan.sequences.push(SequenceSlice { start, len, context, blocks });
            if context == self.sequences[number].len() {
                plan.outputs.push(context as u32 - 1 - from as u32 + start as u32);
                ends.push(number);
            }
            self.computed[number] = context;
        }
        let logits = self.model.forward(&plan)?;
        Ok(ends.into_iter().zip(logits.chunks(self.vocabulary).map(<[f32]>::to_vec)).collect())
    }

    /// The logits after each sequence's last token.
    pub fn finish(&mut self, chunk: usize, budget: usize) -> Result<Vec<Vec<f32>>> {
        let mut all = vec![Vec::new(); self.sequences.len()];
        while self.computed.iter().zip(&self.sequences).any(|(computed, tokens)| *computed < tokens.len()) {
            for (number, logits) in self.step(chunk, budget)? {
                all[number] = logits;
            }
        }
        Ok(all)
    }

    pub fn model(&mut self) -> &mut M {
        self.model
    }

    /// Adds a token to a sequence.
    pub fn push(&mut self, sequence: usize, token: u32) {
        self.sequences[sequence].push(token);
    }
}

/// The first of the highest.
pub fn likeliest(logits: &[f32]) -> u32 {
    (0..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best }) as u32
}

/// How far `a` is from `b`: root mean square over root mean square. What is no number is infinitely far.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    if a.len() != b.len() || a.is_empty() {
        return f64::INFINITY;
    }
    let square = |x: f32| f64::from(x) * f64::from(x);
    let off: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
    let off = (off / b.iter().map(|b| square(*b)).sum::<f64>()).sqrt();
    if off.is_nan() { f64::INFINITY } else { off }
}
