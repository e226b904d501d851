//! Attention against plain loops, alone and in company, for all types of cache.

use super::*;
use crate::cpu::cache::{Q8_0, Shape};

const HEADS: Heads = Heads { query: 6, kv: 2, dim: 24 };

fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 37 + seed * 101 + i / 23 * 7) % 29) as f32 / 14.0 - 1.0).collect()
}

/// What a type of cache makes of a head's numbers, in plain words.
trait Rounded: Stored {
    fn rounded(numbers: &[f32]) -> Vec<f32>;
}

impl Rounded for f32 {
    fn rounded(numbers: &[f32]) -> Vec<f32> {
        numbers.to_vec()
    }
}

impl Rounded for u16 {
    fn rounded(numbers: &[f32]) -> Vec<f32> {
        numbers.iter().map(|number| half::f16::from_f32(*number).to_f32()).collect()
    }
}

impl Rounded for Q8_0 {
    /// A head has fewer numbers here than a block.
    fn rounded(numbers: &[f32]) -> Vec<f32> {
        let unit = numbers.iter().map(|number| number.abs()).fold(0.0, f32::max) / 127.0;
        let scale = half::f16::from_f32(unit).to_f32();
        numbers.iter().map(|number| (number * (1.0 / unit)).round() * scale).collect()
    }
}

/// Keys or values of a position.
fn row(position: usize, part: usize) -> Vec<f32> {
    numbers(HEADS.kv * HEADS.dim, 2 * position + part)
}

fn query(position: usize) -> Vec<f32> {
    numbers(HEADS.query * HEADS.dim, 1000 + position)
}

/// What a query sees, in plain loops.
fn plain<T: Rounded>(position: usize) -> Vec<f32> {
    let q = query(position);
    let stored = |p: usize, part: usize| -> Vec<f64> {
        row(p, part).chunks_exact(HEADS.dim).flat_map(T::rounded).map(f64::from).collect()
    };
    let (keys, values): (Vec<_>, Vec<_>) = (0..=position).map(|p| (stored(p, 0), stored(p, 1))).unzip();
    let mut out = Vec::new();
    for head in 0..HEADS.query {
        let (q, at) = (&q[head * HEADS.dim..][..HEADS.dim], head / (HEADS.query / HEADS.kv) * HEADS.dim);
        let score = |key: &Vec<f64>| -> f64 {
            q.iter().zip(&key[at..]).map(|(q, k)| f64::from(*q) * k).sum::<f64>() / (HEADS.dim as f64).sqrt()
        };
        let weights: Vec<f64> = keys.iter().map(|key| score(key).exp()).collect();
        let total: f64 = weights.iter().sum();
        for i in 0..HEADS.dim {
            out.push((weights.iter().zip(&values).map(|(w, v)| w * v[at + i]).sum::<f64>() / total) as f32);
        }
    }
    out
}

/// Sequences by length and context, with blocks that lie in no order.
fn step(shape: &Shape, sequences: &[(usize, usize)]) -> StepInput {
    let mut plan = StepInput::default();
    let mut next = 0;
    for &(len, context) in sequences {
        let blocks: Vec<u32> = (0..context.div_ceil(shape.block_size))
            .map(|_| {
                next += 1;
                ((next * 37) % shape.blocks) as u32
            })
            .collect();
        let start = plan.tokens.len();
        for position in context - len..context {
            plan.tokens.push(0);
            plan.positions.push(position as u32);
        }
        plan.sequences.push(SequenceSlice { start, len, context, blocks });
    }
    plan
}

/// What attention gives for each row of a step.
fn attend<T: Rounded>(shape: Shape, sequences: &[(usize, usize)]) -> Vec<Vec<f32>> {
    let plan = step(&shape, sequences);
    let pages = Pages::<T>::new(shape).expect("memory");
    for span in &plan.sequences {
        for position in 0..span.context {
            let slot =
                span.blocks[position / shape.block_size] as usize * shape.block_size + position % shape.block_size;
            // SAFETY: there is one thread.
            assert!(unsafe { pages.write(0, slot, &row(position, 0), &row(position, 1)) });
        }
    }
    let width = HEADS.query * HEADS.dim;
    let mut q = Buffer::new(plan.tokens.len() * width).expect("memory");
    let mut out = Buffer::new(plan.tokens.len() * width).expect("memory");
    for (to, position) in q.all_mut().chunks_exact_mut(width).zip(&plan.positions) {
        to.copy_from_slice(&query(*position as usize));
    }
    let mut tasks = Tasks::default();
    tasks.plan(&plan, HEADS, &shape);
    let places = Buffer::new(tasks.places() * place_len(&shape)).expect("memory");
    let layer = Layer {
        heads: HEADS,
        pages: &[&pages],
        owners: &vec![0; plan.sequences.len()],
        layer: 0,
        plan: &plan,
        tasks: &tasks,
        q: &q,
        q_stride: width,
        out: &out,
        places: &places,
    };
    let mut scratch = Scratch::default();
    for task in (0..tasks.len()).rev() {
        // SAFETY: there is one thread.
        unsafe { layer.run(task, &mut scratch) };
    }
    for sequence in 0..layer.joins() {
        // SAFETY: the same.
        unsafe { layer.join(sequence, &mut scratch) };
    }
    out.all_mut().chunks_exact(width).map(<[f32]>::to_vec).collect()
}

fn shape(block_size: usize) -> Shape {
    Shape { kv_heads: HEADS.kv, dim: HEADS.dim, block_size, blocks: (8191 / block_size.max(8)) | 1, layers: 1 }
}

fn check<T: Rounded>(block_size: usize) {
    let sequences = [(3, 3), (1, 40), (30, 61), (1, 1300), (2, 700), (20, 600)];
    let together = attend::<T>(shape(block_size), &sequences);
    let mut rows = together.iter();
    for (len, context) in sequences {
        let alone = attend::<T>(shape(block_size), &[(len, context)]);
        for (position, alone) in (context - len..context).zip(alone) {
            let row = rows.next().expect("a row");
            assert!(*row == alone, "{position} of {context} differs in company");
            let single = attend::<T>(shape(block_size), &[(1, position + 1)]).remove(0);
            assert!(*row == single, "{position} of {context} differs from a step of its own");
            let exact = plain::<T>(position);
            let off = row.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
            assert!(off < 1e-5, "{position} of {context} is off by {off}");
        }
    }
}

#[test]
fn every_query_sees_its_past_alone_and_in_company() {
    for block_size in [16, 5, 48] {
        check::<f32>(block_size);
        check::<u16>(block_size);
        check::<Q8_0>(block_size);
    }
}

#[test]
fn a_group_of_one_head_works_too() {
    let heads = Heads { query: 2, kv: 2, dim: 24 };
    let mut tasks = Tasks::default();
    let shape = shape(16);
    tasks.plan(&step(&shape, &[(70, 70), (1, 2000)]), heads, &shape);
    assert_eq!(tasks.len(), 3 * 2 + 2000usize.div_ceil(512) * 2);
    assert_eq!((tasks.places(), tasks.has_shared()), (4 * 2, true));
}
