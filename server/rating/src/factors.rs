//! What the models' makings are worth: strengths as sums of effects (base, quantisation, adapter, ...), fitted to all votes
//! together. "What does Q4_K cost against Q8_0?" is a difference of two effects.
//!
//! `x_m = Σ f_mk β_k`, where `f` says what a model is made of. Only such sums of effects are fitted as the models tell apart:
//! where each base has a quantisation of its own, no vote says which of the two decides, and [`FactorFit::effect`] says so.
//! Intervals are the sandwich of [`super::fit_clustered`], seen through the effects: they hold, too, where the effects do
//! not add up exactly, of the effects that fit the votes best.

use super::components;
use super::distribution::t95;
use super::likelihood::Battles;
use super::linear::Symmetric;
use super::scatter::{Scatter, clustered};
use super::{Clusters, Effect, Pairs, Voters};

const MAX_STEPS: usize = 50;
/// What is left of a number after so much cancelled is rounding.
const NOTHING: f64 = 1e-9;

/// Effects that fit the votes best.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorFit {
    /// The models that were compared, ascending: the largest group that votes connect both ways.
    pub members: Vec<usize>,
    /// How many people voted, where it is known.
    pub voters: Option<Clusters>,
    /// Combinations of effects that the models tell apart: rows in reduced echelon form, and each one's first column.
    rows: Vec<(usize, Vec<f64>)>,
    /// The value of each row.
    values: Vec<f64>,
    covariance: Symmetric,
}

/// Fits effects; `makings` holds a row for each model, with a number for each effect: 1 where the model has a level of a
/// factor and 0 where not, or a quantity. Nothing where votes connect no two models, or the connected ones are all alike.
///
/// # Panics
/// When there are not as many rows as models, or rows differ in length.
#[must_use]
pub fn fit_factors(pairs: &Pairs, voters: Option<&Voters>, makings: &[Vec<f64>]) -> Option<FactorFit> {
    assert_eq!(makings.len(), pairs.models(), "each model has makings");
    let members = components::groups(pairs).into_iter().next()?;
    let battles = Battles::inside(pairs, &members);
    let makings: Vec<&[f64]> = members.iter().map(|&member| makings[member].as_slice()).collect();
    let rows = echelon(&makings);
    if rows.is_empty() {
        return None;
    }
    let columns: Vec<Vec<f64>> = rows.iter().map(|(first, _)| centred(&makings, *first)).collect();
    let strengths = |values: &[f64]| -> Vec<f64> {
        let of_member = |at: usize| columns.iter().zip(values).map(|(column, value)| column[at] * value).sum();
        (0..members.len()).map(of_member).collect()
    };
    let mut values = vec![0.0; rows.len()];
    let mut point = battles.at(&strengths(&values));
    for step in 0.. {
        let gradient: Vec<f64> = columns.iter().map(|column| super::linear::dot(column, &point.gradient)).collect();
        let change = seen_through(&point.hessian, &columns).cholesky()?.solve(&gradient);
        let size = change.iter().fold(0.0, |size: f64, change| size.max(change.abs()));
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = values.iter().zip(&change).map(|(value, change)| value + share * change).collect();
            let reached = battles.at(&strengths(&next));
            // Within so small a step the likelihood is too coarse to show what it gains.
            if reached.log_likelihood >= point.log_likelihood || size < 1e-3 {
                (values, point) = (next, reached);
                break;
            }
            share /= 2.0;
        }
        if size < 1e-8 {
            break;
        }
        if step == MAX_STEPS {
            return None;
        }
    }
    let bread = seen_through(&point.hessian, &columns).cholesky()?.inverse();
    let x = strengths(&values);
    let scatter = Scatter::of(&battles, &x, &spread_out(&bread, &columns));
    let (mut meat, voters) = match voters {
        None => (scatter.independent(), None),
        Some(voters) => {
            let (meat, clusters) = clustered(&scatter, &members, voters);
            (meat, Some(clusters))
        }
    };
    scatter.add_floor(&mut meat);
    let covariance = bread.sandwich(&seen_through(&meat, &columns));
    Some(FactorFit { members, voters, rows, values, covariance })
}

impl FactorFit {
    /// A combination of effects, such as one level less another, in units of strength; nothing where the models do not
    /// tell it apart from others.
    #[must_use]
    pub fn effect(&self, combination: &[f64]) -> Option<Effect> {
        let parts: Vec<f64> = self.rows.iter().map(|(first, _)| combination[*first]).collect();
        let mut rest = combination.to_vec();
        for ((_, row), part) in self.rows.iter().zip(&parts) {
            super::linear::add_scaled(&mut rest, row, -part);
        }
        if rest.iter().any(|rest| rest.abs() > 1e-6) {
            return None;
        }
        let coefficient = super::linear::dot(&parts, &self.values);
        let variance = super::linear::dot(&parts, &self.covariance.times(&parts)).max(0.0);
        let standard_error = variance.sqrt();
        let reach = t95(self.voters.map(|voters| voters.effective - 1.0));
        let margin = if standard_error == 0.0 { 0.0 } else { reach * standard_error };
        Some(Effect { coefficient, standard_error, margin })
    }
}

/// The reduced echelon form of what models differ by, with the column in which each row begins.
fn echelon(makings: &[&[f64]]) -> Vec<(usize, Vec<f64>)> {
    let Some((first, others)) = makings.split_first() else { return Vec::new() };
    let mut left: Vec<Vec<f64>> =
        others.iter().map(|row| row.iter().zip(*first).map(|(one, other)| one - other).collect()).collect();
    let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
    for column in 0..first.len() {
        let Some(at) = (0..left.len()).max_by(|&i, &j| left[i][column].abs().total_cmp(&left[j][column].abs())) else {
            break;
        };
        let size = left[at][column];
        if size.abs() < NOTHING {
            continue;
        }
        let mut row = left.swap_remove(at);
        row.iter_mut().for_each(|value| *value /= size);
        for other in left.iter_mut().chain(rows.iter_mut().map(|one| &mut one.1)) {
            let factor = other[column];
            super::linear::add_scaled(other, &row, -factor);
        }
        rows.push((column, row));
    }
    rows
}

/// A column of the makings less its mean: only differences of strengths mean something.
fn centred(makings: &[&[f64]], column: usize) -> Vec<f64> {
    let mean = makings.iter().map(|row| row[column]).sum::<f64>() / makings.len() as f64;
    makings.iter().map(|row| row[column] - mean).collect()
}

/// `Cᵀ M C`: a matrix over models as one over effects.
fn seen_through(matrix: &Symmetric, columns: &[Vec<f64>]) -> Symmetric {
    let mut seen = Symmetric::zero(columns.len());
    for (i, column) in columns.iter().enumerate() {
        let times = matrix.times(column);
        for (j, other) in columns[..=i].iter().enumerate() {
            seen.add(i, j, super::linear::dot(&times, other));
        }
    }
    seen
}

/// `C M Cᵀ`: a matrix over effects as one over models.
fn spread_out(matrix: &Symmetric, columns: &[Vec<f64>]) -> Symmetric {
    let models = columns.first().map_or(0, Vec::len);
    let mut spread = Symmetric::zero(models);
    for a in 0..models {
        let own: Vec<f64> = columns.iter().map(|column| column[a]).collect();
        let times = matrix.times(&own);
        for b in 0..=a {
            let value = columns.iter().zip(&times).map(|(column, times)| column[b] * times).sum();
            spread.add(a, b, value);
        }
    }
    spread
}
