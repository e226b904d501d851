//! Intervals by drawing the votes anew: a check of the formulas that anyone can run, and slower by as many times as it draws.

use super::components;
use super::likelihood::Battles;
use super::random::Random;
use super::{Gauge, Pairs, Scale, Tally, Voters, fit};

/// What the ratings were in each round.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// Round by round, of each model; nothing where the round's votes give it no finite rating, or one in a smaller group.
    pub rounds: Vec<Vec<Option<f64>>>,
}

impl Bootstrap {
    /// Draws as many votes as there are, with replacement, and rates the models by them. The same seed draws the same.
    #[must_use]
    pub fn of_votes(pairs: &Pairs, scale: Scale, rounds: usize, seed: u64) -> Self {
        let cells: Vec<(usize, usize, [u64; 3])> =
            pairs.met().map(|(a, b, tally)| (a, b, [tally.wins, tally.losses, tally.halves()])).collect();
        let votes: u64 = cells.iter().flat_map(|cell| cell.2).sum();
        Self::run(pairs, scale, rounds, seed, |random| {
            let mut drawn = Pairs::new(pairs.models());
            // One cell after the other: how many of the votes that are left fall into it.
            let (mut to_draw, mut left) = (votes, votes);
            for &(a, b, counts) in &cells {
                let [wins, losses, ties] = counts.map(|count| {
                    let drawn = random.binomial(to_draw, count as f64 / left.max(1) as f64);
                    to_draw -= drawn;
                    left -= count;
                    drawn
                });
                drawn.add(a, b, Tally { wins, losses, ties, both_bad: 0 });
            }
            drawn
        })
    }

    /// Draws as many voters as there are, with replacement and with all their votes.
    #[must_use]
    pub fn of_voters(pairs: &Pairs, voters: &Voters, scale: Scale, rounds: usize, seed: u64) -> Self {
        let models = pairs.models();
        Self::run(pairs, scale, rounds, seed, |random| {
            let mut times = vec![0_u32; voters.len()];
            for _ in 0..voters.len() {
                times[random.below(voters.len())] += 1;
            }
            let mut sums = vec![[0_u64; 3]; models * models];
            for (counts, times) in voters.each().zip(times) {
                for one in counts {
                    let sum = &mut sums[usize::from(one.a) * models + usize::from(one.b)];
                    sum[0] += u64::from(times) * u64::from(one.wins);
                    sum[1] += u64::from(times) * u64::from(one.losses);
                    sum[2] += u64::from(times) * u64::from(one.halves);
                }
            }
            let mut drawn = Pairs::new(models);
            for (at, [wins, losses, ties]) in sums.into_iter().enumerate() {
                if wins + losses + ties > 0 {
                    drawn.add(at / models, at % models, Tally { wins, losses, ties, both_bad: 0 });
                }
            }
            drawn
        })
    }

    fn run(pairs: &Pairs, scale: Scale, rounds: usize, seed: u64, mut draw: impl FnMut(&mut Random) -> Pairs) -> Self {
        let mut random = Random::seeded(seed);
        let known = fit(pairs, scale);
        let mut start = vec![0.0; pairs.models()];
        let anchor = match scale.gauge {
            Gauge::Anchor(anchor) => {
                known.groups.first().filter(|group| group.members.contains(&anchor)).map(|_| anchor)
            }
            Gauge::Mean | Gauge::VoteWeighted => None,
        };
        let exposure: Vec<f64> = (0..pairs.models()).map(|model| pairs.total(model).battles() as f64).collect();
        for group in &known.groups {
            for (&member, strength) in group.members.iter().zip(&group.strengths) {
                start[member] = *strength;
            }
        }
        let round = |_| {
            let drawn = draw(&mut random);
            let mut ratings = vec![None; drawn.models()];
            // Without the anchor a round's ratings would be measured from elsewhere.
            let has_anchor = |members: &Vec<usize>| anchor.is_none_or(|anchor| members.contains(&anchor));
            if let Some(members) = components::groups(&drawn).into_iter().next().filter(has_anchor) {
                let near: Vec<f64> = members.iter().map(|&member| start[member]).collect();
                let strengths = Battles::inside(&drawn, &members).maximise(Some(&near));
                // By the votes that there are, not those that were drawn: all rounds are measured alike.
                let weights = scale.weights(&members, |at| exposure[members[at]]);
                let origin: f64 = weights.iter().zip(&strengths).map(|(weight, x)| weight * x).sum();
                for (&member, x) in members.iter().zip(strengths) {
                    ratings[member] = Some(scale.center + scale.factor() * (x - origin));
                }
            }
            ratings
        };
        Self { rounds: (0..rounds).map(round).collect() }
    }

    /// A model's rating in the rounds that rate it, ascending.
    #[must_use]
    pub fn ratings(&self, model: usize) -> Vec<f64> {
        let mut ratings: Vec<f64> = self.rounds.iter().filter_map(|round| round[model]).collect();
        ratings.sort_by(f64::total_cmp);
        ratings
    }

    /// A model's standard error, where two rounds rate it.
    #[must_use]
    pub fn standard_error(&self, model: usize) -> Option<f64> {
        let ratings = self.ratings(model);
        let count = ratings.len() as f64;
        let mean = ratings.iter().sum::<f64>() / count;
        let squares: f64 = ratings.iter().map(|rating| (rating - mean).powi(2)).sum();
        (ratings.len() > 1).then(|| (squares / (count - 1.0)).sqrt())
    }

    /// The middle 95 % of a model's ratings. Nothing where a fortieth of the rounds gave it none: its end is open.
    #[must_use]
    pub fn interval(&self, model: usize) -> Option<(f64, f64)> {
        let ratings = self.ratings(model);
        let rounds = self.rounds.len();
        if ratings.is_empty() || (rounds - ratings.len()) * 40 > rounds {
            return None;
        }
        let at = |share: f64| ratings[(share * (ratings.len() - 1) as f64).round() as usize];
        Some((at(0.025), at(0.975)))
    }
}
