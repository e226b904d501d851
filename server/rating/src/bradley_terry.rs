//! Bradley-Terry ratings: the strengths under which the votes are most likely.
//!
//! `P(i beats j) = 1 / (1 + exp(x_j - x_i))`, with half a win each for ties. The maximum is found
//! by Newton's method on the tallies of pairs. It is exact, or it is not there at all: no ridge
//! pulls it, and models that the votes cannot compare are told apart instead (see [`Unrated`]).

use super::components::{self, Unrated};
use super::linear::Symmetric;
use super::{Pairs, Tally};

/// The standard normal quantile of a two-sided 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;
const MAX_STEPS: usize = 100;

/// How strengths become the numbers that people see: `center + scale / ln(base) · x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The mean of a group's ratings.
    pub center: f64,
    /// The difference at which the stronger wins `base` times as often.
    pub scale: f64,
    /// See `scale`.
    pub base: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { center: 1000.0, scale: 400.0, base: 10.0 }
    }
}

/// A model's rating among those that it can be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rated {
    /// Which group it belongs to, 0 being the largest. Ratings of two groups are not comparable.
    pub group: usize,
    pub rating: f64,
    /// Its standard error, measured against the mean of its group. The robust one (sandwich) or
    /// the model's own, whichever is larger: the robust one is 0 where all votes are ties.
    pub standard_error: f64,
}

impl Rated {
    /// The 95 % interval.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.rating - Z95 * self.standard_error, self.rating + Z95 * self.standard_error)
    }
}

/// What the votes say of one model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// It has a finite rating.
    Rated(Rated),
    /// It has none, and why.
    Unrated(Unrated),
}

impl Standing {
    /// The rating, where there is one.
    #[must_use]
    pub fn rated(self) -> Option<Rated> {
        match self {
            Self::Rated(rated) => Some(rated),
            Self::Unrated(_) => None,
        }
    }
}

/// What the votes say of all models.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Of each model.
    pub standings: Vec<Standing>,
    /// How many groups are rated, each apart from the others.
    pub groups: usize,
}

/// Fits the ratings.
#[must_use]
pub fn fit(pairs: &Pairs, scale: Scale) -> Fit {
    let unrated = |model| Standing::Unrated(components::reason(pairs, model));
    let mut standings: Vec<Standing> = (0..pairs.models()).map(unrated).collect();
    let groups = components::groups(pairs);
    let factor = scale.scale / scale.base.ln();
    for (group, members) in groups.iter().enumerate() {
        let battles = Battles::inside(pairs, members);
        let strengths = battles.maximise();
        let errors = battles.standard_errors(&strengths);
        for ((&model, x), error) in members.iter().zip(strengths).zip(errors) {
            let (rating, standard_error) = (scale.center + factor * x, factor * error);
            standings[model] = Standing::Rated(Rated { group, rating, standard_error });
        }
    }
    Fit { standings, groups: groups.len() }
}

/// The pairs inside one group, whose members are numbered from 0.
struct Battles {
    models: usize,
    pairs: Vec<(usize, usize, Tally)>,
}

/// The chance that a model which is stronger by `d` wins.
fn chance(d: f64) -> f64 {
    1.0 / (1.0 + (-d).exp())
}

/// `ln(1 / (1 + e^-d))` without overflow.
fn log_chance(d: f64) -> f64 {
    d.min(0.0) - (-d.abs()).exp().ln_1p()
}

impl Battles {
    fn inside(pairs: &Pairs, members: &[usize]) -> Self {
        let numbered = |(a, b, tally)| Some((members.binary_search(&a).ok()?, members.binary_search(&b).ok()?, tally));
        Self { models: members.len(), pairs: pairs.met().filter_map(numbered).collect() }
    }

    /// The strengths of greatest likelihood, with mean 0. Newton's step, halved where it leads
    /// down: the likelihood is concave, so that this cannot end anywhere else.
    fn maximise(&self) -> Vec<f64> {
        let mut x = vec![0.0; self.models];
        let mut likelihood = self.log_likelihood(&x);
        for _ in 0..MAX_STEPS {
            let Some(hessian) = self.hessian(&x).cholesky() else { break };
            let step = hessian.solve(&self.gradient(&x));
            let size = step.iter().fold(0.0, |size: f64, step| size.max(step.abs()));
            let mut share = 1.0;
            let moved = loop {
                let next: Vec<f64> = x.iter().zip(&step).map(|(x, step)| x + share * step).collect();
                let reached = self.log_likelihood(&next);
                // Within so small a step the curvature hardly changes, so that it cannot lead
                // astray; and the likelihood is too coarse to show what it gains.
                if reached >= likelihood || size < 1e-3 {
                    break Some((next, reached));
                }
                if share * size < 1e-12 {
                    break None;
                }
                share /= 2.0;
            };
            let Some((next, reached)) = moved else { break };
            (x, likelihood) = (next, reached);
            if size < 1e-12 {
                break;
            }
        }
        let mean = x.iter().sum::<f64>() / self.models as f64;
        x.iter().map(|x| x - mean).collect()
    }

    fn log_likelihood(&self, x: &[f64]) -> f64 {
        let of = |&(a, b, tally): &(usize, usize, Tally)| {
            let d = x[a] - x[b];
            tally.score() * log_chance(d) + tally.flipped().score() * log_chance(-d)
        };
        self.pairs.iter().map(of).sum()
    }

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        let mut gradient = vec![0.0; self.models];
        for &(a, b, tally) in &self.pairs {
            // As wins · (1-p) - losses · p, which keeps its digits where p is close to 1.
            let d = x[a] - x[b];
            let surprise = tally.score() * chance(-d) - tally.flipped().score() * chance(d);
            gradient[a] += surprise;
            gradient[b] -= surprise;
        }
        gradient
    }

    /// The negative second derivative, made regular.
    fn hessian(&self, x: &[f64]) -> Symmetric {
        let mut hessian = Symmetric::zero(self.models);
        for &(a, b, tally) in &self.pairs {
            let d = x[a] - x[b];
            hessian.add_difference(a, b, tally.battles() as f64 * chance(d) * chance(-d));
        }
        hessian.lift();
        hessian
    }

    /// Standard errors at the maximum: of `A⁻¹ G A⁻¹` and of `A⁻¹`, the larger, where `A` is the
    /// negative second derivative and `G` the sum of squared scores.
    fn standard_errors(&self, x: &[f64]) -> Vec<f64> {
        let Some(hessian) = self.hessian(x).cholesky() else { return vec![f64::INFINITY; self.models] };
        let scores = |&(a, b, tally): &(usize, usize, Tally)| {
            let p = chance(x[a] - x[b]);
            let (wins, losses, halves) = (tally.wins as f64, tally.losses as f64, tally.halves() as f64);
            (a, b, wins * (1.0 - p).powi(2) + losses * p.powi(2) + halves * (0.5 - p).powi(2))
        };
        let scores: Vec<(usize, usize, f64)> = self.pairs.iter().map(scores).collect();
        let variance = |model: usize| {
            // The model against the mean of all: this vector's sum is 0, where lifting has no effect.
            let mean = 1.0 / self.models as f64;
            let mut contrast = vec![-mean; self.models];
            contrast[model] += 1.0;
            let solved = hessian.solve(&contrast);
            let own: f64 = contrast.iter().zip(&solved).map(|(c, s)| c * s).sum();
            let robust: f64 = scores.iter().map(|&(a, b, m)| m * (solved[a] - solved[b]).powi(2)).sum();
            own.max(robust)
        };
        (0..self.models).map(|model| variance(model).sqrt()).collect()
    }
}
