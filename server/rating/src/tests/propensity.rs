//! Votes weighted by how unlikely their pairs were.

use super::*;
use crate::random::Random;

/// Three models of which the first beats the second by much more than the third, who is the second's equal against it.
const CHANCES: [(usize, usize, f64); 3] = [(0, 1, 0.9), (0, 2, 0.5), (1, 2, 0.5)];

fn votes(draws: [f64; 3], count: usize, seed: u64) -> Vec<DrawnVote> {
    let mut random = Random::seeded(seed);
    let vote = |at: usize| {
        let drawn = random.uniform();
        let pair = if drawn < draws[0] { 0 } else { 1 + usize::from(drawn >= draws[0] + draws[1]) };
        let (a, b, p) = CHANCES[pair];
        let score = f64::from(u8::from(random.uniform() < p));
        DrawnVote { voter: at as u32, a: a as u32, b: b as u32, score, probability: draws[pair] / 2.0 }
    };
    (0..count).map(vote).collect()
}

fn plain(votes: &[DrawnVote]) -> Vec<f64> {
    let mut pairs = Pairs::new(3);
    votes.iter().for_each(|vote| pairs.add_score(vote.a as usize, vote.b as usize, vote.score));
    fit(&pairs, Scale { gauge: Gauge::Mean, ..Scale::default() })
        .standings
        .iter()
        .map(|one| one.rated().unwrap().rating)
        .collect()
}

#[test]
fn uneven_draws_come_to_what_even_ones_do() {
    let scale = Scale { gauge: Gauge::Mean, ..Scale::default() };
    let truth = plain(&votes([1.0 / 3.0; 3], 300_000, 1));
    let uneven = votes([0.8, 0.1, 0.1], 30_000, 2);
    let weighted = fit_inverse_propensity(3, &uneven, scale);
    let unweighted = plain(&uneven);
    for (model, rated) in weighted {
        assert!((rated.rating - truth[model]).abs() < 2.0 * rated.margin && rated.margin < 12.0, "{model}: {rated:?}");
    }
    assert!((unweighted[0] - truth[0]).abs() > 30.0, "else nothing was shown: {unweighted:?} and {truth:?}");
}

#[test]
fn of_even_draws_it_is_bradley_terry() {
    let even = votes([1.0 / 3.0; 3], 3000, 3);
    let mut pairs = Pairs::new(3);
    even.iter().for_each(|vote| pairs.add_score(vote.a as usize, vote.b as usize, vote.score));
    let listed = even.iter().map(|vote| (vote.voter, vote.a as usize, vote.b as usize, vote.score));
    let wanted = fit_clustered(&pairs, Some(&Voters::from_votes(3000, listed)), Scale::default());
    for (model, rated) in fit_inverse_propensity(3, &even, Scale::default()) {
        let wanted = wanted.standings[model].rated().unwrap();
        assert_close(rated.rating, wanted.rating, 1e-6, "rating");
        assert_close(rated.margin / wanted.margin, 1.0, 0.01, "margin");
    }
    assert_eq!(fit_inverse_propensity(3, &[], Scale::default()), []);
}

#[test]
fn weighted_intervals_hold_the_truth() {
    let scale = Scale { gauge: Gauge::Mean, ..Scale::default() };
    let truth = plain(&votes([1.0 / 3.0; 3], 1_000_000, 4));
    let (mut held, mut all) = (0, 0);
    for seed in 100..400 {
        for (model, rated) in fit_inverse_propensity(3, &votes([0.6, 0.2, 0.2], 600, seed), scale) {
            held += u32::from((rated.rating - truth[model]).abs() <= rated.margin);
            all += 1;
        }
    }
    let share = f64::from(held) / f64::from(all);
    assert!((0.93..=0.97).contains(&share), "{share}");
}
