//! Votes until a newcomer's rating is as certain as wanted: `cargo bench --workspace --bench pairing [ROUNDS]`.
//!
//! A model joins others that are well known. Its standard error is measured against their plain mean. Three rules draw the
//! pairs: all alike; the Chatbot Arena paper's (Chiang et al. 2024), in proportion to `sqrt(V/n) - sqrt(V/(n+1))`, `V` being
//! the variance of a pair's votes and `n` how many it has, a pair that never met counting as one vote of the greatest
//! variance; and ours, with the share of even pairs that the service has by default.

use std::time::Instant;

use arena_rating::{Gauge, PairGains, PairingRules, Pairs, Scale, Tally, fit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Clone, Copy)]
enum Rule {
    Even,
    Paper,
    Ours,
}

/// A world: models that are known by so many votes a pair, and one newcomer, the last.
#[derive(Clone, Copy)]
struct World {
    known: usize,
    votes_a_pair: u64,
    wanted: f64,
}

impl World {
    fn strength(&self, model: usize) -> f64 {
        // From -150 to 150 points, the newcomer a little above the middle.
        let span = 300.0 * 10_f64.ln() / 400.0;
        if model == self.known { 0.1 * span } else { span * (model as f64 / (self.known - 1) as f64 - 0.5) }
    }

    fn win(&self, a: usize, b: usize) -> f64 {
        1.0 / (1.0 + (self.strength(b) - self.strength(a)).exp())
    }

    fn begin(&self, random: &mut ChaCha8Rng) -> Pairs {
        let mut pairs = Pairs::new(self.known + 1);
        for b in 0..self.known {
            for a in 0..b {
                let wins = (0..self.votes_a_pair).filter(|_| random.random::<f64>() < self.win(a, b)).count() as u64;
                pairs.add(a, b, Tally { wins, losses: self.votes_a_pair - wins, ..Tally::default() });
            }
        }
        pairs
    }

    /// The newcomer's standard error in points.
    fn error(&self, pairs: &Pairs) -> Option<f64> {
        let fit = fit(pairs, Scale { gauge: Gauge::Mean, ..Scale::default() });
        fit.standings[self.known].rated().map(|rated| rated.standard_error)
    }

    fn votes_needed(&self, rule: Rule, seed: u64) -> u64 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut pairs = self.begin(&mut random);
        let step = 25;
        for votes in (0..).step_by(step) {
            // A handful of votes all alike seems certain by mere chance.
            if pairs.total(self.known).battles() >= 50 && self.error(&pairs).is_some_and(|error| error <= self.wanted) {
                return votes;
            }
            let probabilities = probabilities(rule, &pairs);
            for _ in 0..step {
                let mut left: f64 = random.random();
                let drawn = probabilities.iter().find(|one| {
                    left -= one.2;
                    left < 0.0
                });
                let &(a, b, _) = drawn.unwrap_or(&probabilities[0]);
                pairs.add_score(a, b, f64::from(u8::from(random.random::<f64>() < self.win(a, b))));
            }
        }
        unreachable!("votes do not end")
    }
}

fn probabilities(rule: Rule, pairs: &Pairs) -> Vec<(usize, usize, f64)> {
    let models = pairs.models();
    let rules = PairingRules::even(models);
    let all: Vec<Option<usize>> = (0..models).map(Some).collect();
    match rule {
        Rule::Even => {
            PairGains::of(&Pairs::new(models)).probabilities(&all, &PairingRules { even_share: 1.0, ..rules })
        }
        Rule::Ours => PairGains::of(pairs).probabilities(&all, &rules),
        Rule::Paper => {
            let one = |(a, b)| {
                let tally = pairs.get(a, b);
                let n = tally.battles().max(1) as f64;
                let p = tally.win_rate().unwrap_or(0.5);
                // A pair that has gone one way so far may still surprise: Laplace's rule.
                let p = (p * n + 1.0) / (n + 2.0);
                let variance = p * (1.0 - p);
                (a, b, (variance / n).sqrt() - (variance / (n + 1.0)).sqrt())
            };
            let found: Vec<_> = (0..models).flat_map(|b| (0..b).map(move |a| (a, b))).map(one).collect();
            let sum: f64 = found.iter().map(|one| one.2).sum();
            found.into_iter().map(|(a, b, gain)| (a, b, gain / sum)).collect()
        }
    }
}

fn main() {
    let rounds: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let begun = Instant::now();
    println!("models votes/pair wanted ± | even | paper | ours | even/ours");
    for (known, votes_a_pair) in [(9, 500), (19, 500), (49, 200)] {
        for wanted in [30.0, 20.0, 12.0] {
            let world = World { known, votes_a_pair, wanted };
            let mean = |rule| (1..=rounds).map(|seed| world.votes_needed(rule, seed)).sum::<u64>() / rounds;
            let [even, paper, ours] = [Rule::Even, Rule::Paper, Rule::Ours].map(mean);
            let times = even as f64 / ours as f64;
            println!("{known:4}+1 {votes_a_pair:10} {wanted:8} | {even:6} | {paper:6} | {ours:6} | {times:5.1}");
        }
    }
    println!("{rounds} rounds, {:.0} s", begun.elapsed().as_secs_f64());
}
