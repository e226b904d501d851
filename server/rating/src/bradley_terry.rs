//! Bradley-Terry ratings: the strengths under which the votes are most likely.
//!
//! `P(i beats j) = 1 / (1 + exp(x_j - x_i))`, with half a win each for ties. The maximum is found
//! by Newton's method on the tallies of pairs. It is exact, or it is not there at all: no ridge
//! pulls it, and models that the votes cannot compare are told apart instead (see [`Unrated`]).

use super::components::{self, Unrated};
use super::covariance::Covariance;
use super::likelihood::Battles;
use super::{Pairs, Scale, Voters};

/// A model's rating among those that it can be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rated {
    /// Which group it belongs to, 0 being the largest. Ratings of two groups are not comparable.
    pub group: usize,
    pub rating: f64,
    /// Its robust standard error (sandwich, clustered by voter where voters are known), measured against what the
    /// gauge names.
    pub standard_error: f64,
    /// Half the width of its 95 % interval.
    pub margin: f64,
}

impl Rated {
    /// The 95 % interval.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        (self.rating - self.margin, self.rating + self.margin)
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

/// Models that are rated among each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Their numbers, ascending.
    pub members: Vec<usize>,
    /// Their strengths, numbered as in `members`, in natural units; only differences mean something.
    pub strengths: Vec<f64>,
    /// How certain the strengths are.
    pub covariance: Covariance,
}

/// What the votes say of all models.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Of each model.
    pub standings: Vec<Standing>,
    /// The groups that are rated, each apart from the others, the largest first.
    pub groups: Vec<Group>,
}

/// Fits the ratings as if each vote were another person's.
#[must_use]
pub fn fit(pairs: &Pairs, scale: Scale) -> Fit {
    fit_clustered(pairs, None, scale)
}

/// Fits the ratings; with intervals that know that one person's votes share one taste, where it is known whose they are.
/// `voters` must hold the votes of `pairs`.
#[must_use]
pub fn fit_clustered(pairs: &Pairs, voters: Option<&Voters>, scale: Scale) -> Fit {
    let unrated = |model| Standing::Unrated(components::reason(pairs, model));
    let mut standings: Vec<Standing> = (0..pairs.models()).map(unrated).collect();
    let factor = scale.factor();
    let mut groups = Vec::new();
    for (group, members) in components::groups(pairs).into_iter().enumerate() {
        let battles = Battles::inside(pairs, &members);
        let strengths = battles.maximise(None);
        let covariance = Covariance::of(&battles, &members, &strengths, voters);
        let exposure = battles.exposure();
        let weights = scale.weights(&members, |member| exposure[member]);
        let origin: f64 = weights.iter().zip(&strengths).map(|(weight, x)| weight * x).sum();
        let reach = covariance.reach();
        for ((&model, x), variance) in members.iter().zip(&strengths).zip(covariance.against(&weights)) {
            let standard_error = factor * variance.sqrt();
            let rating = scale.center + factor * (x - origin);
            // A model that is measured against itself is certain, whatever the reach.
            let margin = if standard_error == 0.0 { 0.0 } else { reach * standard_error };
            standings[model] = Standing::Rated(Rated { group, rating, standard_error, margin });
        }
        groups.push(Group { members, strengths, covariance });
    }
    Fit { standings, groups }
}
