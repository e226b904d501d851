//! Shares: their intervals against tables, and how often they hold the truth.

use super::*;
use crate::random::Random;

fn of(votes: impl IntoIterator<Item = (f64, f64)>) -> Share {
    let mut sum = ShareSum::default();
    votes.into_iter().for_each(|(votes, score)| sum.add(votes, score));
    sum.share().unwrap()
}

#[test]
fn votes_of_many_people_have_wilsons_interval() {
    // Newcombe 1998, table I: 81 of 263 has (0.2553, 0.3662), 15 of 148 (0.0624, 0.1605).
    for (score, votes, lower, upper) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)] {
        let share = of((0..votes).map(|vote| (1.0, f64::from(u8::from(vote < score)))));
        assert!((share.lower - lower).abs() < 2e-3 && (share.upper - upper).abs() < 2e-3, "{share:?}");
    }
}

#[test]
fn nothing_is_certain_by_one_person_or_by_few_that_agree() {
    assert_eq!(ShareSum::default().share(), None);
    let one = of([(500.0, 500.0)]);
    assert!(one.lower < 0.25 && one.upper == 1.0, "{one:?}");
    let agreed = of((0..10).map(|_| (1.0, 1.0)));
    assert!((0.6..0.75).contains(&agreed.lower) && agreed.upper == 1.0, "{agreed:?}");
    let ties = of((0..20).map(|_| (1.0, 0.5)));
    assert!(ties.lower < 0.4 && ties.upper > 0.6, "{ties:?}");
}

#[test]
fn intervals_hold_the_truth_with_voters_of_a_taste() {
    let mut random = Random::seeded(7);
    let (rounds, mut held) = (2000, 0);
    for _ in 0..rounds {
        let share = of((0..60).map(|_| {
            let taste = if random.uniform() < 0.5 { 0.4 } else { 0.8 };
            let votes = 5 + random.below(10);
            let score = (0..votes).filter(|_| random.uniform() < taste).count();
            (votes as f64, score as f64)
        }));
        held += usize::from(share.lower <= 0.6 && 0.6 <= share.upper);
    }
    let coverage = held as f64 / rounds as f64;
    assert!((0.93..=0.975).contains(&coverage), "{coverage}");
}

#[test]
fn a_pair_seen_from_the_other_side_is_the_rest_of_one() {
    let votes = [(0, 1, 0, 1.0), (0, 1, 0, 0.5), (1, 0, 1, 0.0), (2, 2, 1, 0.0), (3, 0, 1, 1.0)];
    let mut pairs = Pairs::new(3);
    votes.iter().for_each(|&(_, a, b, score)| pairs.add_score(a, b, score));
    let voters = Voters::from_votes(4, votes.iter().copied());
    for known in [None, Some(&voters)] {
        let shares = pair_shares(&pairs, known);
        let (one, other) = (shares[1][0].unwrap(), shares[0][1].unwrap());
        assert!((one.share - 2.5 / 4.0).abs() < 1e-12, "{one:?}");
        assert!((one.share + other.share - 1.0).abs() < 1e-12 && (one.lower + other.upper - 1.0).abs() < 1e-12);
        assert_eq!((shares[0][0], shares[2][0]), (None, None));
        assert_eq!(shares[1][2].map(|share| share.share), Some(1.0));
    }
    assert_eq!(pair_shares(&Pairs::new(0), None), Vec::<Vec<Option<Share>>>::new());
}
