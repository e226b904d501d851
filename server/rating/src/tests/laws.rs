//! What must hold for whatever people vote.

use proptest::prelude::*;

use super::*;

const MODELS: usize = 7;

fn votes() -> impl Strategy<Value = Vec<(usize, usize, f64)>> {
    let score = prop_oneof![Just(0.0), Just(0.5), Just(1.0)];
    let pair = (0..MODELS, 1..MODELS).prop_map(|(a, step)| (a, (a + step) % MODELS));
    proptest::collection::vec((pair, score).prop_map(|((a, b), score)| (a, b, score)), 0..120)
}

fn tally(votes: &[(usize, usize, f64)], weight: u64) -> Pairs {
    let mut pairs = Pairs::new(MODELS);
    for &(a, b, score) in votes {
        let [wins, losses, ties] = [1.0, 0.0, 0.5].map(|kind| weight * u64::from(score == kind));
        pairs.add(a, b, Tally { wins, losses, ties, both_bad: 0 });
    }
    pairs
}

fn assert_same(left: &Fit, right: &Fit, number: impl Fn(usize) -> usize) {
    assert_eq!(left.groups.len(), right.groups.len());
    for model in 0..MODELS {
        match (left.standings[model], right.standings[number(model)]) {
            (Standing::Rated(a), Standing::Rated(b)) => {
                assert_close(a.rating, b.rating, 1e-6, "rating");
                assert_close(a.standard_error, b.standard_error, 1e-6, "standard error");
            }
            (a, b) => assert_eq!(a, b),
        }
    }
}

proptest! {
    #[test]
    fn elo_moves_points_and_makes_none(votes in votes()) {
        let settings = EloSettings::default();
        let ratings = settings.replay(MODELS, votes);
        let sum: f64 = ratings.iter().map(|rating| rating.unwrap_or(settings.initial)).sum();
        prop_assert!((sum - MODELS as f64 * settings.initial).abs() < 1e-8, "{}", sum);
    }

    #[test]
    fn elo_of_swapped_sides_is_the_same(votes in votes()) {
        let settings = EloSettings::default();
        let swapped = votes.iter().map(|&(a, b, score)| (b, a, 1.0 - score));
        let (left, right) = (settings.replay(MODELS, votes.clone()), settings.replay(MODELS, swapped));
        for (left, right) in left.into_iter().zip(right) {
            prop_assert_eq!(left.is_some(), right.is_some());
            prop_assert!((left.unwrap_or(0.0) - right.unwrap_or(0.0)).abs() < 1e-9);
        }
    }

    #[test]
    fn votes_tallied_together_are_those_added_one_by_one(votes in votes()) {
        let mut scored = Pairs::new(MODELS);
        votes.iter().for_each(|&(a, b, score)| scored.add_score(a, b, score));
        prop_assert_eq!(&Pairs::from_votes(MODELS, votes.iter().copied()), &scored);
        prop_assert_eq!(&tally(&votes, 1), &scored);
    }

    #[test]
    fn names_do_not_matter(votes in votes(), shift in 0..MODELS) {
        let number = |model: usize| (model * 3 + shift) % MODELS;
        let renamed: Vec<_> = votes.iter().map(|&(a, b, score)| (number(a), number(b), score)).collect();
        let (left, right) = (fit(&tally(&votes, 1), Scale::default()), fit(&tally(&renamed, 1), Scale::default()));
        // Groups of equal size may be numbered otherwise; their ratings are what counts.
        assert_same(&left, &right, number);
        let elo = EloSettings::default();
        let (left, right) = (elo.replay(MODELS, votes), elo.replay(MODELS, renamed));
        for model in 0..MODELS {
            prop_assert_eq!(left[model], right[number(model)]);
        }
    }

    #[test]
    fn repeated_votes_are_weights(votes in votes(), times in 1_u64..5) {
        let repeated: Vec<_> = (0..times).flat_map(|_| votes.clone()).collect();
        prop_assert_eq!(tally(&repeated, 1), tally(&votes, times));
        let ratings = |fit: Fit| fit.standings.into_iter().map(|one| one.rated().map(|one| one.rating));
        let once = ratings(fit(&tally(&votes, 1), Scale::default()));
        let often = ratings(fit(&tally(&votes, times), Scale::default()));
        for (once, often) in once.zip(often) {
            prop_assert_eq!(once.is_some(), often.is_some());
            prop_assert!((once.unwrap_or(0.0) - often.unwrap_or(0.0)).abs() < 1e-6);
        }
    }

    #[test]
    fn at_the_maximum_each_model_won_as_often_as_expected(votes in votes()) {
        let pairs = tally(&votes, 1);
        let fit = fit(&pairs, Scale::default());
        let rated = |model: usize| fit.standings[model].rated();
        for model in 0..MODELS {
            let Some(own) = rated(model) else { continue };
            let (mut won, mut expected) = (0.0, 0.0);
            for other in (0..MODELS).filter(|&other| rated(other).is_some_and(|other| other.group == own.group)) {
                let Some(other_rated) = rated(other).filter(|_| other != model) else { continue };
                let tally = pairs.get(model, other);
                won += tally.score();
                expected += tally.battles() as f64 * EloSettings::default().expected(own.rating, other_rated.rating);
            }
            prop_assert!((won - expected).abs() < 1e-7, "{} won, {} expected", won, expected);
        }
    }

    #[test]
    fn win_rates_of_a_pair_add_up_to_one(votes in votes()) {
        let rates = win_rates(&tally(&votes, 1));
        for (a, row) in rates.iter().enumerate() {
            prop_assert_eq!(row[a], None);
            for (rate, against) in row.iter().zip(rates.iter().map(|row| row[a])) {
                match (rate, against) {
                    (Some(x), Some(y)) => prop_assert!((x + y - 1.0).abs() < 1e-12),
                    (x, y) => prop_assert_eq!(*x, y),
                }
            }
        }
    }
}

#[test]
fn the_last_move_of_elo_is_found_from_where_it_led() {
    for k in [4.0, 32.0] {
        let elo = EloSettings { k, ..EloSettings::default() };
        for (a, b, score) in [(1000.0, 1000.0, 1.0), (1200.0, 900.0, 0.0), (950.0, 1010.0, 0.5), (1400.0, 800.0, 1.0)] {
            let after = elo.update(a, b, score);
            assert_close(elo.last_move(after.0, after.1, score), after.0 - a, 1e-9, "move");
        }
    }
}
