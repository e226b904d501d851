//! Few votes, one-sided votes, and models that never met: said, not hidden.

use super::*;

fn pairs(models: usize, wins: &[(usize, usize, u64)]) -> Pairs {
    let mut pairs = Pairs::new(models);
    for &(winner, loser, wins) in wins {
        pairs.add(winner, loser, Tally { wins, ..Tally::default() });
    }
    pairs
}

fn unrated(fit: &Fit) -> Vec<Option<Unrated>> {
    let reason = |standing: &Standing| match standing {
        Standing::Unrated(reason) => Some(*reason),
        Standing::Rated(_) => None,
    };
    fit.standings.iter().map(reason).collect()
}

#[test]
fn without_models_or_votes_nothing_is_rated_and_nothing_breaks() {
    assert_eq!(fit(&Pairs::new(0), Scale::default()), Fit { standings: vec![], groups: vec![] });
    let fit = fit(&Pairs::new(2), Scale::default());
    assert_eq!(unrated(&fit), [Some(Unrated::NoBattles); 2]);
    assert_eq!(win_rates(&Pairs::new(2)), [[None, None], [None, None]]);
    assert_eq!(average_win_rate(&Pairs::new(2), 0), None);
}

#[test]
fn after_one_vote_winner_and_loser_have_no_finite_rating() {
    let fit = fit(&pairs(3, &[(1, 0, 1)]), Scale::default());
    assert_eq!(unrated(&fit), [Some(Unrated::LostAll), Some(Unrated::WonAll), Some(Unrated::NoBattles)]);
    assert_eq!(fit.groups.len(), 0);
}

#[test]
fn one_tie_or_one_win_each_rates_both_equal_and_claims_little() {
    let mut tie = Pairs::new(2);
    tie.add(0, 1, Tally { ties: 1, ..Tally::default() });
    for pairs in [tie, pairs(2, &[(0, 1, 1), (1, 0, 1)])] {
        let fit = fit(&pairs, Scale::default());
        let rated: Vec<Rated> = fit.standings.iter().map(|standing| standing.rated().unwrap()).collect();
        for one in &rated {
            assert_close(one.rating, 1000.0, 1e-9, "rating");
            assert!(one.standard_error > 100.0, "{one:?}");
        }
        let group = &fit.groups[0];
        let both = RankRange { best: 1, worst: 2 };
        assert_eq!(rank_ranges(&group.strengths, &group.covariance), [both, both]);
    }
}

#[test]
fn two_models_have_the_closed_form() {
    // 30 to 10: the odds are 3.
    let fit = fit(&pairs(2, &[(0, 1, 30), (1, 0, 10)]), Scale::default());
    let [a, b] = [0, 1].map(|model| fit.standings[model].rated().unwrap());
    let difference = 400.0 * 3_f64.log10();
    assert_close(a.rating - b.rating, difference, 1e-9, "difference");
    assert_close(a.rating + b.rating, 2000.0, 1e-9, "mean");
    // The variance of the log odds is 1/30 + 1/10; each model is half of it from the mean.
    let error = 400.0 / 10_f64.ln() * (1.0 / 30.0 + 1.0 / 10.0_f64).sqrt() / 2.0;
    assert_close(a.standard_error, error, 1e-9, "standard error");
}

#[test]
fn an_unbeaten_and_a_beaten_model_stand_outside_the_rated_ones() {
    let fit = fit(&pairs(5, &[(0, 1, 5), (0, 2, 2), (1, 2, 3), (2, 1, 4), (1, 3, 6), (2, 3, 1)]), Scale::default());
    assert_eq!(unrated(&fit), [Some(Unrated::WonAll), None, None, Some(Unrated::LostAll), Some(Unrated::NoBattles)]);
    // What the infinite ones did does not move the others.
    let difference = fit.standings[2].rated().unwrap().rating - fit.standings[1].rated().unwrap().rating;
    assert_close(difference, 400.0 * (4.0 / 3.0_f64).log10(), 1e-9, "difference");
}

#[test]
fn the_middle_of_a_one_way_chain_is_told_apart_from_its_ends() {
    let fit = fit(&pairs(3, &[(0, 1, 2), (1, 2, 2)]), Scale::default());
    assert_eq!(unrated(&fit), [Some(Unrated::WonAll), Some(Unrated::OneSided), Some(Unrated::LostAll)]);
}

#[test]
fn groups_that_never_met_are_rated_apart_the_larger_first() {
    let circle = [(0, 1, 2), (1, 0, 1), (2, 3, 1), (3, 4, 1), (4, 2, 1)];
    let fit = fit(&pairs(5, &circle), Scale::default());
    assert_eq!(fit.groups.len(), 2);
    let groups: Vec<usize> = fit.standings.iter().map(|standing| standing.rated().unwrap().group).collect();
    assert_eq!(groups, [1, 1, 0, 0, 0]);
    for group in 0..2 {
        let members = fit.standings.iter().filter_map(|standing| standing.rated()).filter(|one| one.group == group);
        let ratings: Vec<f64> = members.map(|one| one.rating).collect();
        assert_close(ratings.iter().sum::<f64>() / ratings.len() as f64, 1000.0, 1e-9, "mean");
    }
}

#[test]
fn groups_that_met_but_only_one_way_are_rated_apart_as_well() {
    let one_way = [(0, 1, 1), (1, 0, 1), (2, 3, 1), (3, 2, 1), (0, 2, 9), (1, 3, 9)];
    let fit = fit(&pairs(4, &one_way), Scale::default());
    assert_eq!(fit.groups.len(), 2);
}

#[test]
fn a_long_chain_of_close_matches_is_exact() {
    // Each beats the next 2 to 1; the estimate of each step is then exactly ln 2, and iterative
    // methods that stop early are hundreds of points off at the ends.
    let models = 100;
    let steps: Vec<_> = (1..models).flat_map(|i| [(i - 1, i, 2), (i, i - 1, 1)]).collect();
    let fit = fit(&pairs(models, &steps), Scale::default());
    let rating = |model: usize| fit.standings[model].rated().unwrap().rating;
    assert_close(rating(0) - rating(99), 99.0 * 400.0 * 2_f64.log10(), 1e-6, "from end to end");
}

#[test]
fn a_very_uneven_match_converges() {
    let fit = fit(&pairs(2, &[(0, 1, 1_000_000_000), (1, 0, 1)]), Scale::default());
    let difference = fit.standings[0].rated().unwrap().rating - fit.standings[1].rated().unwrap().rating;
    assert_close(difference, 3600.0, 1e-6, "nine powers of ten");
}
