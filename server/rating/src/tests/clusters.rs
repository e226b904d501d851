//! Voters as clusters, against the formula written out with whole matrices.

use proptest::prelude::*;

use super::*;

const MODELS: usize = 4;

/// A voter, both models, and the score of the first.
type Vote = (u32, usize, usize, f64);

fn tallied(votes: &[Vote]) -> Pairs {
    let mut pairs = Pairs::new(MODELS);
    for &(_, a, b, score) in votes {
        let [wins, losses, ties] = [1.0, 0.0, 0.5].map(|kind| u64::from(score == kind));
        pairs.add(a, b, Tally { wins, losses, ties, both_bad: 0 });
    }
    pairs
}

/// Solves a small system by elimination with pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for column in 0..n {
        let pivot = (column..n).max_by(|&i, &j| matrix[i][column].abs().total_cmp(&matrix[j][column].abs())).unwrap();
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..n {
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column].clone();
            matrix[row].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
            right[row] -= factor * right[column];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| matrix[row][k] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}

/// The clustered variance of x_i - x_0, the first model being fixed: vote by vote, no symmetry used.
fn by_hand(votes: &[Vote], x: &[f64]) -> Vec<f64> {
    let p = |a: usize, b: usize| 1.0 / (1.0 + (x[b] - x[a]).exp());
    let free = MODELS - 1;
    let mut hessian = vec![vec![0.0; free]; free];
    let mut scores: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for &(voter, a, b, score) in votes {
        let design: Vec<f64> =
            (1..MODELS).map(|model| f64::from(u8::from(model == a)) - f64::from(u8::from(model == b))).collect();
        let sums = scores.entry(voter).or_insert_with(|| vec![0.0; free]);
        for i in 0..free {
            sums[i] += (score - p(a, b)) * design[i];
            for j in 0..free {
                hessian[i][j] += p(a, b) * p(b, a) * design[i] * design[j];
            }
        }
    }
    let voters = scores.len() as f64;
    let variance = |model: usize| {
        let unit: Vec<f64> = (0..free).map(|i| f64::from(u8::from(i == model))).collect();
        let solved = solve(hessian.clone(), unit);
        let squares = scores.values().map(|s| s.iter().zip(&solved).map(|(s, x)| s * x).sum::<f64>().powi(2));
        voters / (voters - 1.0) * squares.sum::<f64>()
    };
    (0..free).map(variance).collect()
}

/// Votes without a tie, where nothing is corrected for few votes but what lies below common scatter.
fn votes() -> impl Strategy<Value = Vec<Vote>> {
    let pair = (0..MODELS, 1..MODELS).prop_map(|(a, step)| (a, (a + step) % MODELS));
    let vote = (0_u32..12, pair, any::<bool>());
    proptest::collection::vec(vote.prop_map(|(voter, (a, b), won)| (voter, a, b, f64::from(u8::from(won)))), 60..200)
}

proptest! {
    #[test]
    fn the_variance_is_the_formula_s(votes in votes()) {
        let fit = fit_clustered(&tallied(&votes), Some(&Voters::from_votes(12, votes.iter().copied())), Scale::default());
        if let [group] = fit.groups.as_slice() && group.members.len() == MODELS {
            for (wanted, model) in by_hand(&votes, &group.strengths).into_iter().zip(1..) {
                let found = group.covariance.difference(model, 0);
                // The floor under a model's scatter adds up to half a vote's.
                prop_assert!((wanted - 1e-9..wanted * 1.05 + 1e-9).contains(&found), "{} for {}", found, wanted);
            }
        }
    }

    #[test]
    fn it_does_not_matter_in_which_order_people_voted(votes in votes(), seed in 0_usize..100) {
        let mut turned = votes.clone();
        turned.rotate_left(seed % votes.len());
        let [one, other] = [&votes, &turned].map(|votes| {
            fit_clustered(&tallied(votes), Some(&Voters::from_votes(12, votes.iter().copied())), Scale::default())
        });
        for (one, other) in one.standings.iter().zip(&other.standings) {
            match (one.rated(), other.rated()) {
                (Some(one), Some(other)) => prop_assert!((one.margin - other.margin).abs() < 1e-6),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }
}

fn even(voters: u32, each: usize) -> Vec<Vote> {
    let mut random = 1_u32;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) as usize
    };
    let vote = |at: usize| {
        let (a, step, won) = (next() % MODELS, 1 + next() % (MODELS - 1), next() % 2);
        ((at % voters as usize) as u32, a, (a + step) % MODELS, won as f64)
    };
    (0..voters as usize * each).map(vote).collect()
}

#[test]
fn where_each_votes_once_clusters_change_nothing_but_the_factor() {
    let votes = even(300, 1);
    let (pairs, voters) = (tallied(&votes), Voters::from_votes(300, votes.iter().copied()));
    let (alone, clustered) = (fit(&pairs, Scale::default()), fit_clustered(&pairs, Some(&voters), Scale::default()));
    let [alone, clustered] = [alone, clustered].map(|fit| fit.groups[0].covariance.difference(0, 1));
    assert_close(clustered / alone, 300.0 / 299.0, 1e-6, "the factor");
}

#[test]
fn to_vote_the_same_ten_times_tells_no_more_than_once() {
    let once = even(50, 1);
    let often: Vec<Vote> = (0..10).flat_map(|_| once.clone()).collect();
    let variance = |votes: &[Vote]| {
        let fit =
            fit_clustered(&tallied(votes), Some(&Voters::from_votes(50, votes.iter().copied())), Scale::default());
        fit.groups[0].covariance.difference(1, 2)
    };
    assert_close(variance(&often) / variance(&once), 1.0, 0.02, "ratio");
}

#[test]
fn few_voters_are_said_and_reach_farther() {
    let votes = even(5, 40);
    let fit = fit_clustered(&tallied(&votes), Some(&Voters::from_votes(5, votes.iter().copied())), Scale::default());
    let covariance = &fit.groups[0].covariance;
    assert_eq!(covariance.voters(), Some(Clusters { count: 5, effective: 5.0 }));
    assert_close(covariance.reach(), 2.776_445, 1e-5, "Student's table, 4 degrees");
}

#[test]
fn one_voter_alone_bears_no_interval() {
    let votes = even(1, 50);
    let fit = fit_clustered(&tallied(&votes), Some(&Voters::from_votes(1, votes.iter().copied())), Scale::default());
    assert!(fit.standings.iter().all(|standing| standing.rated().unwrap().margin == f64::INFINITY));
    let group = &fit.groups[0];
    let anything = RankRange { best: 1, worst: MODELS };
    assert_eq!(rank_ranges(&group.strengths, &group.covariance), [anything; MODELS]);
}

#[test]
fn a_voter_who_cast_most_votes_leaves_few() {
    let mut votes = even(100, 1);
    votes.extend(even(1, 900));
    let fit = fit_clustered(&tallied(&votes), Some(&Voters::from_votes(100, votes.iter().copied())), Scale::default());
    let voters = fit.groups[0].covariance.voters().unwrap();
    assert_eq!(voters.count, 100);
    assert!(voters.effective < 1.3, "{voters:?}");
}

#[test]
fn voters_may_come_with_counts_instead_of_votes() {
    let votes = even(20, 6);
    let mut counted = Voters::default();
    for voter in 0..20 {
        let own: Vec<Vote> = votes.iter().copied().filter(|vote| vote.0 == voter).collect();
        counted.push(tallied(&own).met());
    }
    counted.push([]);
    let listed = Voters::from_votes(30, votes.iter().copied());
    assert_eq!((counted.len(), listed.len()), (20, 20));
    let [one, other] =
        [&counted, &listed].map(|voters| fit_clustered(&tallied(&votes), Some(voters), Scale::default()));
    let [one, other] = [one, other].map(|fit| fit.groups[0].covariance.difference(0, 3));
    assert_close(one, other, 1e-12, "variance");
}

#[test]
fn a_voter_of_more_votes_than_one_count_holds_keeps_them_all() {
    let mut voters = Voters::default();
    let tally = Tally { wins: 70_000, losses: 300, ties: 255, both_bad: 1 };
    voters.push([(0, 1, tally)]);
    let counts: Vec<VoterCount> = voters.each().flatten().copied().collect();
    let sum = |of: fn(&VoterCount) -> u8| counts.iter().map(|count| u64::from(of(count))).sum::<u64>();
    assert_eq!((sum(|one| one.wins), sum(|one| one.losses), sum(|one| one.halves)), (70_000, 300, 256));
    assert_eq!(voters.len(), 1);
}
