//! Which two models should meet next: those whose vote tells most.
//!
//! A-optimal design: one more vote between i and j lowers the sum of all variances by `v |B(e_i - e_j)|² / (1 + v r_ij)`, where
//! `v = p(1-p)`, `B` is the covariance so far and `r_ij` the variance of their difference (Sherman and Morrison's formula).
//! Pairs are drawn in proportion to it, mixed with an even share, so that no pair is ever out of reach and votes can be
//! weighted by the probability that they were drawn with.

use super::likelihood::{Battles, chance};
use super::{Pairs, Tally};

/// How pairs are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct PairingRules {
    /// The share of battles that is drawn by the weights alone.
    pub even_share: f64,
    /// How often an administrator wants each model, 1 for all alike; 0 keeps a model out.
    pub weights: Vec<f64>,
    /// Models with fewer votes are drawn more often, by [`Self::boost`].
    pub boost_below: u64,
    /// By how much.
    pub boost: f64,
}

impl PairingRules {
    /// All models alike, a tenth of the battles drawn evenly, and no boost.
    #[must_use]
    pub fn even(models: usize) -> Self {
        Self { even_share: 0.1, weights: vec![1.0; models], boost_below: 0, boost: 1.0 }
    }
}

/// What one more vote between any two models would tell, by the counts so far. Costs by the cube of the models: made when
/// counts change, and asked for probabilities at each draw.
#[derive(Debug, Clone, PartialEq)]
pub struct PairGains {
    models: usize,
    /// Row by row, the larger number first.
    gains: Vec<f64>,
    battles: Vec<u64>,
    most: f64,
}

impl PairGains {
    /// Of these counts.
    #[must_use]
    pub fn of(pairs: &Pairs) -> Self {
        let models = pairs.models();
        let gains = gains(pairs);
        let most = gains.iter().copied().fold(0.0, f64::max);
        let battles = (0..models).map(|model| pairs.total(model).battles()).collect();
        Self { models, gains, battles, most: if most > 0.0 { most } else { 1.0 } }
    }

    /// The probability of each pair `(a, b)` of candidates with `a < b`; empty where no two may meet. A candidate is a
    /// model by its number in the counts, or one that they do not know yet: a vote on it tells as much as any.
    ///
    /// # Panics
    /// When there are not as many weights as candidates, or a number is none of the counts'.
    #[must_use]
    pub fn probabilities(&self, candidates: &[Option<usize>], rules: &PairingRules) -> Vec<(usize, usize, f64)> {
        assert_eq!(rules.weights.len(), candidates.len(), "each candidate has a weight");
        let weight = |(candidate, weight): (&Option<usize>, &f64)| {
            let is_new = candidate.map_or(0, |model| self.battles[model]) < rules.boost_below;
            weight.max(0.0) * if is_new { rules.boost } else { 1.0 }
        };
        let weight: Vec<f64> = candidates.iter().zip(&rules.weights).map(weight).collect();
        // The product of two tiny weights may be 0, and of two huge ones endless: each is measured by the largest.
        let largest = weight.iter().copied().fold(0.0, f64::max);
        let weight: Vec<f64> = weight.into_iter().map(|weight| weight / largest).collect();
        let all = (0..candidates.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let drawn: Vec<(usize, usize)> = all.filter(|&(a, b)| weight[a] > 0.0 && weight[b] > 0.0).collect();
        let weights: Vec<f64> = drawn.iter().map(|&(a, b)| (weight[a] * weight[b]).max(f64::MIN_POSITIVE)).collect();
        let gain = |&(a, b): &(usize, usize)| self.gain(candidates[a], candidates[b]);
        let told = share(drawn.iter().zip(&weights).map(|(pair, weight)| weight * gain(pair)).collect());
        let even = rules.even_share.clamp(0.0, 1.0);
        let mixed =
            share(weights).into_iter().zip(told).map(|(by_weight, told)| even * by_weight + (1.0 - even) * told);
        drawn.into_iter().zip(mixed).map(|((a, b), probability)| (a, b, probability)).collect()
    }

    fn gain(&self, a: Option<usize>, b: Option<usize>) -> f64 {
        let (Some(a), Some(b)) = (a, b) else { return self.most };
        self.gains[a.max(b) * self.models + a.min(b)]
    }
}

fn share(values: Vec<f64>) -> Vec<f64> {
    let sum: f64 = values.iter().sum();
    let even = 1.0 / values.len().max(1) as f64;
    values.into_iter().map(|value| if sum > 0.0 { value / sum } else { even }).collect()
}

/// The probability of each pair `(a, b)` of all models with `a < b`; empty where no two may meet.
///
/// # Panics
/// When there are not as many weights as models.
#[must_use]
pub fn pair_probabilities(pairs: &Pairs, rules: &PairingRules) -> Vec<(usize, usize, f64)> {
    let all: Vec<Option<usize>> = (0..pairs.models()).map(Some).collect();
    PairGains::of(pairs).probabilities(&all, rules)
}

/// How much one more vote between two models lowers the sum of variances, row by row.
fn gains(pairs: &Pairs) -> Vec<f64> {
    let models = pairs.models();
    let mut gains = vec![0.0; models * models];
    if models < 2 {
        return gains;
    }
    // Half a tie for each model, spread over all others: what is known before any vote, so that nothing is infinite.
    let parts = 2 * (models as u64 - 1);
    let mut battles = Battles { models, pairs: Vec::new() };
    for b in 0..models {
        for a in 0..b {
            let Tally { wins, losses, ties, both_bad } = pairs.get(a, b);
            let tally = Tally {
                wins: parts * wins,
                losses: parts * losses,
                ties: parts * ties + 1,
                both_bad: parts * both_bad,
            };
            battles.pairs.push((a, b, tally));
        }
    }
    let x = battles.maximise(None);
    let Some(information) = battles.information(&x) else { return gains };
    let mut covariance = information.inverse();
    covariance.scale(parts as f64);
    // |B d|² = d' B² d, and B² is one product for all pairs.
    let squared = covariance.squared();
    for b in 0..models {
        for a in 0..b {
            let between =
                |matrix: &super::linear::Symmetric| matrix.get(a, a) + matrix.get(b, b) - 2.0 * matrix.get(a, b);
            let p = chance(x[a] - x[b]);
            let v = p * (1.0 - p);
            gains[b * models + a] = v * between(&squared) / (1.0 + v * between(&covariance));
        }
    }
    gains
}
