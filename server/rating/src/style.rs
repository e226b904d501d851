//! Style control: strengths and the effects of an answer's style, fitted together, so that long or decorated answers win no
//! rating by it (LMArena's "style control"). `logit P(a wins) = x_a - x_b + β · f`, ties half a win each.

use super::bradley_terry::Group;
use super::components;
use super::covariance::Covariance;
use super::distribution::t95;
use super::likelihood::Battles;
use super::linear::Symmetric;
use super::outer_sum::OuterSum;
use super::{Clusters, Pairs, Rated, Scale};

const MAX_STEPS: usize = 50;

/// One vote with what the two answers' styles differ by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StyleVote<const F: usize> {
    /// Whose it is; each vote its own number where that is not known.
    pub voter: u32,
    /// The first model.
    pub a: u32,
    /// The second.
    pub b: u32,
    /// The score of the first: 1, ½ or 0.
    pub score: f64,
    /// How the first answer's style differs from the second's.
    pub features: [f64; F],
}

/// The effect of one feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Added to the difference of strengths for each unit of the feature.
    pub coefficient: f64,
    pub standard_error: f64,
    /// Half the width of its 95 % interval.
    pub margin: f64,
}

/// Ratings without, and effects of, style.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleFit<const F: usize> {
    /// The models of the largest group that votes connect, ascending, with their ratings.
    pub rated: Vec<(usize, Rated)>,
    /// The same models, and how certain their strengths are.
    pub group: Group,
    /// The features' effects.
    pub effects: [Effect; F],
}

/// How two answers differ in one count (tokens, headers, list items, bold passages): `(a - b) / (a + b)`, 0 where both have
/// none.
#[must_use]
pub fn style_difference(a: u64, b: u64) -> f64 {
    if a + b == 0 { 0.0 } else { (a as f64 - b as f64) / (a as f64 + b as f64) }
}

/// Brings each feature to mean 0 and standard deviation 1, as arena-rank does before it fits. A feature that never differs
/// becomes 0.
pub fn standardise<const F: usize>(votes: &mut [StyleVote<F>]) {
    let count = votes.len() as f64;
    for feature in 0..F {
        let mean = votes.iter().map(|vote| vote.features[feature]).sum::<f64>() / count;
        let squares: f64 = votes.iter().map(|vote| (vote.features[feature] - mean).powi(2)).sum();
        let deviation = (squares / count).sqrt();
        for vote in &mut *votes {
            let value = vote.features[feature] - mean;
            vote.features[feature] = if deviation > 0.0 { value / deviation } else { 0.0 };
        }
    }
}

/// Fits the largest group of models that votes connect both ways. Nothing where there is none, or where a feature tells all
/// votes apart or none, so that no finite effect is the best.
#[must_use]
pub fn fit_style<const F: usize>(models: usize, votes: &[StyleVote<F>], scale: Scale) -> Option<StyleFit<F>> {
    let mut pairs = Pairs::new(models);
    votes.iter().for_each(|vote| pairs.add_score(vote.a as usize, vote.b as usize, vote.score));
    let members = components::groups(&pairs).into_iter().next()?;
    let battles = Battles::inside(&pairs, &members);
    let mut numbers = vec![u32::MAX; models];
    members.iter().zip(0..).for_each(|(&member, number)| numbers[member] = number);
    let numbered = votes.iter().filter_map(|vote| {
        let (a, b) = (numbers[vote.a as usize], numbers[vote.b as usize]);
        (a != u32::MAX && b != u32::MAX).then_some(StyleVote { a, b, ..*vote })
    });
    let votes: Vec<StyleVote<F>> = numbered.collect();
    let models = members.len();

    let mut theta = battles.maximise(None);
    theta.extend([0.0; F]);
    let mut sums = Sums::at(models, &votes, &theta);
    for step in 0..MAX_STEPS {
        let change = sums.hessian.cholesky()?.solve(&sums.gradient);
        let size = change.iter().fold(0.0, |size: f64, change| size.max(change.abs()));
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = theta.iter().zip(&change).map(|(x, change)| x + share * change).collect();
            let reached = Sums::at(models, &votes, &next);
            if reached.log_likelihood >= sums.log_likelihood || size < 1e-3 {
                (theta, sums) = (next, reached);
                break;
            }
            share /= 2.0;
            if share * size < 1e-12 {
                return None;
            }
        }
        // The error after a Newton step is of the order of its square.
        if size < 1e-6 {
            break;
        }
        if step + 1 == MAX_STEPS {
            return None;
        }
    }
    let bread = sums.hessian.cholesky()?.inverse();
    let (meat, voters) = clustered(models, &votes, &theta);
    let covariance = bread.sandwich(&meat);
    let reach = t95(Some(voters.effective - 1.0));
    let exposure = battles.exposure();
    let weights = scale.weights(&members, |member| exposure[member]);
    let origin: f64 = weights.iter().zip(&theta).map(|(weight, x)| weight * x).sum();
    let rated = members.iter().enumerate().map(|(at, &member)| {
        let mut contrast: Vec<f64> = weights.iter().map(|weight| -weight).chain([0.0; F]).collect();
        contrast[at] += 1.0;
        let variance: f64 = covariance.times(&contrast).iter().zip(&contrast).map(|(a, b)| a * b).sum();
        let standard_error = scale.factor() * variance.max(0.0).sqrt();
        let margin = if standard_error == 0.0 { 0.0 } else { reach * standard_error };
        let rating = scale.center + scale.factor() * (theta[at] - origin);
        (member, Rated { group: 0, rating, standard_error, margin })
    });
    let rated = rated.collect();
    let effects = std::array::from_fn(|feature| {
        let at = models + feature;
        let standard_error = covariance.get(at, at).max(0.0).sqrt();
        Effect { coefficient: theta[at], standard_error, margin: reach * standard_error }
    });
    let strengths_alone: Vec<usize> = (0..models).collect();
    let covariance = Covariance::new(covariance, Some(voters)).of_members(&strengths_alone);
    theta.truncate(models);
    let group = Group { members, strengths: theta, covariance };
    Some(StyleFit { rated, group, effects })
}

/// The chance that the first wins, and the difference it comes from.
fn chance<const F: usize>(models: usize, vote: &StyleVote<F>, theta: &[f64]) -> (f64, f64) {
    let style: f64 = vote.features.iter().zip(&theta[models..]).map(|(feature, effect)| feature * effect).sum();
    let d = theta[vote.a as usize] - theta[vote.b as usize] + style;
    (1.0 / (1.0 + (-d).exp()), d)
}

/// The likelihood and its derivatives: by strengths, and last by effects.
struct Sums {
    log_likelihood: f64,
    gradient: Vec<f64>,
    hessian: Symmetric,
}

impl Sums {
    fn at<const F: usize>(models: usize, votes: &[StyleVote<F>], theta: &[f64]) -> Self {
        // Summed up by pair, by model and feature, and by two features: the whole matrix is made of them once.
        let mut by_pair = vec![0.0; models * models];
        let mut by_model = vec![[0.0; F]; models];
        let mut by_features = [[0.0; F]; F];
        let mut gradient = vec![0.0; models + F];
        let mut of_effects = [0.0; F];
        let mut log_likelihood = 0.0;
        for vote in votes {
            let (p, d) = chance(models, vote, theta);
            let (a, b) = (vote.a as usize, vote.b as usize);
            // ln p = -ln(1 + e^-d), and ln(1 - p) = ln p - d.
            log_likelihood += p.max(f64::MIN_POSITIVE).ln() - (1.0 - vote.score) * d;
            let surprise = vote.score - p;
            gradient[a] += surprise;
            gradient[b] -= surprise;
            let weight = p * (1.0 - p);
            by_pair[a * models + b] += weight;
            let weighted = vote.features.map(|feature| weight * feature);
            for i in 0..F {
                of_effects[i] += surprise * vote.features[i];
                by_model[a][i] += weighted[i];
                by_model[b][i] -= weighted[i];
                for (to, feature) in by_features[i][..=i].iter_mut().zip(vote.features) {
                    *to += weighted[i] * feature;
                }
            }
        }
        gradient[models..].copy_from_slice(&of_effects);
        let mut hessian = Symmetric::zero(models + F);
        for a in 0..models {
            for b in (0..models).filter(|&b| b != a) {
                hessian.add_difference(a, b, by_pair[a * models + b]);
            }
            (0..F).for_each(|i| hessian.add(models + i, a, by_model[a][i]));
        }
        for (i, row) in by_features.iter().enumerate() {
            row[..=i].iter().enumerate().for_each(|(j, value)| hessian.add(models + i, models + j, *value));
        }
        hessian.lift(models);
        Self { log_likelihood, gradient, hessian }
    }
}

/// `K/(K-1) Σ s sᵀ` over voters, and how many there are.
fn clustered<const F: usize>(models: usize, votes: &[StyleVote<F>], theta: &[f64]) -> (Symmetric, Clusters) {
    let mut ends = vec![0_u32; votes.iter().map(|vote| vote.voter as usize + 1).max().unwrap_or(0)];
    votes.iter().for_each(|vote| ends[vote.voter as usize] += 1);
    let mut total = 0;
    ends.iter_mut().for_each(|end| total += std::mem::replace(end, total));
    let mut order = vec![0_u32; votes.len()];
    for (at, vote) in (0..).zip(votes) {
        let end = &mut ends[vote.voter as usize];
        order[*end as usize] = at;
        *end += 1;
    }
    let mut outer = OuterSum::new(models + F);
    let (mut count, mut squares, mut begin) = (0_usize, 0.0, 0);
    for end in ends {
        let own = &order[begin as usize..end as usize];
        begin = end;
        if own.is_empty() {
            continue;
        }
        outer.begin(2 * own.len() + F);
        for &at in own {
            let vote = &votes[at as usize];
            let surprise = vote.score - chance(models, vote, theta).0;
            outer.add(vote.a, vote.b, surprise);
            (0..F).for_each(|i| outer.add_one((models + i) as u32, surprise * vote.features[i]));
        }
        outer.finish();
        count += 1;
        squares += (own.len() as f64).powi(2);
    }
    let mut meat = outer.sum();
    if count > 1 {
        meat.scale(count as f64 / (count as f64 - 1.0));
    }
    (meat, Clusters { count, effective: (votes.len() as f64).powi(2) / squares })
}
