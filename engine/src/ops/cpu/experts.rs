//! The experts' feed-forward networks over tokens sorted by expert.

#![expect(unsafe_code, reason = "a kernel")]

use std::ops::Range;

use super::CpuMatrix;
use super::finite::are_finite;
use super::parallel::{DisjointSlice, chunks, parallel_for};
use super::product::{Activations, product};
use super::simd::{add_scaled, swiglu};
use crate::error::{Error, Result};
use crate::ops::ExpertAssignments;

/// One expert's matrices on the processor.
pub struct Expert<'a> {
    /// (ffn, hidden)
    pub gate: &'a CpuMatrix,
    /// (ffn, hidden)
    pub up: &'a CpuMatrix,
    /// (hidden, ffn)
    pub down: &'a CpuMatrix,
}

/// `x`: (tokens, hidden); `out`: (tokens, hidden), zeroed.
///
/// # Errors
/// A value inside becomes NaN or infinite.
pub fn experts(x: &[f32], routes: &ExpertAssignments, experts: &[Expert<'_>], out: &mut [f32]) -> Result<()> {
    let Some(first) = experts.first() else { return Ok(()) };
    let (hidden, ffn) = (first.down.rows, first.gate.rows);
    let slots = routes.tokens().len();

    // (slots, hidden): the tokens, sorted by expert
    let mut sorted = Vec::with_capacity(slots * hidden);
    for &token in routes.tokens() {
        sorted.extend_from_slice(&x[token as usize * hidden..][..hidden]);
    }
    let mut gate = vec![0f32; slots * ffn];
    let mut up = vec![0f32; slots * ffn];
    let up_and_gate = |e: usize| [experts[e].gate, experts[e].up];
    multiply(&sorted, routes, ffn, up_and_gate, [&mut gate, &mut up]);

    let mut inner = vec![0f32; slots * ffn]; // (slots, ffn)
    swiglu(&gate, &up, &mut inner);
    // Rounding to 8 bits comes next and would hide it.
    if !are_finite(&inner) {
        return Err(Error::NotFinite("a value inside an expert".to_owned()));
    }
    multiply(&inner, routes, hidden, |e| [experts[e].down], [&mut sorted]);

    for (out, slots) in out.chunks_exact_mut(hidden).zip(routes.slots()) {
        for &place in slots {
            add_scaled(out, routes.weights()[place], &sorted[place * hidden..(place + 1) * hidden]);
        }
    }
    if are_finite(out) { Ok(()) } else { Err(Error::NotFinite("what the experts say".to_owned())) }
}

/// Multiplies every place's activations with `N` matrices of its expert, each of `rows` rows.
fn multiply<'m, const N: usize>(
    x: &[f32],
    routes: &ExpertAssignments,
    rows: usize,
    matrices: impl Fn(usize) -> [&'m CpuMatrix; N] + Sync,
    outs: [&mut [f32]; N],
) {
    let slots = routes.tokens().len();
    let cols = x.len() / slots.max(1);
    // Experts of one layer may differ in type (llama.cpp mixes types), so the activations are
    // rounded once for each type that occurs.
    let mut forms: Vec<Activations<'_>> = Vec::new();
    for (expert, _) in routes.active() {
        for matrix in matrices(expert) {
            if !forms.iter().any(|form| form.fit(&matrix.blocks)) {
                forms.push(Activations::new(&matrix.blocks, x));
            }
        }
    }
    let form =
        |matrix: &CpuMatrix| forms.iter().find(|form| form.fit(&matrix.blocks)).expect("made for each type above");
    let outs = outs.map(DisjointSlice::new);
    let tasks: Vec<(usize, Range<usize>, Range<usize>)> = routes
        .active()
        .flat_map(|(expert, slots)| chunks(rows).map(move |chunk| (expert, slots.clone(), chunk)))
        .collect();
    parallel_for(N * slots * rows * cols, tasks, |(expert, slots, chunk)| {
        for (matrix, out) in matrices(expert).into_iter().zip(&outs) {
            product(&matrix.blocks, cols, chunk.clone(), form(matrix), slots.clone(), &mut |place, row, value| {
                // SAFETY: a (place, row) belongs to exactly one task.
                unsafe { out.write(place * rows + row, value) };
            });
        }
    });
}
