//! Causal attention over pages, with the softmax kept up as tiles come: no scores are stored.
//!
//! The context is cut into chunks at fixed positions. A chunk gives each query its largest score, the sum of its weights and
//! its weighted values; chunks are put together in their order. So a query's result depends on itself and its past alone, and
//! a single query's chunks can be computed by several threads.

#![expect(unsafe_code, reason = "results that several threads write")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod kernels;
mod seen;
mod tasks;
mod tile;

use super::cache::{Pages, Shape, Stored, TILE};
use super::memory::Buffer;
use crate::model::CacheType;
use crate::schedule::{SequenceSlice, StepInput};
use kernels::{GROUP, blend, mix, scale, scores, unpack_keys, unpack_values, weigh};
use seen::Seen;
use tasks::{CHUNK, Task};
pub use tasks::{Heads, Tasks};
use tile::Part;

/// Most queries of a tile that is read as it is stored; for more, its numbers become F32 once.
const AS_STORED: usize = 2 * GROUP;

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
    /// The same while tiles come.
    seen: Vec<Seen>,
    /// (queries, value dim), with zeros behind them up to a whole group
    sums: Vec<f32>,
}

impl Running {
    fn clear(&mut self, queries: usize, width: usize) {
        self.states.clear();
        self.states.resize(queries, [f32::NEG_INFINITY, 0.0]);
        self.seen.clear();
        self.seen.resize(queries, Seen::NOTHING);
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
pub struct Layer<'a, T: Stored> {
    pub heads: Heads,
    /// The caches of the models that take part.
    pub pages: &'a [&'a Pages<T>],
    /// For each sequence of the step the number of its cache.
    pub owners: &'a [usize],
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

impl<T: Stored> Layer<'_, T> {
    /// The cache of a sequence.
    fn pages(&self, sequence: usize) -> &Pages<T> {
        self.pages[self.owners[sequence]]
    }

    /// Does one task.
    ///
    /// # Safety
    /// Each task is done by one thread, and nobody writes queries, keys or values meanwhile.
    pub unsafe fn run(&self, task: usize, scratch: &mut Scratch) {
        let task = &self.tasks.tasks[task];
        let span = &self.plan.sequences[task.sequence];
        let shape = self.pages(task.sequence).shape();
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
        let pages = self.pages(task.sequence);
        let shape = pages.shape();
        let Heads { query, kv, dim } = self.heads;
        let (group, width) = (query / kv, shape.value_dim());
        let queries = task.rows.len() * group;
        running.clear(queries, width);
        // Positions that a query sees.
        let seen = |i: usize| span.context - span.len + task.rows.start - span.start + i.min(queries - 1) / group + 1;
        let row = |i: usize| {
            let i = i.min(queries - 1);
            let at = (task.rows.start + i / group) * self.q_stride + (task.kv_head * group + i % group) * dim;
            // SAFETY: the caller's condition.
            unsafe { self.q.get(at..at + dim) }
        };
        let tiles = shape.tiles(seen(queries - 1));
        let last = tiles.min((number + 1) * CHUNK);
        // SAFETY: the caller's condition.
        let read = |tile| unsafe { pages.tile(self.layer, shape.place(span, tile), task.kv_head) };
        let mut next = read(number * CHUNK);
        for tile in number * CHUNK..last {
            let stored = next;
            // Past the last, it is read again, which costs nothing.
            next = read((tile + 1).min(last - 1));
            let start = shape.start(tile);
            let seen = |i: usize| seen(i).saturating_sub(start).min(shape.width(tile));
            if queries > AS_STORED && T::KIND != CacheType::F32 {
                unpack_keys::<T>(stored.0, dim, keys);
                unpack_values::<T>(stored.1, width, values);
                let keys = Part::<f32> { tile: keys, next: keys.as_ptr() };
                let values = Part { tile: &values[..], next: values.as_ptr() };
                tile_for_all(queries, dim, (keys, values), row, seen, running);
            } else {
                let keys = Part::<T> { tile: stored.0, next: next.0.as_ptr() };
                let values = Part { tile: stored.1, next: next.1.as_ptr() };
                tile_for_all(queries, dim, (keys, values), row, seen, running);
            }
        }
        running.states.iter_mut().zip(&running.seen).for_each(|(state, seen)| *state = seen.state());
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
        let shape = self.pages(sequence).shape();
        let Heads { query, kv, dim } = self.heads;
        let (group, width, len) = (query / kv, shape.value_dim(), place_len(shape));
        let queries = span.len * group;
        for kv_head in 0..kv {
            for i in 0..queries {
                scratch.whole.clear(1, width);
                let Running { states, sums, .. } = &mut scratch.whole;
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

/// A tile for some queries: their rows, and how many of the tile's positions each of them sees.
fn tile_for_all<'q, T: Stored>(
    queries: usize,
    dim: usize,
    (keys, values): (Part<'_, T>, Part<'_, T>),
    row: impl Fn(usize) -> &'q [f32],
    seen: impl Fn(usize) -> usize,
    running: &mut Running,
) {
    let (width, factor) = (dim.next_multiple_of(TILE), 1.0 / (dim as f32).sqrt());
    for first in (0..queries).step_by(GROUP) {
        let four = GROUP.min(queries - first);
        if seen(first + four - 1) == 0 {
            continue;
        }
        let mut weights = [[0f32; TILE]; GROUP];
        scores(std::array::from_fn(|i| row(first + i)), keys, &mut weights);
        for (i, weights) in weights.iter_mut().enumerate() {
            let sees = seen(first + i);
            if i >= four || sees == 0 {
                *weights = [0.0; TILE];
                continue;
            }
            let shrink = weigh(weights, factor, sees, &mut running.seen[first + i]);
            if shrink != 1.0 {
                scale(&mut running.sums[(first + i) * width..(first + i + 1) * width], shrink);
            }
        }
        mix(&weights, values, width, &mut running.sums[first * width..(first + GROUP) * width]);
    }
}

fn finish(state: [f32; 2], sums: &[f32], out: &mut [f32]) {
    out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum / state[1]);
}

#[cfg(test)]
mod tests;
