//! Causal attention over the paged cache.

use super::parallel::{Cells, share};
use super::simd::{add_scaled, dots, softmax};
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

/// One task: some query tokens of one sequence, for one key head.
struct Task<'a> {
    blocks: &'a [u32],
    /// rows of the batch
    rows: std::ops::Range<usize>,
    /// position of the first of them
    position: usize,
    kv_head: usize,
}

/// `q`: (tokens, query heads, dim); `keys`, `values`: (slots, kv heads, dim);
/// `out`: (tokens, query heads, dim).
pub fn attend(q: &[f32], keys: &[f32], values: &[f32], heads: Heads, batch: &Batch<'_>, scale: f32, out: &mut [f32]) {
    let mut tasks = Vec::new();
    let mut work = 0;
    for span in batch.sequences() {
        work += span.len * span.context * heads.query * heads.dim;
        for first in (0..span.len).step_by(QUERIES) {
            let rows = span.start + first..span.start + (first + QUERIES).min(span.len);
            let position = span.context - span.len + first;
            tasks.extend((0..heads.kv).map(|kv_head| Task {
                blocks: &span.blocks,
                rows: rows.clone(),
                position,
                kv_head,
            }));
        }
    }
    let out = Cells::new(out);
    share(work, tasks, |task| run(&task, q, keys, values, heads, batch.block_size(), scale, &out));
}

#[expect(clippy::too_many_arguments, reason = "the plain inputs of one loop")]
fn run(
    task: &Task<'_>,
    q: &[f32],
    keys: &[f32],
    values: &[f32],
    heads: Heads,
    block_size: usize,
    scale: f32,
    out: &Cells<'_>,
) {
    let Heads { dim, kv, query } = heads;
    let group = query / kv;
    let slot = |position: usize| task.blocks[position / block_size] as usize * block_size + position % block_size;
    let head = |store: &'_ [f32], position: usize| (slot(position) * kv + task.kv_head) * dim..store.len();
    let key = |position: usize| &keys[head(keys, position)][..dim];
    let value = |position: usize| &values[head(values, position)][..dim];

    // Every (token, query head) is a row: where its query stands, and how many positions it sees.
    let rows: Vec<(usize, usize)> = task
        .rows
        .clone()
        .enumerate()
        .flat_map(|(i, row)| {
            (0..group).map(move |g| ((row * query + task.kv_head * group + g) * dim, task.position + i + 1))
        })
        .collect();
    let queries = |i: usize| &q[rows[i].0..rows[i].0 + dim];
    let context = task.position + task.rows.len();

    // (rows, context)
    let mut scores = vec![0f32; rows.len() * context];
    let whole = rows.len() / 4 * 4;
    for p in (0..context).step_by(4) {
        // The last quad repeats its last key instead of reading beyond; the extras are dropped.
        let ks = [0, 1, 2, 3].map(|j| key((p + j).min(context - 1)));
        let width = 4.min(context - p);
        for r in (0..whole).step_by(4) {
            let tile = dots([0, 1, 2, 3].map(|i| queries(r + i)), ks);
            for (i, values) in tile.into_iter().enumerate() {
                scores[(r + i) * context + p..][..width].copy_from_slice(&values[..width]);
            }
        }
        for r in whole..rows.len() {
            let [values] = dots([queries(r)], ks);
            scores[r * context + p..][..width].copy_from_slice(&values[..width]);
        }
    }
    let mut sums = vec![0f32; rows.len() * dim];
    for ((_, seen), scores) in rows.iter().zip(scores.chunks_mut(context)) {
        softmax(&mut scores[..*seen], scale);
        scores[*seen..].fill(0.0);
    }
    for p in 0..context {
        let v = value(p);
        for (r, (_, seen)) in rows.iter().enumerate() {
            if p < *seen {
                add_scaled(&mut sums[r * dim..(r + 1) * dim], scores[r * context + p], v);
            }
        }
    }
    for ((at, _), sum) in rows.iter().zip(sums.chunks(dim)) {
        for (i, value) in sum.iter().enumerate() {
            // SAFETY: a (token, query head) belongs to exactly one task.
            unsafe { out.put(at + i, *value) };
        }
    }
}
