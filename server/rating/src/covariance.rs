//! How certain strengths are: the robust covariance `A⁻¹ G A⁻¹` (sandwich; Huber 1967, White 1982), where `A` is the
//! negative second derivative and `G` what the votes' own scatter makes of the first one.

use super::distribution::t95;
use super::likelihood::Battles;
use super::linear::Symmetric;
use super::scatter::{Scatter, clustered};
use super::{Clusters, Voters};

/// The covariance of a group's strengths, numbered as its members.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    matrix: Symmetric,
    voters: Option<Clusters>,
}

impl Covariance {
    pub(crate) fn of(battles: &Battles, members: &[usize], x: &[f64], voters: Option<&Voters>) -> Self {
        let Some(information) = battles.information(x) else { return Self::unknown(battles.models) };
        let bread = information.inverse();
        let scatter = Scatter::of(battles, x, &bread);
        let (mut meat, voters) = match voters {
            None => (scatter.independent(), None),
            Some(voters) => {
                let (meat, clusters) = clustered(&scatter, members, voters);
                (meat, Some(clusters))
            }
        };
        scatter.add_floor(&mut meat);
        Self::new(bread.sandwich(&meat), voters)
    }

    pub(crate) fn new(matrix: Symmetric, voters: Option<Clusters>) -> Self {
        Self { matrix, voters }
    }

    /// Of strengths so far apart that these numbers cannot say it, or that may be as far apart as one likes.
    pub(crate) fn unknown(models: usize) -> Self {
        let mut matrix = Symmetric::zero(models);
        (0..models).for_each(|i| matrix.add(i, i, f64::INFINITY));
        Self::new(matrix, None)
    }

    /// The variance of the difference between two members.
    #[must_use]
    pub fn difference(&self, i: usize, j: usize) -> f64 {
        (self.matrix.get(i, i) + self.matrix.get(j, j) - 2.0 * self.matrix.get(i, j)).max(0.0)
    }

    /// The variance of each member against the weighted mean of all.
    pub(crate) fn against(&self, weights: &[f64]) -> Vec<f64> {
        let shared = self.matrix.times(weights);
        let own: f64 = shared.iter().zip(weights).map(|(shared, weight)| shared * weight).sum();
        (0..weights.len()).map(|i| (self.matrix.get(i, i) - 2.0 * shared[i] + own).max(0.0)).collect()
    }

    /// The same of some of the members only, in the order in which they are named.
    #[must_use]
    pub fn of_members(&self, chosen: &[usize]) -> Self {
        let mut matrix = Symmetric::zero(chosen.len());
        for (row, &i) in chosen.iter().enumerate() {
            for (column, &j) in chosen[..=row].iter().enumerate() {
                matrix.add(row, column, self.matrix.get(i, j));
            }
        }
        Self::new(matrix, self.voters)
    }

    pub(crate) fn matrix(&self) -> &Symmetric {
        &self.matrix
    }

    /// How many members there are.
    #[must_use]
    pub fn members(&self) -> usize {
        self.matrix.size()
    }

    /// How many people voted, where it is known.
    #[must_use]
    pub fn voters(&self) -> Option<Clusters> {
        self.voters
    }

    /// Student's degrees of freedom: one less than there are voters.
    #[must_use]
    pub fn degrees(&self) -> Option<f64> {
        self.voters.map(|voters| voters.effective - 1.0)
    }

    /// How many standard errors a 95 % interval reaches to each side.
    #[must_use]
    pub fn reach(&self) -> f64 {
        t95(self.degrees())
    }
}
