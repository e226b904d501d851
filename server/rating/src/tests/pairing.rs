//! Which pairs are drawn.

use super::*;
use crate::linear::Symmetric;
use crate::random::Random;

fn probability(found: &[(usize, usize, f64)], a: usize, b: usize) -> f64 {
    found.iter().find(|one| (one.0, one.1) == (a.min(b), a.max(b))).map_or(0.0, |one| one.2)
}

fn known(models: usize, votes: u64) -> Pairs {
    let mut pairs = Pairs::new(models);
    for b in 0..models - 1 {
        for a in 0..b {
            pairs.add(a, b, Tally { wins: votes / 2, losses: votes / 2, ..Tally::default() });
        }
    }
    pairs
}

#[test]
fn probabilities_add_up_to_one_and_none_is_zero() {
    for pairs in [Pairs::new(2), Pairs::new(7), known(6, 100)] {
        let found = pair_probabilities(&pairs, &PairingRules::even(pairs.models()));
        assert_eq!(found.len(), pairs.models() * (pairs.models() - 1) / 2);
        assert_close(found.iter().map(|one| one.2).sum(), 1.0, 1e-9, "sum");
        assert!(found.iter().all(|one| one.2 > 0.0), "{found:?}");
    }
    assert_eq!(pair_probabilities(&Pairs::new(1), &PairingRules::even(1)), []);
    assert_eq!(pair_probabilities(&Pairs::new(0), &PairingRules::even(0)), []);
}

#[test]
fn before_any_vote_all_pairs_are_alike() {
    let found = pair_probabilities(&Pairs::new(5), &PairingRules::even(5));
    assert!(found.iter().all(|one| (one.2 - 0.1).abs() < 1e-9), "{found:?}");
}

#[test]
fn a_newcomer_meets_more_often_than_anyone() {
    let found = pair_probabilities(&known(6, 200), &PairingRules::even(6));
    let newcomer: f64 = (0..5).map(|other| probability(&found, 5, other)).sum();
    assert!(newcomer > 0.8, "{newcomer}");
}

#[test]
fn the_gain_is_what_one_more_vote_does_to_the_sum_of_variances() {
    let mut pairs = known(5, 40);
    pairs.add(4, 0, Tally { wins: 3, losses: 5, ..Tally::default() });
    pairs.add(1, 2, Tally { wins: 30, ..Tally::default() });
    let rules = PairingRules { even_share: 0.0, ..PairingRules::even(5) };
    let found = pair_probabilities(&pairs, &rules);
    // Half a vote's worth more and less, by inverting the information anew; only ratios matter.
    let lowered = |a: usize, b: usize| {
        let x = fit(&pairs, Scale::default()).groups[0].strengths.clone();
        let trace = |more: f64| {
            let mut information = Symmetric::zero(5);
            for (i, j, tally) in pairs.met() {
                let p = 1.0 / (1.0 + (x[j] - x[i]).exp());
                information.add_difference(i, j, tally.battles() as f64 * p * (1.0 - p));
            }
            let p = 1.0 / (1.0 + (x[b] - x[a]).exp());
            information.add_difference(a, b, more * p * (1.0 - p));
            information.lift(5);
            let inverse = information.cholesky().unwrap().inverse();
            let mean: f64 = (0..5).flat_map(|i| (0..5).map(move |j| (i, j))).map(|(i, j)| inverse.get(i, j)).sum();
            (0..5).map(|i| inverse.get(i, i)).sum::<f64>() - mean / 5.0
        };
        trace(0.0) - trace(1.0)
    };
    let ratio = probability(&found, 0, 4) / probability(&found, 1, 2);
    let wanted = lowered(0, 4) / lowered(1, 2);
    assert!((ratio / wanted - 1.0).abs() < 0.15, "{ratio} instead of {wanted}");
}

#[test]
fn weights_keep_out_and_boosts_bring_in() {
    let rules = PairingRules { weights: vec![1.0, 1.0, 0.0, 1.0], ..PairingRules::even(4) };
    let found = pair_probabilities(&Pairs::new(4), &rules);
    assert!(found.iter().all(|one| one.0 != 2 && one.1 != 2) && found.len() == 3);
    let share = |boost: f64| {
        let rules = PairingRules { even_share: 1.0, boost_below: 10, boost, ..PairingRules::even(6) };
        let found = pair_probabilities(&known(6, 200), &rules);
        (0..5).map(|other| probability(&found, 5, other)).sum::<f64>()
    };
    // Five pairs of weight 3 beside ten of 1.
    assert_close(share(3.0), 0.6, 1e-9, "boosted");
    assert_close(share(1.0), 1.0 / 3.0, 1e-9, "not boosted");
}

#[test]
fn a_model_that_counts_do_not_know_yet_tells_as_much_as_any() {
    let gains = PairGains::of(&known(4, 200));
    let rules = PairingRules { even_share: 0.0, ..PairingRules::even(3) };
    let found = gains.probabilities(&[Some(0), None, Some(1)], &rules);
    assert_close(found.iter().map(|one| one.2).sum(), 1.0, 1e-12, "sum");
    assert!(probability(&found, 0, 1) > 10.0 * probability(&found, 0, 2), "{found:?}");
    assert_close(probability(&found, 0, 1), probability(&found, 1, 2), 1e-12, "both alike");
    let tiny = PairingRules { weights: vec![1e-300, 1e-300, 1000.0], ..PairingRules::even(3) };
    let found = gains.probabilities(&[Some(0), Some(1), Some(2)], &tiny);
    assert!(found.len() == 3 && found.iter().all(|one| one.2 > 0.0 && one.2 <= 1.0), "{found:?}");
    assert_eq!(gains.probabilities(&[], &PairingRules::even(0)), []);
}

#[test]
fn a_newcomer_is_known_after_a_fifth_of_the_votes_that_even_pairs_need() {
    let votes_needed = |even_share: f64| {
        let models = 15;
        let mut pairs = known(models, 300);
        let rules = PairingRules { even_share, ..PairingRules::even(models) };
        let mut random = Random::seeded(11);
        let strength = |model: usize| 0.15 * model as f64;
        for votes in (0..).step_by(50) {
            let known = fit(&pairs, Scale::default()).standings[models - 1].rated();
            if votes >= 100 && known.is_some_and(|rated| rated.standard_error < 20.0) {
                return votes;
            }
            let probabilities = pair_probabilities(&pairs, &rules);
            for _ in 0..50 {
                let mut left = random.uniform();
                let drawn = probabilities.iter().find(|one| {
                    left -= one.2;
                    left < 0.0
                });
                let &(a, b, _) = drawn.unwrap_or(&probabilities[0]);
                let p = 1.0 / (1.0 + (strength(b) - strength(a)).exp());
                pairs.add_score(a, b, f64::from(u8::from(random.uniform() < p)));
            }
        }
        0
    };
    let (ours, even) = (votes_needed(0.1), votes_needed(1.0));
    assert!(5 * ours <= even, "{ours} votes instead of {even}");
}
