//! Drives a model as the engine does: block tables, slots, batches and chunks.

use std::path::Path;

use mixtral_engine::DeviceSpec;
use mixtral_engine::arch::Config;
use mixtral_engine::cpu::Shelf;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::formats::Source;
use mixtral_engine::model::{CacheType, Forward, Sizes};
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_engine::weights::ModelFiles;

pub const BLOCK: usize = 16;
pub const BLOCKS: usize = 128;
/// Most tokens of a step.
const STEP: usize = 512;

/// Room for what is driven here.
pub fn sizes(cache_type: CacheType) -> Sizes {
    Sizes { blocks: BLOCKS, block_size: BLOCK, step_tokens: STEP, sequences: 16, cache_type }
}

/// Loads a model for the processor as the engine does.
pub fn load(
    source: &dyn Source,
    config: Config,
    progress: &mut dyn FnMut(u64, u64),
) -> mixtral_engine::Result<Box<dyn Forward>> {
    OpenDevice::open(DeviceSpec::Cpu, None)?.load(source, config, sizes(CacheType::F16), progress)
}

/// A model with its cache, and sequences that own blocks of it.
pub struct Driver {
    model: Box<dyn Forward>,
    vocabulary: usize,
    free: Vec<u32>,
}

/// A sequence: its tokens, how many of them were computed, and its blocks.
#[derive(Clone, Default)]
pub struct Sequence {
    pub tokens: Vec<u32>,
    computed: usize,
    blocks: Vec<u32>,
}

impl Sequence {
    pub fn new(tokens: &[u32]) -> Self {
        Self { tokens: tokens.to_vec(), ..Self::default() }
    }
}

impl Driver {
    /// The processor's model, with a cache that keeps keys and values as they are.
    pub fn open(path: &Path) -> Self {
        Self::open_with(CacheType::F32, path)
    }

    /// The processor's model with this type of cache.
    pub fn open_with(cache_type: CacheType, path: &Path) -> Self {
        let files = ModelFiles::open(path, None).expect("a model opens");
        let config = files.config().clone();
        let vocabulary = config.vocab_size;
        let device = OpenDevice::open(DeviceSpec::Cpu, None).expect("the processor");
        let model = device.open_model(&files, config, sizes(cache_type), &Shelf::default(), &mut |_, _| {});
        Self::with(Box::new(model.expect("it loads")), vocabulary)
    }

    /// Drives a model that has [`BLOCKS`] blocks of [`BLOCK`] tokens, wherever it computes.
    pub fn with(model: Box<dyn Forward>, vocabulary: usize) -> Self {
        // Blocks in an order that is no counting, so that a wrong block table shows.
        let free = (0..BLOCKS as u32).map(|i| i * 37 % BLOCKS as u32).collect();
        Self { model, vocabulary, free }
    }

    /// The rows that a plan wants.
    fn forward(&mut self, plan: &StepInput) -> Vec<Vec<f32>> {
        let logits = self.model.forward(plan).expect("a step");
        assert_eq!(logits.len(), plan.outputs.len() * self.vocabulary, "a row for each output");
        logits.chunks(self.vocabulary).map(<[f32]>::to_vec).collect()
    }

    /// Computes up to `chunk` tokens of each sequence that has some left, in one batch. Returns for
    /// each sequence whose last token was computed the logits after it.
    pub fn step(&mut self, sequences: &mut [&mut Sequence], chunk: usize) -> Vec<Option<Vec<f32>>> {
        let mut plan = StepInput::default();
        let mut done = Vec::new();
        for sequence in sequences.iter_mut() {
            let len = chunk.min(sequence.tokens.len() - sequence.computed);
            done.push(len > 0 && sequence.computed + len == sequence.tokens.len());
            if len == 0 {
                continue;
            }
            let start = plan.tokens.len();
            let context = sequence.computed + len;
            while sequence.blocks.len() * BLOCK < context {
                sequence.blocks.push(self.free.pop().expect("a free block"));
            }
            for position in sequence.computed..context {
                plan.tokens.push(sequence.tokens[position]);
                plan.positions.push(position as u32);
                plan.slots.push(sequence.blocks[position / BLOCK] * BLOCK as u32 + (position % BLOCK) as u32);
            }
            if context == sequence.tokens.len() {
                plan.outputs.push(plan.tokens.len() as u32 - 1);
            }
            sequence.computed = context;
            plan.sequences.push(SequenceSlice { start, len, context, blocks: sequence.blocks.clone() });
        }
        let mut rows = self.forward(&plan).into_iter();
        done.into_iter().map(|done| done.then(|| rows.next().expect("a row of logits"))).collect()
    }

    /// Gives a sequence's blocks back.
    pub fn release(&mut self, sequence: Sequence) {
        self.free.extend(sequence.blocks);
    }

    /// The logits after a prompt.
    pub fn logits(&mut self, prompt: &[u32]) -> Vec<f32> {
        let mut sequence = Sequence::new(prompt);
        let logits = self.step(&mut [&mut sequence], usize::MAX).remove(0).expect("a prompt has a last token");
        self.release(sequence);
        logits
    }

    /// The logits after every token of a text: (tokens, vocabulary).
    pub fn all_logits(&mut self, tokens: &[u32]) -> Vec<Vec<f32>> {
        let blocks: Vec<u32> = self.free[..tokens.len().div_ceil(BLOCK)].to_vec();
        let positions: Vec<u32> = (0..tokens.len() as u32).collect();
        let slot = |p: &u32| blocks[*p as usize / BLOCK] * BLOCK as u32 + p % BLOCK as u32;
        let plan = StepInput {
            tokens: tokens.to_vec(),
            slots: positions.iter().map(slot).collect(),
            outputs: positions.clone(),
            sequences: vec![SequenceSlice {
                start: 0,
                len: tokens.len(),
                context: tokens.len(),
                blocks: blocks.clone(),
            }],
            positions,
        };
        self.forward(&plan)
    }

    /// Greedy continuations of several prompts at once: at most `max` tokens each, ending with
    /// `end`. Prompts are computed in chunks of `chunk`.
    pub fn greedy(&mut self, prompts: &[&[u32]], max: usize, end: u32, chunk: usize) -> Vec<Vec<u32>> {
        let mut sequences: Vec<Sequence> = prompts.iter().map(|p| Sequence::new(p)).collect();
        let mut outs = vec![Vec::new(); prompts.len()];
        loop {
            let open = |out: &Vec<u32>| out.len() < max && out.last() != Some(&end);
            let mut running: Vec<usize> = (0..outs.len()).filter(|&i| open(&outs[i])).collect();
            if running.is_empty() {
                break;
            }
            let mut batch: Vec<&mut Sequence> =
                sequences.iter_mut().enumerate().filter(|(i, _)| running.contains(i)).map(|(_, s)| s).collect();
            let logits = self.step(&mut batch, chunk);
            for (i, logits) in running.drain(..).zip(logits) {
                if let Some(logits) = logits {
                    let token = argmax(&logits);
                    outs[i].push(token);
                    sequences[i].tokens.push(token);
                }
            }
        }
        sequences.into_iter().for_each(|s| self.release(s));
        outs
    }
}

/// The first of the highest.
pub fn argmax(logits: &[f32]) -> u32 {
    let best = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (0..logits.len()).fold(0, best) as u32
}

/// How far `a` is from `b`: root mean square over root mean square.
pub fn distance(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let off: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
    (off / b.iter().map(|b| square(*b)).sum::<f64>()).sqrt()
}
