//! How often a 95 % interval holds the truth: `cargo bench -p arena-rating --bench coverage [ROUNDS]
//! [factors]`, the latter for the worlds of factors alone.
//!
//! Votes are drawn from a world that is known: models of known strength, ties as Davidson has them, and voters each with
//! a taste of their own. The truth of a rating is then what endlessly many votes would come to.

use std::time::Instant;

use arena_rating::{Effect, Fit, Pairs, Scale, Standing, Tally, Voters, fit, fit_clustered, fit_factors, rank_ranges};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Which pairs are drawn.
#[derive(Clone, Copy, PartialEq)]
enum Exposure {
    /// All alike.
    Uniform,
    /// The first model fifteen times as often as the last.
    Skewed,
    /// The last model in one vote of fifty.
    Newcomer,
}

/// One line of the table.
#[derive(Clone, Copy)]
struct World {
    votes: usize,
    models: usize,
    ties: f64,
    /// How many voters, each with as many votes; or each vote another's.
    voters: Option<usize>,
    /// The standard deviation of one voter's taste for one model, in units of strength.
    taste: f64,
    exposure: Exposure,
    /// From the weakest to the strongest, in points; at 0 every order that is claimed is wrong.
    span: f64,
    /// Whether nine models are three bases in three quantisations, whose effects are looked at too.
    of_factors: bool,
}

/// What was found.
#[derive(Default)]
struct Found {
    rated: (u64, u64),
    ratings: (u64, u64),
    differences: (u64, u64),
    ranks: (u64, u64),
    effects: (u64, u64),
    width: f64,
}

impl World {
    fn strength(&self, model: usize) -> f64 {
        if self.of_factors {
            return [0.0, 0.5, -0.3][model / 3] - [0.0, 0.1, 0.6][model % 3];
        }
        self.span * 10_f64.ln() / 400.0 * (0.5 - model as f64 / (self.models - 1) as f64)
    }

    fn weight(&self, model: usize) -> f64 {
        let last = self.models - 1;
        match self.exposure {
            Exposure::Uniform => 1.0,
            Exposure::Skewed => 15_f64.powf(-(model as f64) / last as f64),
            Exposure::Newcomer => {
                if model == last {
                    0.02 * last as f64 / 2.0
                } else {
                    1.0
                }
            }
        }
    }

    /// Davidson's constant for about the wanted share of ties.
    fn tie(&self) -> f64 {
        2.1 * self.ties / (1.0 - self.ties)
    }

    /// Chances of win, tie and loss at a difference.
    fn chances(&self, d: f64) -> [f64; 3] {
        let (win, loss) = ((0.5 * d).exp(), (-0.5 * d).exp());
        let sum = win + loss + self.tie();
        [win / sum, self.tie() / sum, loss / sum]
    }

    fn pairs(&self) -> Vec<(usize, usize, f64)> {
        let all = (0..self.models).flat_map(|b| (0..b).map(move |a| (a, b)));
        let all: Vec<_> = all.map(|(a, b)| (a, b, self.weight(a) * self.weight(b))).collect();
        let sum: f64 = all.iter().map(|one| one.2).sum();
        all.into_iter().map(|(a, b, weight)| (a, b, weight / sum)).collect()
    }

    /// Columns: bases, then quantisations.
    fn makings(&self) -> Vec<Vec<f64>> {
        let row = |model: usize| (0..6).map(|at| f64::from(u8::from(at == model / 3 || at == 3 + model % 3))).collect();
        (0..self.models).map(row).collect()
    }

    /// The counts that endlessly many votes would come to.
    fn endless(&self) -> Pairs {
        let mut pairs = Pairs::new(self.models);
        for (a, b, weight) in self.pairs() {
            let (d, spread) = (self.strength(a) - self.strength(b), 2_f64.sqrt() * self.taste);
            // The mean over all tastes, by the midpoint rule on ±6 standard deviations.
            let (mut score, mut sum) = (0.0, 0.0);
            for step in -60..=60 {
                let z = f64::from(step) / 10.0;
                let density = (-0.5 * z * z).exp();
                let [win, tie, _] = self.chances(d + spread * z);
                score += density * (win + 0.5 * tie);
                sum += density;
            }
            let count = |share: f64| (1e12 * weight * share).round() as u64;
            let score = score / sum;
            pairs.add(a, b, Tally { wins: count(score), losses: count(1.0 - score), ..Tally::default() });
        }
        pairs
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> (Pairs, Voters) {
        let cumulated: Vec<(usize, usize, f64)> = self
            .pairs()
            .into_iter()
            .scan(0.0, |sum, (a, b, weight)| {
                *sum += weight;
                Some((a, b, *sum))
            })
            .collect();
        let mut normal = || {
            let (u, v): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
            (-2.0 * u.ln()).sqrt() * (2.0 * std::f64::consts::PI * v).cos()
        };
        let voters = self.voters.unwrap_or(self.votes);
        let tastes: Vec<f64> =
            (0..voters * self.models).map(|_| if self.taste > 0.0 { self.taste * normal() } else { 0.0 }).collect();
        let mut pairs = Pairs::new(self.models);
        let votes: Vec<(u32, usize, usize, f64)> = (0..self.votes)
            .map(|vote| {
                let voter = vote % voters;
                let drawn: f64 = random.random();
                let (a, b, _) = cumulated[cumulated.partition_point(|one| one.2 < drawn).min(cumulated.len() - 1)];
                let taste = &tastes[voter * self.models..(voter + 1) * self.models];
                let [win, tie, _] = self.chances(self.strength(a) - self.strength(b) + taste[a] - taste[b]);
                let drawn: f64 = random.random();
                let (score, tally) = if drawn < win {
                    (1.0, Tally { wins: 1, ..Tally::default() })
                } else if drawn < win + tie {
                    (0.5, Tally { ties: 1, ..Tally::default() })
                } else {
                    (0.0, Tally { losses: 1, ..Tally::default() })
                };
                pairs.add(a, b, tally);
                (voter as u32, a, b, score)
            })
            .collect();
        (pairs, Voters::from_votes(voters, votes.iter().copied()))
    }

    fn study(&self, rounds: usize, seed: u64) -> Found {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let endless = self.endless();
        let truth = fit(&endless, Scale::default()).groups[0].strengths.clone();
        // Both others against the first, of bases and of quantisations.
        let contrast = |level: usize, other: usize| -> Vec<f64> {
            (0..6).map(|at| f64::from(u8::from(at == level)) - f64::from(u8::from(at == other))).collect()
        };
        let contrasts = [contrast(1, 0), contrast(2, 0), contrast(4, 3), contrast(5, 3)];
        let effects = |pairs: &Pairs, voters: Option<&Voters>| -> Vec<Option<Effect>> {
            let fit = fit_factors(pairs, voters, &self.makings());
            contrasts.iter().map(|contrast| fit.as_ref().and_then(|fit| fit.effect(contrast))).collect()
        };
        let true_effects = if self.of_factors { effects(&endless, None) } else { Vec::new() };
        let mut found = Found::default();
        for _ in 0..rounds {
            let (pairs, voters) = self.draw(&mut random);
            let fit = fit_clustered(&pairs, self.voters.map(|_| &voters), Scale::default());
            found.add(&fit, &pairs, &truth);
            if self.of_factors {
                for pair in effects(&pairs, self.voters.map(|_| &voters)).iter().zip(&true_effects) {
                    let (Some(effect), Some(truth)) = pair else { continue };
                    found.effects.1 += 1;
                    let error = (effect.coefficient - truth.coefficient).abs();
                    found.effects.0 += u64::from(error <= effect.margin);
                }
            }
        }
        found
    }
}

impl Found {
    fn add(&mut self, fit: &Fit, pairs: &Pairs, truth: &[f64]) {
        self.rated.1 += truth.len() as u64;
        let Some(group) = fit.groups.first() else { return };
        self.rated.0 += group.members.len() as u64;
        let factor = 400.0 / 10_f64.ln();
        let exposure = |model: &usize| -> f64 {
            group.members.iter().map(|other| pairs.get(*model, *other).battles() as f64).sum()
        };
        let sum: f64 = group.members.iter().map(exposure).sum();
        let origin: f64 = group.members.iter().map(|model| exposure(model) / sum * truth[*model]).sum();
        for &model in &group.members {
            let Standing::Rated(rated) = fit.standings[model] else { continue };
            let true_rating = 1000.0 + factor * (truth[model] - origin);
            self.ratings.1 += 1;
            self.ratings.0 += u64::from((rated.rating - true_rating).abs() <= rated.margin);
            self.width += rated.margin;
        }
        let ranges = rank_ranges(&group.strengths, &group.covariance);
        let is_held = |(at, range): (usize, &arena_rating::RankRange)| {
            // The truth is known to the last digits only.
            let own = truth[group.members[at]] + 1e-6;
            let better = group.members.iter().filter(|&&other| truth[other] > own).count();
            (range.best..=range.worst).contains(&(1 + better))
        };
        self.ranks.1 += 1;
        self.ranks.0 += u64::from(ranges.iter().enumerate().all(is_held));
        let reach = group.covariance.reach();
        for i in 0..group.members.len() {
            for j in 0..i {
                let error = group.strengths[i] - group.strengths[j] - truth[group.members[i]] + truth[group.members[j]];
                self.differences.1 += 1;
                self.differences.0 += u64::from(error.abs() <= reach * group.covariance.difference(i, j).sqrt());
            }
        }
    }
}

fn percent((part, whole): (u64, u64)) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn worlds() -> Vec<World> {
    let plain = World {
        votes: 500,
        models: 5,
        ties: 0.23,
        voters: None,
        taste: 0.0,
        exposure: Exposure::Uniform,
        span: 300.0,
        of_factors: false,
    };
    let mut worlds = Vec::new();
    for models in [5, 20] {
        for votes in [60, 200, 500, 2000] {
            worlds.extend([0.0, 0.23, 0.5].map(|ties| World { votes, models, ties, ..plain }));
        }
        for votes in [200, 500, 2000] {
            let few = [Exposure::Skewed, Exposure::Newcomer];
            worlds.extend(few.map(|exposure| World { votes, models, exposure, ..plain }));
        }
        for voters in [Some(25), Some(100), Some(200)] {
            for votes in [500, 2000] {
                worlds.extend([0.0, 0.5, 1.0].map(|taste| World { votes, models, voters, taste, ..plain }));
            }
        }
        for voters in [None, Some(25), Some(200)] {
            worlds.push(World { votes: 2000, models, voters, taste: 0.5, span: 0.0, ..plain });
        }
    }
    let factors = World { models: 9, of_factors: true, ..plain };
    for exposure in [Exposure::Uniform, Exposure::Skewed, Exposure::Newcomer] {
        worlds.extend([200, 500, 2000].map(|votes| World { votes, exposure, ..factors }));
    }
    for voters in [Some(25), Some(100), Some(200)] {
        worlds.extend([0.0, 0.5, 1.0].map(|taste| World { votes: 2000, voters, taste, ..factors }));
    }
    worlds
}

fn main() {
    let rounds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(400);
    let only_factors = std::env::args().any(|argument| argument == "factors");
    let begun = Instant::now();
    println!(
        "votes models ties voters taste exposure span | rated % | ratings % | differences % | all ranks % | effects % | mean margin"
    );
    for (at, world) in worlds().into_iter().enumerate() {
        if only_factors && !world.of_factors {
            continue;
        }
        let found = world.study(rounds, at as u64 + 1);
        let exposure = match world.exposure {
            Exposure::Uniform => "uniform",
            Exposure::Skewed => "skewed",
            Exposure::Newcomer => "newcomer",
        };
        let voters = world.voters.map_or("-".to_owned(), |voters| voters.to_string());
        let [ratings, differences, ranks] = [found.ratings, found.differences, found.ranks].map(percent);
        let holds = [ratings, differences].iter().all(|share| (93.0..=97.0).contains(share)) && ranks >= 95.0;
        let effects = percent(found.effects);
        let holds = holds && (!world.of_factors || (93.0..=97.0).contains(&effects));
        let effects = if world.of_factors { format!("{effects:.1}") } else { "-".to_owned() };
        let miss = if holds { "" } else { "  <-- outside 93–97" };
        println!(
            "{:5} {:6} {:4.0} {:>6} {:5.1} {exposure:8} {:4.0} | {:7.1} | {ratings:9.1} | {differences:13.1} | {ranks:11.1} | {effects:>9} | {:6.1}{miss}",
            world.votes,
            world.models,
            100.0 * world.ties,
            voters,
            world.taste,
            world.span,
            percent(found.rated),
            found.width / found.ratings.1.max(1) as f64,
        );
    }
    println!("{rounds} rounds a row, {:.0} s", begun.elapsed().as_secs_f64());
}
