//! The Bradley-Terry likelihood of one group's pairs, and its maximum.

use super::linear::{Cholesky, Symmetric};
use super::{Pairs, Tally};

const MAX_STEPS: usize = 100;

/// The pairs inside one group, whose members are numbered from 0.
pub(crate) struct Battles {
    pub models: usize,
    pub pairs: Vec<(usize, usize, Tally)>,
}

/// The likelihood at some strengths, and its derivatives.
pub(crate) struct Point {
    pub log_likelihood: f64,
    pub gradient: Vec<f64>,
    /// The negative second derivative, made regular.
    pub hessian: Symmetric,
}

/// The chance that a model which is stronger by `d` wins.
pub(crate) fn chance(d: f64) -> f64 {
    1.0 / (1.0 + (-d).exp())
}

impl Battles {
    pub fn inside(pairs: &Pairs, members: &[usize]) -> Self {
        let mut numbers = vec![usize::MAX; pairs.models()];
        for (number, &member) in members.iter().enumerate() {
            numbers[member] = number;
        }
        let numbered = |(a, b, tally)| {
            let (a, b) = (numbers[a], numbers[b]);
            (a != usize::MAX && b != usize::MAX).then_some((a, b, tally))
        };
        Self { models: members.len(), pairs: pairs.met().filter_map(numbered).collect() }
    }

    /// The battles of each member.
    pub fn exposure(&self) -> Vec<f64> {
        let mut battles = vec![0.0; self.models];
        for &(a, b, tally) in &self.pairs {
            battles[a] += tally.battles() as f64;
            battles[b] += tally.battles() as f64;
        }
        battles
    }

    /// The strengths of greatest likelihood, with mean 0. Newton's step, halved where it leads down: the likelihood
    /// is concave, so that this cannot end anywhere else.
    pub fn maximise(&self, start: Option<&[f64]>) -> Vec<f64> {
        let mut x = start.map_or_else(|| self.first_guess(), <[f64]>::to_vec);
        let mut point = self.at(&x);
        for _ in 0..MAX_STEPS {
            let Some(hessian) = point.hessian.cholesky() else { break };
            let step = hessian.solve(&point.gradient);
            let size = step.iter().fold(0.0, |size: f64, step| size.max(step.abs()));
            let mut share = 1.0;
            let moved = loop {
                let next: Vec<f64> = x.iter().zip(&step).map(|(x, step)| x + share * step).collect();
                if size < 1e-7 {
                    // Newton's error after the step is of the order of its square: nothing is left to find.
                    x = next;
                    break None;
                }
                let reached = self.at(&next);
                // Within so small a step the curvature hardly changes, so that it cannot lead
                // astray; and the likelihood is too coarse to show what it gains.
                if reached.log_likelihood >= point.log_likelihood || size < 1e-3 {
                    break Some((next, reached));
                }
                if share * size < 1e-12 {
                    break None;
                }
                share /= 2.0;
            };
            let Some(moved) = moved else { break };
            (x, point) = moved;
        }
        let mean = x.iter().sum::<f64>() / self.models as f64;
        x.iter().map(|x| x - mean).collect()
    }

    /// The log odds of each member's share of wins: right where everybody met everybody.
    fn first_guess(&self) -> Vec<f64> {
        let mut score = vec![(0.5, 0.5); self.models];
        for &(a, b, tally) in &self.pairs {
            let (won, lost) = (tally.score(), tally.flipped().score());
            score[a] = (score[a].0 + won, score[a].1 + lost);
            score[b] = (score[b].0 + lost, score[b].1 + won);
        }
        score.into_iter().map(|(won, lost)| (won / lost).ln()).collect()
    }

    pub fn at(&self, x: &[f64]) -> Point {
        let (mut log_likelihood, mut gradient) = (0.0, vec![0.0; self.models]);
        let mut hessian = Symmetric::zero(self.models);
        for &(a, b, tally) in &self.pairs {
            let d = x[a] - x[b];
            let (won, lost) = (tally.score(), tally.flipped().score());
            // Of the weaker side's chance, which keeps its digits.
            let e = (-d.abs()).exp();
            let (weak, strong) = (e / (1.0 + e), 1.0 / (1.0 + e));
            let (p, q) = if d >= 0.0 { (strong, weak) } else { (weak, strong) };
            log_likelihood += won * d.min(0.0) + lost * (-d).min(0.0) - (won + lost) * e.ln_1p();
            // As wins · (1-p) - losses · p, which keeps its digits where p is close to 1.
            let surprise = won * q - lost * p;
            gradient[a] += surprise;
            gradient[b] -= surprise;
            hessian.add_difference(a, b, (won + lost) * p * q);
        }
        hessian.lift(self.models);
        Point { log_likelihood, gradient, hessian }
    }

    /// The factor of the negative second derivative at the maximum.
    pub fn information(&self, x: &[f64]) -> Option<Cholesky> {
        self.at(x).hessian.cholesky()
    }
}
