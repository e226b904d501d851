//! Ratings as if all pairs had been drawn alike: each vote weighs as much as its pair was unlikely to be drawn.
//!
//! Where one number a model explains every pair, it does not matter which pairs are drawn. Where it does not (one model
//! beats another by more than both their ratings say), ratings follow the pairs that are drawn most; weighted by the inverse
//! of their probability they are those of even draws (Horvitz and Thompson 1952). The intervals are wider: rare pairs count
//! for many.

use super::components;
use super::covariance::Covariance;
use super::linear::Symmetric;
use super::outer_sum::OuterSum;
use super::{Clusters, Pairs, Rated, Scale};

const MAX_STEPS: usize = 50;
/// No vote weighs more than so many times the mean: a single rare one would decide everything (Ionides 2008).
const MOST: f64 = 20.0;

/// A vote and with what probability its pair was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnVote {
    /// Whose it is; each vote its own number where that is not known.
    pub voter: u32,
    /// The first model.
    pub a: u32,
    /// The second.
    pub b: u32,
    /// The score of the first: 1, ½ or 0.
    pub score: f64,
    /// Above 0.
    pub probability: f64,
}

/// The ratings of the largest group of models that votes connect both ways, by model; none where there is none.
#[must_use]
pub fn fit_inverse_propensity(models: usize, votes: &[DrawnVote], scale: Scale) -> Vec<(usize, Rated)> {
    let mut pairs = Pairs::new(models);
    votes.iter().for_each(|vote| pairs.add_score(vote.a as usize, vote.b as usize, vote.score));
    let Some(members) = components::groups(&pairs).into_iter().next() else { return Vec::new() };
    let mut numbers = vec![u32::MAX; models];
    members.iter().zip(0..).for_each(|(&member, number)| numbers[member] = number);
    let numbered = votes.iter().filter_map(|vote| {
        let (a, b) = (numbers[vote.a as usize], numbers[vote.b as usize]);
        (a != u32::MAX && b != u32::MAX).then_some(DrawnVote { a, b, ..*vote })
    });
    let mut votes: Vec<DrawnVote> = numbered.collect();
    let inverse = |vote: &DrawnVote| 1.0 / vote.probability.max(1e-12);
    let mean = votes.iter().map(inverse).sum::<f64>() / votes.len() as f64;
    // From here on, `probability` holds the weight.
    votes.iter_mut().for_each(|vote| vote.probability = (inverse(vote) / mean).min(MOST));
    let fit = maximise(members.len(), &votes).and_then(|(x, bread)| Some((bread.cholesky()?.inverse(), x)));
    let Some((bread, x)) = fit else { return Vec::new() };
    let (meat, voters) = clustered(members.len(), &votes, &x);
    let covariance = Covariance::new(bread.sandwich(&meat), Some(voters));
    let mut exposure = vec![0.0; members.len()];
    for vote in &votes {
        exposure[vote.a as usize] += vote.probability;
        exposure[vote.b as usize] += vote.probability;
    }
    let weights = scale.weights(&members, |member| exposure[member]);
    let origin: f64 = weights.iter().zip(&x).map(|(weight, x)| weight * x).sum();
    let reach = covariance.reach();
    let rated = members.iter().zip(&x).zip(covariance.against(&weights)).map(|((&member, x), variance)| {
        let standard_error = scale.factor() * variance.sqrt();
        let margin = if standard_error == 0.0 { 0.0 } else { reach * standard_error };
        let rating = scale.center + scale.factor() * (x - origin);
        (member, Rated { group: 0, rating, standard_error, margin })
    });
    rated.collect()
}

fn chance(vote: &DrawnVote, x: &[f64]) -> f64 {
    1.0 / (1.0 + (x[vote.b as usize] - x[vote.a as usize]).exp())
}

/// The strengths, and the negative second derivative there.
fn maximise(models: usize, votes: &[DrawnVote]) -> Option<(Vec<f64>, Symmetric)> {
    // Summed up by ordered pair first: weight, and weighted score of the first.
    let mut sums = vec![(0.0, 0.0); models * models];
    for vote in votes {
        let sum = &mut sums[vote.a as usize * models + vote.b as usize];
        *sum = (sum.0 + vote.probability, sum.1 + vote.probability * vote.score);
    }
    let met: Vec<(usize, usize, f64, f64)> = (0..models)
        .flat_map(|a| (0..models).map(move |b| (a, b)))
        .map(|(a, b)| (a, b, sums[a * models + b].0, sums[a * models + b].1))
        .filter(|one| one.2 > 0.0)
        .collect();
    let at = |x: &[f64]| {
        let (mut log_likelihood, mut gradient, mut hessian) = (0.0, vec![0.0; models], Symmetric::zero(models));
        for &(a, b, weight, score) in &met {
            let d = x[a] - x[b];
            let p = 1.0 / (1.0 + (-d).exp());
            log_likelihood += score * d.min(0.0) + (weight - score) * (-d).min(0.0) - weight * (-d.abs()).exp().ln_1p();
            gradient[a] += score - weight * p;
            gradient[b] -= score - weight * p;
            hessian.add_difference(a, b, weight * p * (1.0 - p));
        }
        hessian.lift(models);
        (log_likelihood, gradient, hessian)
    };
    let mut x = vec![0.0; models];
    let mut point = at(&x);
    for _ in 0..MAX_STEPS {
        let step = point.2.cholesky()?.solve(&point.1);
        let size = step.iter().fold(0.0, |size: f64, step| size.max(step.abs()));
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = x.iter().zip(&step).map(|(x, step)| x + share * step).collect();
            let reached = at(&next);
            if reached.0 >= point.0 || size < 1e-3 {
                (x, point) = (next, reached);
                break;
            }
            share /= 2.0;
        }
        if size < 1e-8 {
            return Some((x, point.2));
        }
    }
    None
}

/// `K/(K-1) Σ s sᵀ` over voters, `s` being the sum of a voter's weighted surprises.
fn clustered(models: usize, votes: &[DrawnVote], x: &[f64]) -> (Symmetric, Clusters) {
    let mut order: Vec<u32> = (0..votes.len() as u32).collect();
    order.sort_by_key(|&at| votes[at as usize].voter);
    let mut outer = OuterSum::new(models);
    let (mut count, mut squares) = (0_usize, 0.0);
    for own in order.chunk_by(|&one, &other| votes[one as usize].voter == votes[other as usize].voter) {
        outer.begin(2 * own.len());
        for vote in own.iter().map(|&at| &votes[at as usize]) {
            outer.add(vote.a, vote.b, vote.probability * (vote.score - chance(vote, x)));
        }
        outer.finish();
        count += 1;
        squares += own.iter().map(|&at| votes[at as usize].probability).sum::<f64>().powi(2);
    }
    let mut meat = outer.sum();
    if count > 1 {
        meat.scale(count as f64 / (count as f64 - 1.0));
    }
    let total: f64 = votes.iter().map(|vote| vote.probability).sum();
    (meat, Clusters { count, effective: total * total / squares })
}
