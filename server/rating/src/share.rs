//! Shares, such as win rates and approval, with intervals that know that one person's votes share one taste.

use super::distribution::t95;
use super::{Pairs, Tally, Voters};

/// A scatter below half that of tossed coins is taken for luck: a few ties do not make a win rate certain.
const LEAST_SCATTER: f64 = 0.5;

/// A share of votes and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub share: f64,
    pub lower: f64,
    pub upper: f64,
}

/// What a share is made of: the votes of each voter, summed up as they come.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ShareSum {
    voters: f64,
    votes: f64,
    score: f64,
    squared_votes: f64,
    squared_score: f64,
    product: f64,
}

impl ShareSum {
    /// Adds all votes of one voter: how many, and their score.
    pub fn add(&mut self, votes: f64, score: f64) {
        self.voters += 1.0;
        self.votes += votes;
        self.score += score;
        self.squared_votes += votes * votes;
        self.squared_score += score * score;
        self.product += votes * score;
    }

    /// The share of the score among the votes; nothing without a vote. Wilson's interval (1927) on as many votes as would
    /// tell as much were each another person's: the scatter between voters, `K/(K-1) Σ (s - p n)²`, divided by that of
    /// independent votes is the design effect (Kish 1965). Where nothing scatters, one person counts as one vote.
    #[must_use]
    pub fn share(&self) -> Option<Share> {
        if self.votes == 0.0 {
            return None;
        }
        let p = self.score / self.votes;
        let tossed = self.votes * p * (1.0 - p);
        let same = self.squared_votes / self.votes;
        let effect = if tossed == 0.0 || self.voters < 2.0 {
            same
        } else {
            let scatter = self.squared_score - 2.0 * p * self.product + p * p * self.squared_votes;
            (self.voters / (self.voters - 1.0) * scatter / tossed).max(LEAST_SCATTER)
        };
        let n = self.votes / effect;
        // One person alone: nothing is known of how others would differ.
        let reach = if self.voters < 2.0 { None } else { Some(self.votes.powi(2) / self.squared_votes - 1.0) };
        let z = t95(reach);
        if !z.is_finite() {
            return Some(Share { share: p, lower: 0.0, upper: 1.0 });
        }
        let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        Some(Share { share: p, lower: (middle - half).clamp(0.0, p), upper: (middle + half).clamp(p, 1.0) })
    }
}

/// The win rate of each model in each row against each in each column, with its interval; nothing for pairs that never met.
/// Where it is not known whose the votes are, each is another person's.
#[must_use]
pub fn pair_shares(pairs: &Pairs, voters: Option<&Voters>) -> Vec<Vec<Option<Share>>> {
    let models = pairs.models();
    // Seen from the model with the higher number; rows of a triangle.
    let at = |high: usize, low: usize| high * (high.saturating_sub(1)) / 2 + low;
    let mut sums = vec![ShareSum::default(); at(models, 0)];
    match voters {
        None => pairs.met().for_each(|(low, high, tally)| add_each(&mut sums[at(high, low)], tally.flipped())),
        Some(voters) => {
            let mut own = vec![(0.0, 0.0); sums.len()];
            let mut touched = Vec::new();
            for counts in voters.each() {
                for one in counts {
                    let (a, b) = (usize::from(one.a), usize::from(one.b));
                    if a.max(b) >= models {
                        continue;
                    }
                    let (votes, score) = (f64::from(one.battles()), 0.5 * f64::from(one.twice_score()));
                    let pair = at(a.max(b), a.min(b));
                    if own[pair].0 == 0.0 {
                        touched.push(pair);
                    }
                    own[pair].0 += votes;
                    own[pair].1 += if a > b { score } else { votes - score };
                }
                for pair in touched.drain(..) {
                    let (votes, score) = std::mem::take(&mut own[pair]);
                    sums[pair].add(votes, score);
                }
            }
        }
    }
    let shares: Vec<Option<Share>> = sums.iter().map(ShareSum::share).collect();
    let of = |row: usize, column: usize| match row.cmp(&column) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => shares[at(row, column)],
        std::cmp::Ordering::Less => shares[at(column, row)].map(Share::flipped),
    };
    (0..models).map(|row| (0..models).map(|column| of(row, column)).collect()).collect()
}

impl Share {
    /// The share of the others.
    #[must_use]
    pub fn flipped(self) -> Self {
        Self { share: 1.0 - self.share, lower: 1.0 - self.upper, upper: 1.0 - self.lower }
    }
}

fn add_each(sum: &mut ShareSum, tally: Tally) {
    let outcomes = [(tally.wins, 1.0), (tally.losses, 0.0), (tally.halves(), 0.5)];
    for (count, score) in outcomes {
        let count = count as f64;
        *sum = ShareSum {
            voters: sum.voters + count,
            votes: sum.votes + count,
            score: sum.score + count * score,
            squared_votes: sum.squared_votes + count,
            squared_score: sum.squared_score + count * score * score,
            product: sum.product + count * score,
        };
    }
}
