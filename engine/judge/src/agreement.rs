//! How often the judge and people say the same of the same two answers.

use serde::{Deserialize, Serialize};

use super::record::{JudgeFile, Outcome};
use super::share::{Share, Z};

const OUTCOMES: [Outcome; 3] = [Outcome::First, Outcome::Second, Outcome::Tie];

/// The agreement of two who judged the same cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Cases in which both said the same: one of the answers, or a tie.
    pub same: Share,
    /// Of the cases in which neither said a tie.
    pub same_without_ties: Option<Share>,
    /// Cohen's kappa: 0 is the agreement of chance, 1 is full. Nothing where both always say the same one thing.
    pub kappa: Option<f64>,
    /// The ends of its 95% interval, by the large-sample variance of Fleiss, Cohen and Everitt (1969), formula 13.
    pub kappa_interval: Option<(f64, f64)>,
}

impl Agreement {
    /// Of pairs of what both said; nothing without one.
    #[must_use]
    pub fn of(said: &[(Outcome, Outcome)]) -> Option<Self> {
        let same = Share::of_cases(said.iter().map(|(one, other)| one == other))?;
        let without_ties = said.iter().filter(|(one, other)| *one != Outcome::Tie && *other != Outcome::Tie);
        let kappa = kappa(said);
        Some(Self {
            same,
            same_without_ties: Share::of_cases(without_ties.map(|(one, other)| one == other)),
            kappa: kappa.map(|(kappa, _)| kappa),
            kappa_interval: kappa.map(|(kappa, error)| ((kappa - Z * error).max(-1.0), (kappa + Z * error).min(1.0))),
        })
    }

    /// Of a file's verdicts on the first two answers, and what its people said of them.
    #[must_use]
    pub fn of_file(file: &JudgeFile) -> Option<Self> {
        let said = file.items.iter().filter_map(|item| Some((item.outcome(file.mode, 0, 1)?, item.people?)));
        Self::of(&said.collect::<Vec<_>>())
    }
}

/// Kappa and its standard error.
fn kappa(said: &[(Outcome, Outcome)]) -> Option<(f64, f64)> {
    let n = said.len() as f64;
    let share = |of: &dyn Fn(&(Outcome, Outcome)) -> bool| said.iter().filter(|pair| of(pair)).count() as f64 / n;
    let cell = |i: usize, j: usize| share(&|pair| *pair == (OUTCOMES[i], OUTCOMES[j]));
    let row: [f64; 3] = std::array::from_fn(|i| (0..3).map(|j| cell(i, j)).sum());
    let column: [f64; 3] = std::array::from_fn(|j| (0..3).map(|i| cell(i, j)).sum());
    let observed: f64 = (0..3).map(|i| cell(i, i)).sum();
    let by_chance: f64 = (0..3).map(|i| row[i] * column[i]).sum();
    let rest = 1.0 - by_chance;
    if rest <= f64::EPSILON {
        return None;
    }
    let kappa = (observed - by_chance) / rest;
    let mut sum = 0.0;
    for i in 0..3 {
        for j in 0..3 {
            let weight = if i == j {
                (rest - (row[i] + column[i]) * (1.0 - observed)).powi(2)
            } else {
                (1.0 - observed).powi(2) * (column[i] + row[j]).powi(2)
            };
            sum += cell(i, j) * weight;
        }
    }
    let variance = (sum - (observed * by_chance - 2.0 * by_chance + observed).powi(2)) / (n * rest.powi(4));
    Some((kappa, variance.max(0.0).sqrt()))
}
