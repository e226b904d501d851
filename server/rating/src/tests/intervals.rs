//! Intervals: what they are measured against, and where votes hardly scatter.

use super::*;

/// Three models with as many votes for each as against it, a thousand a pair.
fn three_even(models: usize) -> Pairs {
    let mut pairs = Pairs::new(models);
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        pairs.add(a, b, Tally { wins: 500, losses: 500, ..Tally::default() });
    }
    pairs
}

fn rated(fit: &Fit, model: usize) -> Rated {
    fit.standings[model].rated().unwrap()
}

#[test]
fn a_newcomer_widens_nobody_else_s_interval() {
    // Each difference has the variance 2/750 by hand: information 250 a pair, three models in a circle.
    let by_hand = 1.96 * 400.0 / 10_f64.ln() * (2.0 / 3.0 / 750.0_f64).sqrt();
    for model in 0..3 {
        assert_close(rated(&fit(&three_even(3), Scale::default()), model).margin, by_hand, 0.5, "before");
    }
    let mut pairs = three_even(4);
    pairs.add(3, 0, Tally { wins: 1, losses: 1, ..Tally::default() });
    let fit = fit(&pairs, Scale::default());
    for model in 0..3 {
        assert_close(rated(&fit, model).margin, by_hand, 0.5, "after");
    }
    assert!(rated(&fit, 3).margin > 400.0, "{:?}", rated(&fit, 3));
    let group = &fit.groups[0];
    assert!(rank_ranges(&group.strengths, &group.covariance).iter().all(|range| range.best == 1));
}

#[test]
fn a_newcomer_that_mostly_loses_moves_nobody_else_s_rating() {
    let mut pairs = three_even(4);
    pairs.add(3, 0, Tally { wins: 1, losses: 20, ..Tally::default() });
    for model in 0..3 {
        assert_close(rated(&fit(&pairs, Scale::default()), model).rating, 1000.0, 3.0, "vote-weighted");
        let plain = fit(&pairs, Scale { gauge: Gauge::Mean, ..Scale::default() });
        assert!(rated(&plain, model).rating > 1100.0, "the plain mean moves all: {:?}", rated(&plain, model));
    }
}

#[test]
fn with_a_million_votes_five_votes_of_another_change_nothing() {
    let mut pairs = Pairs::new(6);
    for b in 0..5 {
        for a in 0..b {
            pairs.add(a, b, Tally { wins: 50_000, losses: 50_000, ..Tally::default() });
        }
    }
    pairs.add(5, 0, Tally { wins: 2, losses: 3, ..Tally::default() });
    let fit = fit(&pairs, Scale::default());
    assert!((0..5).all(|model| rated(&fit, model).margin < 1.2), "{:?}", fit.standings);
}

#[test]
fn an_anchor_stands_at_the_centre_and_has_no_interval() {
    let mut pairs = three_even(3);
    pairs.add(0, 1, Tally { wins: 100, ..Tally::default() });
    let scale = Scale { center: 1114.0, gauge: Gauge::Anchor(1), ..Scale::default() };
    let fit = fit(&pairs, scale);
    let anchor = rated(&fit, 1);
    assert_eq!((anchor.rating, anchor.standard_error, anchor.interval()), (1114.0, 0.0, (1114.0, 1114.0)));
    let error = rated(&fit, 0).standard_error * 10_f64.ln() / 400.0;
    assert_close(error.powi(2), fit.groups[0].covariance.difference(0, 1), 1e-12, "against the anchor");
}

#[test]
fn ties_narrow_an_interval_as_far_as_they_scatter_less() {
    // Half ties: a vote scatters 1/8 instead of 1/4 around one half.
    let half_width = |tally| rated(&fit(&two(tally), Scale::default()), 0).margin;
    let decided = half_width(Tally { wins: 1000, losses: 1000, ..Tally::default() });
    let tied = half_width(Tally { wins: 500, losses: 500, ties: 600, both_bad: 400 });
    assert_close(tied / decided, 0.5_f64.sqrt(), 1e-3, "narrower");
}

fn two(tally: Tally) -> Pairs {
    let mut pairs = Pairs::new(2);
    pairs.add(0, 1, tally);
    pairs
}

#[test]
fn ties_alone_are_counted_as_coin_tosses() {
    let ties = fit(&two(Tally { ties: 60, both_bad: 40, ..Tally::default() }), Scale::default());
    let tosses = fit(&two(Tally { wins: 50, losses: 50, ..Tally::default() }), Scale::default());
    for model in 0..2 {
        assert_close(rated(&ties, model).rating, 1000.0, 1e-9, "rating");
        assert_close(rated(&ties, model).standard_error, rated(&tosses, model).standard_error, 1e-9, "error");
    }
}

#[test]
fn one_tie_is_no_certainty_about_a_newcomer() {
    let mut pairs = three_even(4);
    pairs.add(3, 0, Tally { ties: 1, ..Tally::default() });
    let newcomer = rated(&fit(&pairs, Scale::default()), 3);
    assert!(newcomer.margin > 250.0, "{newcomer:?}");
}

#[test]
fn drawing_votes_anew_comes_to_the_formula_s_errors() {
    let data = Llmfao::read();
    let drawn = Bootstrap::of_votes(&data.pairs, Scale::default(), 200, 1);
    assert_eq!(drawn, Bootstrap::of_votes(&data.pairs, Scale::default(), 200, 1), "the same seed draws the same");
    let fit = fit(&data.pairs, Scale::default());
    let ratio = |model| rated(&fit, model).standard_error / drawn.standard_error(model).unwrap();
    let mean = (0..data.names.len()).map(ratio).sum::<f64>() / data.names.len() as f64;
    assert!((0.96..1.04).contains(&mean), "the formula's are {mean} times as large");
    let (low, high) = drawn.interval(0).unwrap();
    assert_close((high - low) / 2.0, rated(&fit, 0).margin, 0.2 * rated(&fit, 0).margin, "half the middle 95 %");
}

#[test]
fn drawing_voters_anew_comes_to_the_clustered_errors() {
    // 60 voters, each of one mind about which of two is better, by their own taste.
    let mut voters = Voters::default();
    let mut pairs = Pairs::new(3);
    for voter in 0..60_u64 {
        let wins = 1 + voter * 7 % 9;
        let own = [(0, 1, wins), (1, 2, 10 - wins), (0, 2, 1 + voter % 7)];
        let own = own.map(|(a, b, wins)| (a, b, Tally { wins, losses: 10 - wins, ..Tally::default() }));
        own.into_iter().for_each(|(a, b, tally)| pairs.add(a, b, tally));
        voters.push(own);
    }
    let drawn = Bootstrap::of_voters(&pairs, &voters, Scale::default(), 400, 2);
    let fit = fit_clustered(&pairs, Some(&voters), Scale::default());
    for model in 0..3 {
        let ratio = rated(&fit, model).standard_error / drawn.standard_error(model).unwrap();
        assert!((0.88..1.12).contains(&ratio), "{model}: {ratio}");
    }
}

#[test]
fn a_model_that_many_draws_leave_unbeaten_has_no_drawn_interval() {
    let mut pairs = three_even(4);
    pairs.add(3, 0, Tally { wins: 1, losses: 1, ..Tally::default() });
    let drawn = Bootstrap::of_votes(&pairs, Scale::default(), 100, 1);
    assert_eq!(drawn.interval(3), None);
    assert!(drawn.interval(0).is_some());
}
