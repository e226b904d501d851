//! Which of two is better, and what that hangs on.

use super::*;
use crate::random::Random;

fn difference(value: f64, standard_error: f64) -> Difference {
    Difference { value, standard_error, degrees: None }
}

#[test]
fn chances_and_votes_needed_are_those_of_the_tables() {
    assert_close(difference(1.959_964, 1.0).chance_better(), 0.975, 1e-6, "two standard errors");
    assert_close(difference(-1.0, 1.0).chance_better(), 0.158_655, 1e-6, "one below");
    assert_eq!(difference(0.0, 1.0).chance_better(), 0.5);
    let few = Difference { degrees: Some(4.0), ..difference(2.776_445, 1.0) };
    assert_close(few.chance_better(), 0.975, 1e-6, "Student's");
    // Half as wide takes four times the votes.
    assert_eq!(difference(1.0, 2.0 / 1.959_963_984_540_054).votes_needed(100), Some(300));
    assert_eq!(difference(1.0, 0.1).votes_needed(100), Some(0));
    assert_eq!(difference(0.0, 1.0).votes_needed(100), None);
}

#[test]
fn whoever_looks_all_the_time_is_not_misled() {
    // Two models of equal strength; somebody looks after every tenth vote and stops at the first surprise.
    let (mut misled, mut misled_by_one_look) = (0, 0);
    let rounds = 300;
    let mut random = Random::seeded(17);
    for _ in 0..rounds {
        let mut pairs = Pairs::new(2);
        let (mut is_misled, mut is_misled_by_one_look) = (false, false);
        for votes in 1..=2000_u64 {
            pairs.add_score(0, 1, f64::from(u8::from(random.uniform() < 0.5)));
            if votes < 30 || votes % 10 != 0 {
                continue;
            }
            let fit = fit(&pairs, Scale::default());
            let Some(group) = fit.groups.first() else { continue };
            let value = group.strengths[0] - group.strengths[1];
            let found = difference(value, group.covariance.difference(0, 1).sqrt());
            is_misled |= value.abs() > found.always_valid_margin(votes);
            is_misled_by_one_look |= value.abs() > found.margin();
        }
        misled += usize::from(is_misled);
        misled_by_one_look += usize::from(is_misled_by_one_look);
    }
    assert!(20 * misled <= rounds, "{misled} of {rounds}");
    assert!(4 * misled_by_one_look > rounds, "{misled_by_one_look} of {rounds}: looking often should mislead");
}

#[test]
fn two_models_change_places_when_the_surplus_is_gone() {
    let mut pairs = Pairs::new(2);
    pairs.add(0, 1, Tally { wins: 10, losses: 7, ties: 5, both_bad: 1 });
    let gone = Tally { wins: 3, ..Tally::default() };
    assert_eq!(fewest_removals(&pairs, 0, 1), Some(vec![(0, 1, gone)]));
    assert_eq!(fewest_removals(&pairs, 1, 0), None, "it is not ahead");
    pairs.add(0, 1, Tally { wins: 100_000, ..Tally::default() });
    assert_eq!(fewest_removals(&pairs, 0, 1).unwrap()[0].2.wins, 100_003);
}

/// The fewest votes by trying all ways to take some away.
fn fewest_of_all(pairs: &Pairs, most: u64) -> Option<u64> {
    let is_ahead = |pairs: &Pairs| {
        let fit = fit(pairs, Scale::default());
        let rated = [0, 1].map(|model| fit.standings[model].rated());
        match rated {
            [Some(one), Some(other)] if one.group == other.group => Some(one.rating - other.rating > 1e-6),
            _ => None,
        }
    };
    (0..=most).find(|&count| {
        let mut ways = vec![(pairs.clone(), count)];
        for (a, b, tally) in pairs.met() {
            let classes = [(tally.wins, 1.0), (tally.losses, 0.0), (tally.ties, 0.5)];
            for (there, score) in classes {
                ways = ways
                    .into_iter()
                    .flat_map(|(pairs, left)| {
                        (0..=there.min(left)).map(move |gone| {
                            let mut pairs = pairs.clone();
                            let none = Tally::default();
                            let gone_tally = match score {
                                1.0 => Tally { wins: gone, ..none },
                                0.0 => Tally { losses: gone, ..none },
                                _ => Tally { ties: gone, ..none },
                            };
                            pairs.remove(a, b, gone_tally);
                            (pairs, left - gone)
                        })
                    })
                    .collect();
            }
        }
        ways.iter().any(|(pairs, left)| *left == 0 && is_ahead(pairs) == Some(false))
    })
}

#[test]
fn so_few_votes_change_the_order_and_hardly_ever_do_fewer() {
    let mut random = Random::seeded(4);
    let (mut tried, mut exact) = (0, 0);
    while tried < 25 {
        let mut pairs = Pairs::new(3);
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let [wins, losses, ties] = [3, 3, 2].map(|most| random.below(most + 1) as u64);
            pairs.add(a, b, Tally { wins, losses, ties, both_bad: 0 });
        }
        let Some(removed) = fewest_removals(&pairs, 0, 1) else { continue };
        let found: u64 = removed.iter().map(|one| one.2.battles()).sum();
        let mut left = pairs.clone();
        removed.iter().for_each(|&(a, b, tally)| left.remove(a, b, tally));
        let strengths = fit(&left, Scale::default()).standings;
        let [one, other] = [0, 1].map(|model: usize| strengths[model].rated().unwrap().rating);
        assert!(one <= other + 1e-6, "{pairs:?} without {removed:?}");
        let fewest = fewest_of_all(&pairs, found).unwrap();
        assert!(found <= fewest + 1, "{found} instead of {fewest}: {pairs:?}");
        tried += 1;
        exact += usize::from(found == fewest);
    }
    assert!(exact >= 22, "{exact} of {tried}");
}
