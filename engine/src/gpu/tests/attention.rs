//! The attention kernels against plain loops, over shapes, contexts and mixtures of sequences.

use std::sync::Arc;

use half::f16;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha12Rng;

use crate::gpu::{Attention, AttentionInputs, AttentionShape, AttentionWork, Buffer, Gpu, Graph, emulated};
use crate::ops::{check_plan, slot};
use crate::schedule::{SequenceSlice, StepInput};

/// Queries, keys and weights are rounded to halves: of numbers about 1 that is an error of about 0.001 of the largest.
const TOLERANCE: f32 = 4e-3;
/// What nothing has written.
const UNTOUCHED: f16 = f16::from_f32_const(7.0);

/// One step's input on both sides.
struct Case {
    shape: AttentionShape,
    plan: StepInput,
    blocks: usize,
    q: Vec<f32>,
    keys: Vec<f16>,
    values: Vec<f16>,
}

impl Case {
    /// Sequences of (new tokens, context), their blocks in no order.
    fn new(shape: AttentionShape, sequences: &[(usize, usize)], seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let held = |context: usize| context.div_ceil(shape.block_size);
        let blocks = sequences.iter().map(|(_, context)| held(*context)).sum::<usize>() + 3;
        let mut free: Vec<u32> = (0..blocks as u32).collect();
        free.shuffle(&mut rng);
        let mut plan = StepInput::default();
        for &(len, context) in sequences {
            let start = plan.tokens.len();
            let table: Vec<u32> = free.split_off(free.len() - held(context));
            for position in context - len..context {
                plan.tokens.push(0);
                plan.positions.push(position as u32);
                let (block, at) = (position / shape.block_size, position % shape.block_size);
                plan.slots.push(table[block] * shape.block_size as u32 + at as u32);
            }
            plan.sequences.push(SequenceSlice { start, len, context, blocks: table });
        }
        let mut numbers =
            |count: usize, spread: f32| -> Vec<f32> { (0..count).map(|_| rng.random_range(-spread..spread)).collect() };
        let q = numbers(plan.tokens.len() * shape.heads * shape.dim, 2.0);
        let cached = blocks * shape.block_size * shape.kv_heads * shape.dim;
        let half = |numbers: Vec<f32>| numbers.into_iter().map(f16::from_f32).collect();
        let (keys, values) = (half(numbers(cached, 2.0)), half(numbers(cached, 1.0)));
        Self { shape, plan, blocks, q, keys, values }
    }

    /// What plain loops compute: (tokens, heads * dim).
    fn wanted(&self) -> Vec<f32> {
        let AttentionShape { heads, kv_heads, dim, block_size } = self.shape;
        check_plan(&self.plan, self.blocks, block_size, 1).expect("a sound plan");
        let mut out = Vec::with_capacity(self.q.len());
        for (span, i) in self.plan.sequences.iter().flat_map(|span| (0..span.len).map(move |i| (span, i))) {
            let seen = 0..=span.context - span.len + i;
            let slots: Vec<usize> = seen.map(|position| slot(span, position, block_size) as usize).collect();
            for head in 0..heads {
                let q = &self.q[((span.start + i) * heads + head) * dim..][..dim];
                let stored = |numbers: &[f16], slot: usize| -> Vec<f32> {
                    let at = (slot * kv_heads + head / (heads / kv_heads)) * dim;
                    numbers[at..at + dim].iter().map(|number| number.to_f32()).collect()
                };
                let score = |slot: &usize| {
                    let products = q.iter().zip(stored(&self.keys, *slot)).map(|(q, k)| f64::from(*q) * f64::from(k));
                    (products.sum::<f64>() / (dim as f64).sqrt()).exp()
                };
                let weights: Vec<f64> = slots.iter().map(score).collect();
                let mut sums = vec![0.0; dim];
                for (weight, slot) in weights.iter().zip(&slots) {
                    let values = stored(&self.values, *slot);
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * f64::from(value));
                }
                let total: f64 = weights.iter().sum();
                out.extend(sums.iter().map(|sum| (sum / total) as f32));
            }
        }
        out
    }

    /// What the kernels compute; `record` does it as a recorded graph, twice.
    fn found(&self, gpu: &Arc<dyn Gpu>, record: bool) -> Vec<f32> {
        let tokens = self.plan.tokens.len();
        let columns = self.shape.heads * self.shape.dim;
        let stride = columns.next_multiple_of(256);
        let table_stride = self.plan.sequences.iter().map(|s| s.blocks.len()).max().unwrap_or(0) + 1;
        let mut tables = vec![u32::MAX; self.plan.sequences.len() * table_stride];
        for (table, span) in tables.chunks_mut(table_stride).zip(&self.plan.sequences) {
            table[..span.blocks.len()].copy_from_slice(&span.blocks);
        }
        let starts = self.plan.sequences.iter().map(|s| s.start as u32).chain([tokens as u32]).collect::<Vec<_>>();
        let contexts: Vec<u32> = self.plan.sequences.iter().map(|s| s.context as u32).collect();
        let work = AttentionWork::new(&self.shape, &self.plan.sequences);
        let attention = Attention::new(gpu, self.shape).expect("room");
        let on = |numbers: &[u32]| Buffer::of(gpu, numbers).expect("room");
        let (words, starts, contexts, tables) = (on(work.words()), on(&starts), on(&contexts), on(&tables));
        let q = Buffer::of(gpu, &self.q).expect("room");
        let (keys, values) = (Buffer::of(gpu, &self.keys).expect("room"), Buffer::of(gpu, &self.values).expect("room"));
        let out = Buffer::of(gpu, &vec![UNTOUCHED; tokens * stride]).expect("room");
        let inputs = AttentionInputs {
            q: q.address(),
            keys: keys.address(),
            values: values.address(),
            words: words.address(),
            starts: starts.address(),
            contexts: contexts.address(),
            tables: tables.address(),
            table_stride,
            out: out.address(),
            out_stride: stride,
        };
        if record {
            let graph = Graph::record(gpu, || attention.launch(&work, &inputs)).expect("recorded");
            graph.replay().expect("runs");
            graph.replay().expect("runs again: the counters are as they were");
        } else {
            attention.launch(&work, &inputs).expect("runs");
        }
        let rows: Vec<f16> = out.read(tokens * stride).expect("read");
        let mut plain = Vec::with_capacity(tokens * columns);
        for row in rows.chunks(stride) {
            plain.extend((0..columns).map(|column| row[activation_index(column)].to_f32()));
            for column in columns..stride {
                assert_eq!(row[activation_index(column)], UNTOUCHED, "padding is left alone");
            }
        }
        plain
    }

    fn check(&self, record: bool) {
        let (wanted, found) = (self.wanted(), self.found(&emulated(), record));
        assert_eq!(wanted.len(), found.len());
        let columns = self.shape.heads * self.shape.dim;
        for (i, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
            let (row, column) = (i / columns, i % columns);
            let spans: Vec<_> = self.plan.sequences.iter().map(|s| (s.len, s.context)).collect();
            assert!(
                (wanted - found).abs() <= TOLERANCE,
                "{:?}, sequences {spans:?}, row {row}, column {column}: {found} should be {wanted}",
                self.shape
            );
        }
    }
}

/// Where activation rows have a column: as `activation.cuh` says.
fn activation_index(column: usize) -> usize {
    column / 256 * 256 + column % 64 / 8 * 32 + column % 256 / 64 * 8 + column % 8
}

fn shape(heads: usize, kv_heads: usize, dim: usize, block_size: usize) -> AttentionShape {
    AttentionShape { heads, kv_heads, dim, block_size }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn decoding_is_right_for_every_context_and_split() {
    for (i, context) in [1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200, 333, 700].into_iter().enumerate() {
        Case::new(shape(8, 2, 64, 16), &[(1, context)], i as u64).check(false);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn decoding_is_right_for_every_shape() {
    for (i, (heads, kv_heads, dim)) in
        [(4, 1, 128), (32, 8, 128), (1, 1, 32), (6, 2, 32), (8, 8, 64), (7, 1, 96), (9, 1, 64), (20, 1, 32), (3, 1, 40)]
            .into_iter()
            .enumerate()
    {
        Case::new(shape(heads, kv_heads, dim, 5), &[(1, 3), (1, 150), (1, 41)], 100 + i as u64).check(false);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn many_sequences_are_decoded_in_one_launch_and_a_recorded_graph_can_be_replayed() {
    let sequences: Vec<(usize, usize)> = (0..20).map(|i| (1, 1 + 13 * i)).collect();
    Case::new(shape(4, 2, 32, 16), &sequences, 7).check(true);
    Case::new(shape(4, 2, 64, 16), &[(1, 300), (1, 299)], 8).check(true);
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn prompts_are_right_whole_and_in_chunks() {
    for (i, (len, context)) in
        [(2, 2), (3, 200), (16, 16), (17, 17), (33, 90), (64, 64), (65, 129), (100, 100), (130, 131)]
            .into_iter()
            .enumerate()
    {
        Case::new(shape(8, 2, 64, 16), &[(len, context)], 200 + i as u64).check(false);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn prompts_are_right_for_every_shape() {
    for (i, (heads, kv_heads, dim)) in [
        (4, 1, 128),
        (32, 8, 128),
        (1, 1, 32),
        (6, 2, 32),
        (3, 3, 64),
        (7, 1, 96),
        (20, 1, 32),
        (64, 1, 32),
        (65, 1, 32),
        (2, 1, 10),
    ]
    .into_iter()
    .enumerate()
    {
        Case::new(shape(heads, kv_heads, dim, 7), &[(21, 70)], 300 + i as u64).check(false);
    }
}

#[test]
#[cfg_attr(no_cpp, ignore = "needs a C++ compiler")]
fn prompts_and_answers_share_a_step_in_any_order() {
    let sequences = [(1, 90), (40, 40), (1, 1), (5, 77), (1, 130), (70, 71)];
    Case::new(shape(8, 2, 32, 16), &sequences, 9).check(false);
    Case::new(shape(4, 2, 20, 16), &sequences, 10).check(false);
}

#[test]
fn work_is_cut_into_decoded_sequences_and_tiles_the_longest_first() {
    let spans = |all: &[(usize, usize)]| -> Vec<SequenceSlice> {
        all.iter().map(|&(len, context)| SequenceSlice { start: 0, len, context, blocks: Vec::new() }).collect()
    };
    let work = AttentionWork::new(&shape(32, 8, 128, 16), &spans(&[(1, 9), (40, 40), (1, 1), (17, 900)]));
    // 16 tokens of four heads make a tile.
    assert_eq!(work.words(), [0, 2, 3, 16, 3, 0, 1, 32, 1, 16, 1, 0]);
    let decoded = AttentionWork::new(&shape(32, 8, 128, 16), &spans(&[(1, 9), (1, 40)]));
    assert_eq!(decoded.words(), [0, 1], "the same in every step of two sequences");
    assert_eq!(AttentionWork::new(&shape(32, 8, 128, 16), &[]), AttentionWork::default());
}
