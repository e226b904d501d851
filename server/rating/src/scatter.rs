//! The scatter of votes around what strengths expect: the middle of the sandwich.
//!
//! Three things are done to the plain sum of squares, all of which vanish as votes grow:
//! - A fit follows the votes it was made of, so they scatter less around it than around the truth. What it left of a vote
//!   is `1 - h` (HC2 divides the square by it; MacKinnon and White 1985). Few votes also exaggerate strengths, which widens
//!   intervals: without ties by as much, with ties by less. So the square is divided by a power of `1 - h`: 0 without
//!   ties, [`LEVERAGE_POWER`] from a third of ties on. The power is the one that the bench `coverage` bears out.
//! - Where a model's votes hardly scatter because nearly all are ties, few votes would pass for certainty. It scatters at
//!   least as [`PRIOR_VOTES`] of the group's common scatter beside its own would have it.
//! - A group of ties alone has no scatter at all: each counts as the coin toss that it may be.

use super::likelihood::{Battles, chance};
use super::linear::Symmetric;
use super::outer_sum::OuterSum;
use super::{Clusters, Tally, Voters};

/// Of `1 - h`, in the sum of squares.
const LEVERAGE_POWER: f64 = 0.7;
/// Votes of common scatter that each model's own are held against.
const PRIOR_VOTES: f64 = 0.5;
/// A vote that alone decides a difference is not blown up further than this.
const MAX_LEVERAGE: f64 = 0.9;

/// What one group's votes scatter, and what is needed to sum it up.
pub(crate) struct Scatter<'a> {
    battles: &'a Battles,
    /// The chance of each against each, row by row.
    chances: Vec<f64>,
    /// By how much a vote's surprise is enlarged, row by row.
    enlarged: Vec<f64>,
    /// The squared surprises of each pair, enlarged.
    squares: Vec<f64>,
    all_ties: bool,
}

impl<'a> Scatter<'a> {
    /// `bread` is the inverse of the negative second derivative at `x`.
    pub fn of(battles: &'a Battles, x: &[f64], bread: &Symmetric) -> Self {
        let models = battles.models;
        let (mut votes, mut halves) = (0.0, 0.0);
        for (_, _, tally) in &battles.pairs {
            votes += tally.battles() as f64;
            halves += tally.halves() as f64;
        }
        let all_ties = halves == votes;
        let exponent = -0.5 * LEVERAGE_POWER * (3.0 * halves / votes).min(1.0);
        let (mut chances, mut enlarged) = (vec![0.5; models * models], vec![1.0; models * models]);
        let mut squares = Vec::with_capacity(battles.pairs.len());
        for &(a, b, tally) in &battles.pairs {
            let p = chance(x[a] - x[b]);
            let leverage = p * (1.0 - p) * (bread.get(a, a) + bread.get(b, b) - 2.0 * bread.get(a, b));
            let factor = if exponent == 0.0 { 1.0 } else { (1.0 - leverage.clamp(0.0, MAX_LEVERAGE)).powf(exponent) };
            (chances[a * models + b], chances[b * models + a]) = (p, 1.0 - p);
            (enlarged[a * models + b], enlarged[b * models + a]) = (factor, factor);
            squares.push(squared_surprise(tally, p) * factor * factor);
        }
        Self { battles, chances, enlarged, squares, all_ties }
    }

    /// As if each vote were another person's: `Σ m (e_i - e_j)(e_i - e_j)ᵀ`.
    pub fn independent(&self) -> Symmetric {
        let mut sum = Symmetric::zero(self.battles.models);
        for (&(a, b, _), &square) in self.battles.pairs.iter().zip(&self.squares) {
            sum.add_difference(a, b, square);
        }
        sum
    }

    /// Adds what is missing to the least that a model may scatter.
    pub fn add_floor(&self, sum: &mut Symmetric) {
        let models = self.battles.models;
        let (mut own, mut tossed, mut votes) = (vec![0.0; models], vec![0.0; models], vec![0.0; models]);
        for (&(a, b, tally), &square) in self.battles.pairs.iter().zip(&self.squares) {
            let p = self.chances[a * models + b];
            let n = tally.battles() as f64;
            for model in [a, b] {
                own[model] += square;
                tossed[model] += n * p * (1.0 - p);
                votes[model] += n;
            }
        }
        let common = own.iter().sum::<f64>() / tossed.iter().sum::<f64>();
        let missing: Vec<f64> = (0..models)
            .map(|model| {
                if self.all_ties {
                    return 0.5 * tossed[model] / votes[model];
                }
                let lack = (common.min(1.0) * tossed[model] - own[model]).max(0.0);
                lack * PRIOR_VOTES / (votes[model] + PRIOR_VOTES) / votes[model]
            })
            .collect();
        for &(a, b, tally) in &self.battles.pairs {
            let lack = tally.battles() as f64 * (missing[a] + missing[b]);
            if lack > 0.0 {
                sum.add_difference(a, b, lack);
            }
        }
    }
}

fn squared_surprise(tally: Tally, p: f64) -> f64 {
    let (wins, losses, halves) = (tally.wins as f64, tally.losses as f64, tally.halves() as f64);
    wins * (1.0 - p).powi(2) + losses * p.powi(2) + halves * (0.5 - p).powi(2)
}

/// `K/(K-1) Σ s sᵀ` over the K voters, `s` being the sum of a voter's surprises (Liang and Zeger 1986).
pub(crate) fn clustered(scatter: &Scatter<'_>, members: &[usize], voters: &Voters) -> (Symmetric, Clusters) {
    let models = scatter.battles.models;
    let mut numbers = vec![u32::MAX; members.last().map_or(0, |last| last + 1)];
    for (number, &member) in members.iter().enumerate() {
        numbers[member] = number as u32;
    }
    let number = |model: u16| numbers.get(usize::from(model)).copied().unwrap_or(u32::MAX);
    // Both at one place: every vote looks them up.
    let table: Vec<[f64; 2]> =
        scatter.chances.iter().copied().zip(scatter.enlarged.iter().copied()).map(<[f64; 2]>::from).collect();
    let mut outer = OuterSum::new(models);
    let (mut count, mut votes, mut squared_votes) = (0_usize, 0.0, 0.0);
    for counts in voters.each() {
        let mut cast = 0;
        outer.begin(2 * counts.len());
        for one in counts {
            let (a, b) = (number(one.a), number(one.b));
            if a == u32::MAX || b == u32::MAX {
                continue;
            }
            let [chance, enlarged] = table[a as usize * models + b as usize];
            let expected = f64::from(one.battles()) * chance;
            outer.add(a, b, (0.5 * f64::from(one.twice_score()) - expected) * enlarged);
            cast += one.battles();
        }
        outer.finish();
        if cast > 0 {
            count += 1;
            votes += f64::from(cast);
            squared_votes += f64::from(cast).powi(2);
        }
    }
    let factor = if count > 1 { count as f64 / (count as f64 - 1.0) } else { 1.0 };
    let mut meat = outer.sum();
    meat.scale(factor);
    (meat, Clusters { count, effective: votes * votes / squared_votes })
}
