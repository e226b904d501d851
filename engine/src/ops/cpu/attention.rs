//! Causal attention over the paged cache.

#![expect(unsafe_code, reason = "a kernel")]

use std::ops::Range;

use super::parallel::{DisjointSlice, parallel_for};
use super::simd::{add_all_scaled, dots, softmax};
use crate::ops::Batch;

/// Query tokens that one task takes: they share each key and value that is read.
const QUERIES: usize = 16;

/// The sizes that attention needs.
#[derive(Clone, Copy)]
pub struct Heads {
    /// query heads
    pub query: usize,
    /// key and value heads
    pub kv: usize,
    /// numbers of a head
    pub dim: usize,
}

/// What all tasks read.
pub struct Inputs<'a> {
    /// (tokens, query heads, dim)
    pub q: &'a [f32],
    /// (slots, kv heads, dim)
    pub keys: &'a [f32],
    /// (slots, kv heads, dim)
    pub values: &'a [f32],
    pub heads: Heads,
    /// what scores are multiplied by
    pub scale: f32,
}

/// One task: some query tokens of one sequence, for one key head.
struct Task<'a> {
    blocks: &'a [u32],
    block_size: usize,
    /// rows of the batch
    rows: Range<usize>,
    /// position of the first of them
    position: usize,
    kv_head: usize,
}

/// One query head of one token.
struct Query {
    /// where it stands in `q` and in the result
    at: usize,
    /// how many positions it sees
    seen: usize,
}

/// `out`: (tokens, query heads, dim).
pub fn attention(inputs: &Inputs<'_>, batch: &Batch<'_>, out: &mut [f32]) {
    let heads = inputs.heads;
    let mut tasks = Vec::new();
    let mut work = 0;
    for span in batch.sequences() {
        work += span.len * span.context * heads.query * heads.dim;
        for first in (0..span.len).step_by(QUERIES) {
            let rows = span.start + first..span.start + (first + QUERIES).min(span.len);
            let position = span.context - span.len + first;
            tasks.extend((0..heads.kv).map(|kv_head| Task {
                blocks: &span.blocks,
                block_size: batch.block_size(),
                rows: rows.clone(),
                position,
                kv_head,
            }));
        }
    }
    let out = DisjointSlice::new(out);
    parallel_for(work, tasks, |task| {
        let queries = inputs.queries(&task);
        let mut scores = inputs.scores(&task, &queries);
        let context = task.context();
        for (query, scores) in queries.iter().zip(scores.chunks_mut(context)) {
            softmax(&mut scores[..query.seen], inputs.scale);
        }
        let sums = inputs.mix(&task, &queries, &scores);
        for (query, sum) in queries.iter().zip(sums.chunks(heads.dim)) {
            for (i, value) in sum.iter().enumerate() {
                // SAFETY: a (token, query head) belongs to exactly one task.
                unsafe { out.write(query.at + i, *value) };
            }
        }
    });
}

impl Task<'_> {
    /// Positions that its last token sees.
    fn context(&self) -> usize {
        self.position + self.rows.len()
    }
}

impl Inputs<'_> {
    fn queries(&self, task: &Task<'_>) -> Vec<Query> {
        let Heads { query, kv, dim } = self.heads;
        let group = query / kv;
        let mut queries = Vec::with_capacity(task.rows.len() * group);
        for (i, row) in task.rows.clone().enumerate() {
            let first = row * query + task.kv_head * group;
            queries.extend((first..first + group).map(|head| Query { at: head * dim, seen: task.position + i + 1 }));
        }
        queries
    }

    /// Where the task's key head stands in a store of (slots, kv heads, dim).
    fn place(&self, task: &Task<'_>, position: usize) -> usize {
        let block = task.blocks[position / task.block_size] as usize;
        let slot = block * task.block_size + position % task.block_size;
        (slot * self.heads.kv + task.kv_head) * self.heads.dim
    }

    /// Each query times each key: (queries, context). What a query may not see is computed too, in
    /// whole tiles, and then not read.
    fn scores(&self, task: &Task<'_>, queries: &[Query]) -> Vec<f32> {
        let dim = self.heads.dim;
        let context = task.context();
        let key = |position: usize| &self.keys[self.place(task, position)..][..dim];
        let query = |r: usize| &self.q[queries[r].at..][..dim];
        let mut scores = vec![0f32; queries.len() * context];
        let whole = queries.len() / 4 * 4;
        for p in (0..context).step_by(4) {
            // The last tile repeats its last key instead of reading beyond; the extras are dropped.
            let keys = [0, 1, 2, 3].map(|j| key((p + j).min(context - 1)));
            let width = 4.min(context - p);
            let mut put = |r: usize, values: [f32; 4]| {
                scores[r * context + p..][..width].copy_from_slice(&values[..width]);
            };
            for r in (0..whole).step_by(4) {
                let tile = dots([0, 1, 2, 3].map(|i| query(r + i)), keys);
                tile.into_iter().enumerate().for_each(|(i, values)| put(r + i, values));
            }
            for r in whole..queries.len() {
                let [values] = dots([query(r)], keys);
                put(r, values);
            }
        }
        scores
    }

    /// The values, weighted: (queries, dim). Block by block, for a block's values lie at a fixed
    /// distance from each other.
    fn mix(&self, task: &Task<'_>, queries: &[Query], weights: &[f32]) -> Vec<f32> {
        let Heads { kv, dim, .. } = self.heads;
        let context = task.context();
        let mut sums = vec![0f32; queries.len() * dim];
        for first in (0..context).step_by(task.block_size) {
            let values = &self.values[self.place(task, first)..];
            for ((r, query), sum) in queries.iter().enumerate().zip(sums.chunks_exact_mut(dim)) {
                let end = (first + task.block_size).min(query.seen);
                if first < end {
                    let weights = &weights[r * context + first..r * context + end];
                    add_all_scaled(sum, weights, values, kv * dim);
                }
            }
        }
        sums
    }
}
