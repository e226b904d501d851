//! A step as its threads see it: what all of them read, and products of its rows with matrices that may be several models'.
//!
//! Models on one base share most matrices. A product takes all rows that share one at once; what adapters add then comes for
//! each model's rows apart.

#![expect(unsafe_code, reason = "threads that write disjoint rows between joins")]

use std::cell::RefCell;
use std::ops::Range;

use super::joined::Caches;
use super::weights::{Matrix, Weights};
use super::workspace::{Inputs, Low, PIECE, Scratch, Workspace};
use crate::arch::{Config, Rope};
use crate::cpu::attention::Tasks;
use crate::cpu::pool::{Halt, Worker};
use crate::cpu::product::{TILE_ROWS, product};
use crate::error::Error;
use crate::schedule::StepInput;

/// From so many tokens on, pieces of matrices are large.
const MANY: usize = 64;
/// Rows of a piece at most, for fewer tokens.
const SMALL_PIECE: usize = 64;

/// A model that takes part.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub weights: &'a Weights,
    pub rope: &'a Rope,
}

/// A step: what all threads read.
pub struct Step<'a> {
    pub config: &'a Config,
    pub parts: &'a [Part<'a>],
    /// For each token, and for each sequence, the number of its model.
    pub owners: &'a [usize],
    pub sequences: &'a [usize],
    pub caches: &'a Caches<'a>,
    pub space: &'a Workspace,
    pub tasks: &'a Tasks,
    pub plan: &'a StepInput,
    /// Whether any matrix has a pair beside it.
    pub has_pairs: bool,
}

pub type Done = Result<(), Halt>;

fn not_finite(what: &str) -> Halt {
    Error::NotFinite(what.to_owned()).into()
}

pub fn check(is_finite: bool, what: &str) -> Done {
    if is_finite { Ok(()) } else { Err(not_finite(what)) }
}

/// Tells which layer an error arose in.
pub fn in_layer(layer: usize) -> impl Fn(Halt) -> Halt {
    move |halt| match halt {
        Halt::Error(error) => error.in_layer(layer).into(),
        Halt::Other => Halt::Other,
    }
}

/// One thread in a step.
pub struct Thread<'a, 'w> {
    pub step: &'a Step<'a>,
    pub worker: &'a Worker<'w>,
    pub scratch: RefCell<&'a mut Scratch>,
}

/// The rows of a matrix in pieces.
#[derive(Clone, Copy)]
pub struct Pieces {
    rows: usize,
    size: usize,
}

impl Pieces {
    /// Enough pieces that threads end together, and as large as can be: some 8 for each thread. What is done once for all
    /// rows of a piece, as gathering tokens, is worth more the more tokens there are.
    pub fn new(rows: usize, all: usize, threads: usize, tokens: usize) -> Self {
        let most = if tokens >= MANY { PIECE } else { SMALL_PIECE };
        let size = (all / (8 * threads)).next_multiple_of(TILE_ROWS).clamp(TILE_ROWS, most);
        Self { rows, size }
    }

    pub fn len(self) -> usize {
        self.rows.div_ceil(self.size)
    }

    pub fn get(self, piece: usize) -> Range<usize> {
        piece * self.size..((piece + 1) * self.size).min(self.rows)
    }
}

/// The rows that are multiplied with a matrix, those of a model side by side.
#[derive(Clone, Copy)]
pub struct Rows<'r> {
    /// Their places among the inputs.
    pub inputs: &'r [u32],
    /// The places of what first factors of pairs made of them.
    pub low: &'r [u32],
    /// The number of the model of each.
    pub owner: &'r dyn Fn(usize) -> usize,
}

/// Numbers from 0 cut where one is no longer the same as the first of its run.
fn runs(count: usize, same: impl Fn(usize, usize) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let first = start;
        start = (first + 1..count).find(|next| !same(first, *next)).unwrap_or(count);
        (first < count).then_some(first..start)
    })
}

impl Thread<'_, '_> {
    /// The weights of a token's model.
    pub fn weights(&self, token: usize) -> &Weights {
        self.step.parts[self.step.owners[token]].weights
    }

    /// Multiplies rows with a piece of the matrix that `pick` finds in their models. `write` gets first the products with matrices,
    /// then those with pairs, which add to them: (whether they add, number of the row, first row of the matrix, products). It is
    /// called for a few products at a time, and so is part of each caller's own loop.
    pub fn multiply(
        &self,
        rows: Rows<'_>,
        piece: &Range<usize>,
        inputs: &Inputs,
        pick: impl Fn(&Weights) -> &Matrix,
        write: &mut impl FnMut(bool, usize, usize, &[f32]),
    ) {
        let Rows { inputs: places, low, owner } = rows;
        let Step { parts, space, has_pairs, .. } = self.step;
        let matrix = |owner: usize| pick(parts[owner].weights);
        let is_alone = parts.len() == 1;
        let shared =
            |a: usize, b: usize| is_alone || owner(a) == owner(b) || matrix(owner(a)).is_shared_with(matrix(owner(b)));
        for run in runs(places.len(), shared) {
            let matrix = matrix(owner(run.start));
            product(
                &matrix.base,
                piece.clone(),
                inputs.of(matrix.form()),
                &places[run.clone()],
                &mut |i, row, products| write(false, run.start + i, row, products),
            );
        }
        if !has_pairs {
            return;
        }
        for run in runs(places.len(), |a, b| owner(a) == owner(b)) {
            let Some(pair) = &matrix(owner(run.start)).pair else { continue };
            product(&pair.b, piece.clone(), space.low(pair.rank()), &low[run.clone()], &mut |i, row, products| {
                write(true, run.start + i, row, products);
            });
        }
    }

    /// What the first factors of pairs make of a row, times the pairs' scales, each put into its place for the second factor.
    pub fn shrink<'m>(&self, x: &[f32], low: &mut Low, wanted: impl IntoIterator<Item = (&'m Matrix, usize)>) -> Done {
        if !self.step.has_pairs {
            return Ok(());
        }
        let Low { wide, out } = low;
        let pairs = wanted.into_iter().filter_map(|(matrix, place)| Some((matrix.pair.as_deref()?, place)));
        let mut input = None;
        for (pair, place) in pairs {
            let input = match input {
                Some(input) => input,
                None => {
                    let wide =
                        wide.iter().find(|wide| wide.cols() == x.len()).expect("made for every width of the model");
                    // SAFETY: the only row of what is this thread's own.
                    check(unsafe { wide.set(0, x) }, "a matrix's input")?;
                    *input.insert(wide)
                }
            };
            let out = &mut out[..pair.rank()];
            product(&pair.a, 0..pair.rank(), input, &[0], &mut |_, first, products| {
                out[first..first + products.len()].copy_from_slice(products);
            });
            out.iter_mut().for_each(|number| *number *= pair.scale);
            // SAFETY: the place belongs to this thread, and nobody reads it in this phase.
            check(unsafe { self.step.space.low(pair.rank()).set(place, out) }, "what an adapter makes of a row")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_where_the_next_is_another() {
        let owners = [1, 1, 2, 2, 2, 1, 3];
        let found: Vec<Range<usize>> = runs(owners.len(), |a, b| owners[a] == owners[b]).collect();
        assert_eq!(found, [0..2, 2..5, 5..6, 6..7]);
        assert_eq!(runs(0, |_, _| true).count(), 0);
    }
}
