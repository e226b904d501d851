//! Causal attention over pages, with the softmax kept up as tiles come: no scores are stored.
//!
//! The context is cut into chunks at fixed positions. A chunk gives each query its largest score, the sum of its weights and
//! its weighted values; chunks are put together in their order. So a query's result depends on itself and its past alone, and
//! a single query's chunks can be computed by several threads.

#![expect(unsafe_code, reason = "results that several threads write")]

#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernels;

use std::ops::Range;

use super::cache::{Number, Pages, Shape, TILE};
use super::memory::Buffer;
use crate::schedule::{SequenceSlice, StepInput};
use kernels::{GROUP, blend, mix, scale, scores, weigh, widen};

/// Tiles of a chunk: 512 positions in blocks of 16.
const CHUNK: usize = 32;

/// Most queries of a task that goes through the whole context.
const QUERIES: usize = 32;

/// Most tokens of a sequence whose chunks are shared between threads.
const FEW: usize = 2;

/// What one thread does at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Number of the sequence in the step.
    sequence: usize,
    kv_head: usize,
    /// Rows of the step.
    rows: Range<usize>,
    /// One chunk, whose result goes to this place; without it, all of them.
    chunk: Option<(usize, usize)>,
}

/// What attention needs to know of a model.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    pub query: usize,
    pub kv: usize,
    pub dim: usize,
}

/// A step's tasks, planned once for all layers.
#[derive(Debug, Default)]
pub struct Tasks {
    tasks: Vec<Task>,
    /// For each sequence whose chunks are shared: its number, its chunks, and the place of its first result.
    shared: Vec<(usize, usize, usize)>,
    /// Places for results of chunks.
    places: usize,
}

impl Tasks {
    /// Plans a step.
    pub fn plan(&mut self, plan: &StepInput, heads: Heads, shape: &Shape) {
        self.tasks.clear();
        self.shared.clear();
        self.places = 0;
        let group = heads.query / heads.kv;
        for (sequence, span) in plan.sequences.iter().enumerate() {
            let chunks = shape.tiles(span.context).div_ceil(CHUNK);
            if span.len <= FEW && chunks > 1 {
                self.shared.push((sequence, chunks, self.places));
                for chunk in 0..chunks {
                    for kv_head in 0..heads.kv {
                        let place = self.places + (chunk * heads.kv + kv_head) * span.len * group;
                        let rows = span.start..span.start + span.len;
                        self.tasks.push(Task { sequence, kv_head, rows, chunk: Some((chunk, place)) });
                    }
                }
                self.places += chunks * heads.kv * span.len * group;
                continue;
            }
            let tokens = (QUERIES / group).max(1);
            let pieces = span.len.div_ceil(tokens);
            // The last tokens see most: what takes longest begins first.
            for piece in (0..pieces).rev() {
                let first = span.start + piece * tokens;
                let rows = first..(first + tokens).min(span.start + span.len);
                let task = |kv_head| Task { sequence, kv_head, rows: rows.clone(), chunk: None };
                self.tasks.extend((0..heads.kv).map(task));
            }
        }
    }

    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How many results of chunks there will be, of one query head each.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Whether chunks wait to be put together.
    pub fn has_shared(&self) -> bool {
        !self.shared.is_empty()
    }
}

/// Numbers of a chunk's result for one query: the largest score, the sum of weights, weighted values.
pub fn place_len(shape: &Shape) -> usize {
    TILE + shape.value_dim()
}

/// What a thread computes with.
#[derive(Debug, Default)]
pub struct Scratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    chunk: Running,
    whole: Running,
}

/// What is known of some queries so far.
#[derive(Debug, Default)]
struct Running {
    /// Largest score and sum of weights.
    states: Vec<[f32; 2]>,
    /// (queries, value dim), with zeros behind them up to a whole group
    sums: Vec<f32>,
}

impl Running {
    fn clear(&mut self, queries: usize, width: usize) {
        self.states.clear();
        self.states.resize(queries, [f32::NEG_INFINITY, 0.0]);
        self.sums.clear();
        self.sums.resize(queries.next_multiple_of(GROUP) * width, 0.0);
    }
}

/// Puts a chunk's result to that of the chunks before it.
fn join(state: &mut [f32; 2], sums: &mut [f32], (next, more): ([f32; 2], &[f32])) {
    if next[1] == 0.0 {
        return; // it saw nothing of this chunk
    }
    if state[1] == 0.0 {
        *state = next;
        sums.copy_from_slice(more);
        return;
    }
    let most = state[0].max(next[0]);
    let (a, b) = ((state[0] - most).exp(), (next[0] - most).exp());
    blend(sums, a, more, b);
    *state = [most, state[1] * a + next[1] * b];
}

/// One layer's attention.
pub struct Layer<'a, T> {
    pub heads: Heads,
    pub pages: &'a Pages<T>,
    pub layer: usize,
    pub plan: &'a StepInput,
    pub tasks: &'a Tasks,
    /// (tokens, query heads, dim); rows `q_stride` apart
    pub q: &'a Buffer<f32>,
    pub q_stride: usize,
    /// (tokens, query heads, dim)
    pub out: &'a Buffer<f32>,
    /// (places, [`place_len`])
    pub places: &'a Buffer<f32>,
}

impl<T: Tiled> Layer<'_, T> {
    /// Does one task.
    ///
    /// # Safety
    /// Each task is done by one thread, and nobody writes queries, keys or values meanwhile.
    pub unsafe fn run(&self, task: usize, scratch: &mut Scratch) {
        let task = &self.tasks.tasks[task];
        let span = &self.plan.sequences[task.sequence];
        let shape = self.pages.shape();
        let Heads { query, dim, kv } = self.heads;
        let (group, width) = (query / kv, shape.value_dim());
        let queries = task.rows.len() * group;
        let Scratch { keys, values, chunk, whole } = scratch;
        if let Some((number, place)) = task.chunk {
            // SAFETY: the caller's condition.
            unsafe { self.chunk(task, span, number, (keys, values), chunk) };
            for (i, (state, sums)) in chunk.states.iter().zip(chunk.sums.chunks_exact(width)).enumerate() {
                let len = place_len(shape);
                // SAFETY: a place belongs to one task.
                let out = unsafe { self.places.get_mut((place + i) * len..(place + i + 1) * len) };
                out[..2].copy_from_slice(state);
                out[TILE..].copy_from_slice(sums);
            }
            return;
        }
        whole.clear(queries, width);
        let context = span.context - span.len + task.rows.end - span.start;
        for number in 0..shape.tiles(context).div_ceil(CHUNK) {
            // SAFETY: the caller's condition.
            unsafe { self.chunk(task, span, number, (keys, values), chunk) };
            let all = whole.states.iter_mut().zip(whole.sums.chunks_exact_mut(width));
            for ((state, sums), next) in all.zip(chunk.states.iter().copied().zip(chunk.sums.chunks_exact(width))) {
                join(state, sums, next);
            }
        }
        for (i, (state, sums)) in whole.states.iter().zip(whole.sums.chunks_exact(width)).enumerate() {
            let at = ((task.rows.start + i / group) * query + task.kv_head * group + i % group) * dim;
            // SAFETY: a query head of a token belongs to one task.
            finish(*state, &sums[..dim], unsafe { self.out.get_mut(at..at + dim) });
        }
    }

    /// One chunk of the context for a task's queries.
    ///
    /// # Safety
    /// Nobody writes queries, keys or values meanwhile.
    unsafe fn chunk(
        &self,
        task: &Task,
        span: &SequenceSlice,
        number: usize,
        (keys, values): (&mut Vec<f32>, &mut Vec<f32>),
        running: &mut Running,
    ) {
        let shape = self.pages.shape();
        let Heads { query, kv, dim } = self.heads;
        let (group, width) = (query / kv, shape.value_dim());
        let queries = task.rows.len() * group;
        let factor = 1.0 / (dim as f32).sqrt();
        running.clear(queries, width);
        // Positions that a query sees.
        let seen = |i: usize| span.context - span.len + task.rows.start - span.start + i.min(queries - 1) / group + 1;
        let row = |i: usize| {
            let i = i.min(queries - 1);
            let at = (task.rows.start + i / group) * self.q_stride + (task.kv_head * group + i % group) * dim;
            // SAFETY: the caller's condition.
            unsafe { self.q.get(at..at + dim) }
        };
        let last = shape.tiles(seen(queries - 1)).min((number + 1) * CHUNK);
        for tile in number * CHUNK..last {
            let start = shape.start(tile);
            // SAFETY: the caller's condition.
            let tiles = unsafe { self.pages.tile(self.layer, shape.place(span, tile), task.kv_head) };
            let (tile_keys, tile_values) = (T::numbers(tiles.0, keys), T::numbers(tiles.1, values));
            for first in (0..queries).step_by(GROUP) {
                let four = GROUP.min(queries - first);
                if seen(first + four - 1) <= start {
                    continue;
                }
                let mut weights = [[0f32; TILE]; GROUP];
                scores(std::array::from_fn(|i| row(first + i)), tile_keys, &mut weights);
                for (i, weights) in weights.iter_mut().enumerate() {
                    let sees = seen(first + i).saturating_sub(start).min(shape.width(tile));
                    if i >= four || sees == 0 {
                        *weights = [0.0; TILE];
                        continue;
                    }
                    let shrink = weigh(weights, factor, sees, &mut running.states[first + i]);
                    if shrink != 1.0 {
                        scale(&mut running.sums[(first + i) * width..(first + i + 1) * width], shrink);
                    }
                }
                mix(&weights, tile_values, &mut running.sums[first * width..(first + GROUP) * width]);
            }
        }
    }

    /// How many sequences have chunks to be put together.
    pub fn joins(&self) -> usize {
        self.tasks.shared.len()
    }

    /// Puts the chunks of such a sequence together.
    ///
    /// # Safety
    /// All tasks are done, and each sequence is put together by one thread.
    pub unsafe fn join(&self, number: usize, scratch: &mut Scratch) {
        let (sequence, chunks, first) = self.tasks.shared[number];
        let span = &self.plan.sequences[sequence];
        let shape = self.pages.shape();
        let Heads { query, kv, dim } = self.heads;
        let (group, width, len) = (query / kv, shape.value_dim(), place_len(shape));
        let queries = span.len * group;
        for kv_head in 0..kv {
            for i in 0..queries {
                scratch.whole.clear(1, width);
                let Running { states, sums } = &mut scratch.whole;
                for chunk in 0..chunks {
                    let place = first + (chunk * kv + kv_head) * queries + i;
                    // SAFETY: the caller's condition.
                    let result = unsafe { self.places.get(place * len..(place + 1) * len) };
                    join(&mut states[0], &mut sums[..width], ([result[0], result[1]], &result[TILE..]));
                }
                let at = ((span.start + i / group) * query + kv_head * group + i % group) * dim;
                // SAFETY: the sequence belongs to one thread.
                finish(states[0], &sums[..dim], unsafe { self.out.get_mut(at..at + dim) });
            }
        }
    }
}

fn finish(state: [f32; 2], sums: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum / state[1]);
}

/// Numbers of the cache as F32.
pub trait Tiled: Number {
    /// The same numbers, in `scratch` where they must be converted.
    fn numbers<'a>(tile: &'a [Self], scratch: &'a mut Vec<f32>) -> &'a [f32];
}

impl Tiled for f32 {
    fn numbers<'a>(tile: &'a [Self], _: &'a mut Vec<f32>) -> &'a [f32] {
        tile
    }
}

impl Tiled for u16 {
    fn numbers<'a>(tile: &'a [Self], scratch: &'a mut Vec<f32>) -> &'a [f32] {
        scratch.resize(tile.len(), 0.0);
        widen(tile, scratch);
        scratch
    }
}

#[cfg(test)]
mod tests;
