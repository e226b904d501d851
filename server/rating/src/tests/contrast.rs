//! Differences between two boards of the same models.

use super::*;
use crate::random::Random;

const MODELS: usize = 4;

/// Votes of two languages by the same voters, each with a taste of their own for the last model: both boards share it.
fn world(seed: u64, voters: usize, each: usize, taste: f64, gap: f64) -> ([Pairs; 2], Voters) {
    let mut random = Random::seeded(seed);
    let mut pairs = [Pairs::new(MODELS), Pairs::new(MODELS)];
    let mut votes = Vec::new();
    for voter in 0..voters {
        let liking = taste * random.normal();
        for _ in 0..each {
            let language = random.below(2);
            let a = random.below(MODELS);
            let b = (a + 1 + random.below(MODELS - 1)) % MODELS;
            let strength = |model: usize| {
                let own = if model == MODELS - 1 { liking } else { 0.0 };
                let better_here = if model == 0 && language == 0 { gap } else { 0.0 };
                0.3 * model as f64 + own + better_here
            };
            let won = random.uniform() < 1.0 / (1.0 + (strength(b) - strength(a)).exp());
            let score = f64::from(u8::from(won));
            pairs[language].add_score(a, b, score);
            votes.push((voter as u32, a + language * MODELS, b + language * MODELS, score));
        }
    }
    (pairs, Voters::from_votes(voters, votes.into_iter()))
}

#[test]
fn a_model_that_is_better_in_one_language_is_found_and_by_how_much() {
    let (pairs, voters) = world(1, 2000, 20, 0.0, 0.6);
    let found = rating_differences([&pairs[0], &pairs[1]], &voters, Scale::default());
    assert_eq!(found.len(), MODELS);
    let factor = 400.0 / 10_f64.ln();
    let first = found[0].difference - found[1].difference;
    assert!((first / factor - 0.6).abs() < 0.12, "{found:?}");
    assert!(found[0].difference > found[0].margin, "{found:?}");
    // Against the mean, what one gains the others lose.
    assert!(found[1..].iter().all(|one| one.difference < 0.0), "{found:?}");
}

#[test]
fn intervals_hold_the_truth_and_know_that_the_same_people_vote_on_both() {
    let (rounds, mut held, mut narrower) = (400, 0, 0);
    for seed in 0..rounds {
        let (pairs, voters) = world(seed, 100, 20, 1.0, 0.0);
        let found = rating_differences([&pairs[0], &pairs[1]], &voters, Scale::default());
        held += usize::from(found[3].difference.abs() <= found[3].margin);
        let alone = |language: usize| {
            let own = voters.each().map(|counts| {
                let own = counts.iter().filter(move |one| usize::from(one.a) / MODELS == language);
                own.map(move |one| {
                    let (a, b) = (usize::from(one.a) % MODELS, usize::from(one.b) % MODELS);
                    let tally = Tally { wins: one.wins.into(), losses: one.losses.into(), ..Tally::default() };
                    (a, b, tally)
                })
            });
            let mut voters = Voters::default();
            own.for_each(|counts| voters.push(counts));
            let fit = fit_clustered(&pairs[language], Some(&voters), Scale::default());
            fit.standings[3].rated().unwrap().standard_error
        };
        narrower += usize::from(found[3].standard_error < alone(0).hypot(alone(1)));
    }
    let coverage = held as f64 / rounds as f64;
    assert!((0.925..=0.985).contains(&coverage), "{coverage}");
    assert!(narrower > 380, "a taste that both boards share cancels out: {narrower} of {rounds}");
}

#[test]
fn boards_without_two_common_models_have_no_differences() {
    let mut one = Pairs::new(3);
    one.add(0, 1, Tally { wins: 3, losses: 2, ..Tally::default() });
    let mut other = Pairs::new(3);
    other.add(1, 2, Tally { wins: 3, losses: 2, ..Tally::default() });
    let none = Voters::default();
    assert_eq!(rating_differences([&one, &other], &none, Scale::default()), []);
    assert_eq!(rating_differences([&one, &one], &none, Scale::default()), []);
}
