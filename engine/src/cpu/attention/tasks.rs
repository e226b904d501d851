//! What threads take of a step's attention.

use std::ops::Range;

use crate::cpu::cache::Shape;
use crate::schedule::StepInput;

/// Tiles of a chunk: 512 positions in blocks of 16.
pub const CHUNK: usize = 32;

/// Most queries of a task that goes through the whole context.
const QUERIES: usize = 32;

/// Most tokens of a sequence whose chunks are shared between threads.
const FEW: usize = 2;

/// What one thread does at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Number of the sequence in the step.
    pub sequence: usize,
    pub kv_head: usize,
    /// Rows of the step.
    pub rows: Range<usize>,
    /// One chunk, whose result goes to this place; without it, all of them.
    pub chunk: Option<(usize, usize)>,
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
    pub(super) tasks: Vec<Task>,
    /// For each sequence whose chunks are shared: its number, its chunks, and the place of its first result.
    pub(super) shared: Vec<(usize, usize, usize)>,
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
