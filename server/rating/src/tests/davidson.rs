//! Davidson's ties, against closed forms and against the likelihood itself.

use super::*;

fn two(tally: Tally) -> Pairs {
    let mut pairs = Pairs::new(2);
    pairs.add(0, 1, tally);
    pairs
}

/// The only group and the rate of ties in it.
fn fitted(pairs: &Pairs, voters: Option<&Voters>) -> (DavidsonGroup, TieRate) {
    let mut groups = davidson(pairs, voters, Scale::default());
    let Some(DavidsonGroup { ties: TieFit::Fitted(ties), .. }) = groups.first() else { panic!("{groups:?}") };
    let ties = *ties;
    (groups.remove(0), ties)
}

#[test]
fn two_models_have_the_closed_form() {
    // With one pair the three shares are met exactly: d = ln(wins/losses), ν = ties/√(wins·losses).
    let (wins, losses, tied) = (30.0_f64, 10.0, 20.0);
    let (group, ties) = fitted(&two(Tally { wins: 30, losses: 10, ties: 15, both_bad: 5 }), None);
    assert_close(ties.nu, tied / (wins * losses).sqrt(), 1e-9, "ν");
    let difference = group.rated[0].1.rating - group.rated[1].1.rating;
    assert_close(difference, 400.0 * (wins / losses).log10(), 1e-7, "difference");
    // A saturated multinomial: Var ln(wins/losses) = 1/wins + 1/losses, and each stands half of it from the mean.
    let error = 0.5 * (1.0 / wins + 1.0 / losses).sqrt() * 400.0 / 10_f64.ln();
    assert_close(group.rated[0].1.standard_error, error, 1e-7, "error");
    // Var ln ν = 1/ties + (1/wins + 1/losses)/4.
    let log_error = (1.0 / tied + (1.0 / wins + 1.0 / losses) / 4.0).sqrt();
    assert_close(ties.nu_interval.1.ln() - ties.nu.ln(), 1.959_964 * log_error, 1e-5, "interval of ln ν");
    assert_close(ties.share(), ties.nu / (2.0 + ties.nu), 0.0, "share between equals");
    let (low, high) = ties.share_interval();
    assert!(low < ties.share() && ties.share() < high && high < 1.0);
    // Their difference, the same way: √(1/wins + 1/losses).
    let variance = group.group.as_ref().map(|group| group.covariance.difference(0, 1)).unwrap_or(f64::NAN);
    assert_close(variance, 1.0 / wins + 1.0 / losses, 1e-9, "variance of the difference");
}

#[test]
fn the_maximum_is_higher_than_everything_near_it() {
    let data = Llmfao::read();
    let (group, ties) = fitted(&data.pairs, None);
    let ratings: Vec<f64> = group.rated.iter().map(|one| one.1.rating).collect();
    let likelihood = |ratings: &[f64], nu: f64| -> f64 {
        let one = |(a, b, tally): (usize, usize, Tally)| {
            let d = (ratings[a] - ratings[b]) * 10_f64.ln() / 400.0;
            let (win, loss) = ((0.5 * d).exp(), (-0.5 * d).exp());
            let sum = win + loss + nu;
            tally.wins as f64 * (win / sum).ln()
                + tally.losses as f64 * (loss / sum).ln()
                + tally.halves() as f64 * (nu / sum).ln()
        };
        data.pairs.met().map(one).sum()
    };
    let best = likelihood(&ratings, ties.nu);
    for model in 0..ratings.len() {
        for step in [-1.0, 1.0] {
            let mut moved = ratings.clone();
            moved[model] += step;
            assert!(likelihood(&moved, ties.nu) < best);
        }
    }
    assert!(likelihood(&ratings, ties.nu * 1.01) < best && likelihood(&ratings, ties.nu / 1.01) < best);
}

#[test]
fn voters_widen_the_interval_of_ties_too() {
    let mut voters = Voters::default();
    let mut pairs = Pairs::new(2);
    // Half of the voters tie always, half never.
    for voter in 0..40_u64 {
        let tally = if voter % 2 == 0 {
            Tally { ties: 10, ..Tally::default() }
        } else {
            Tally { wins: 6, losses: 4, ..Tally::default() }
        };
        pairs.add(0, 1, tally);
        voters.push([(0, 1, tally)]);
    }
    let width = |voters| {
        let (_, ties) = fitted(&pairs, voters);
        ties.nu_interval.1.ln() - ties.nu_interval.0.ln()
    };
    assert!(width(Some(&voters)) > 2.5 * width(None), "{} and {}", width(Some(&voters)), width(None));
}

fn of(pairs: &Pairs) -> DavidsonGroup {
    davidson(pairs, None, Scale::default()).remove(0)
}

#[test]
fn without_ties_the_ratings_are_those_of_bradley_terry() {
    let pairs = two(Tally { wins: 3, losses: 2, ..Tally::default() });
    let group = of(&pairs);
    assert_eq!(group.ties, TieFit::NoTies);
    let Standing::Rated(plain) = fit(&pairs, Scale::default()).standings[0] else { panic!("rated") };
    assert_eq!(group.rated[0].1, plain);
}

#[test]
fn ties_alone_leave_it_open_how_far_apart_models_are() {
    let mut pairs = two(Tally { ties: 3, both_bad: 2, ..Tally::default() });
    let group = of(&pairs);
    assert_eq!(group.ties, TieFit::AllTies);
    let (first, second) = (group.rated[0].1, group.rated[1].1);
    assert_eq!((first.rating, second.rating), (1000.0, 1000.0));
    assert!(first.margin == f64::INFINITY && second.standard_error == f64::INFINITY, "{first:?}");
    // Nobody is ranked before anybody.
    let covariance = &group.group.as_ref().unwrap().covariance;
    assert_eq!(rank_ranges(&[0.0, 0.0], covariance), [RankRange { best: 1, worst: 2 }; 2]);
    // One decided vote among them gives no finite rating either: d and ln ν grow together.
    pairs.add(0, 1, Tally { wins: 1, ..Tally::default() });
    let group = of(&pairs);
    assert_eq!((group.ties, group.rated, group.group), (TieFit::NoUpset, Vec::new(), None));
}

#[test]
fn without_an_upset_no_ratings_are_finite_and_with_one_they_are() {
    // A beats B beats C, each with ties: whatever d and ν explain it, twice as much of both explains it better.
    let mut pairs = Pairs::new(3);
    let lead = Tally { wins: 4, ties: 2, ..Tally::default() };
    pairs.add(0, 1, lead);
    pairs.add(1, 2, lead);
    assert_eq!(of(&pairs).ties, TieFit::NoUpset);
    pairs.add(2, 0, Tally { wins: 1, ..Tally::default() });
    let group = of(&pairs);
    assert!(matches!(group.ties, TieFit::Fitted(_)), "{:?}", group.ties);
    // A newcomer that never lost, known by a win and a tie: the others' votes say how often one ties, so it is finite.
    let mut pairs = Pairs::new(3);
    pairs.add(0, 1, Tally { wins: 40, losses: 30, ties: 20, both_bad: 0 });
    pairs.add(2, 0, Tally { wins: 1, ties: 1, ..Tally::default() });
    let group = of(&pairs);
    let error = |model: usize| group.rated[model].1.standard_error;
    assert!(matches!(group.ties, TieFit::Fitted(_)) && error(2).is_finite(), "{group:?}");
    assert!(error(0) < 40.0 && error(2) > 3.0 * error(0), "{} and {}", error(0), error(2));
}
