//! Davidson's ties, against closed forms and against the likelihood itself.

use super::*;

fn two(tally: Tally) -> Pairs {
    let mut pairs = Pairs::new(2);
    pairs.add(0, 1, tally);
    pairs
}

#[test]
fn two_models_have_the_closed_form() {
    // With one pair the three shares are met exactly: d = ln(wins/losses), ν = ties/√(wins·losses).
    let (wins, losses, ties) = (30.0_f64, 10.0, 20.0);
    let groups = davidson(&two(Tally { wins: 30, losses: 10, ties: 15, both_bad: 5 }), None, Scale::default());
    let [group] = groups.as_slice() else { panic!("one group: {groups:?}") };
    assert_close(group.nu, ties / (wins * losses).sqrt(), 1e-9, "ν");
    let difference = group.rated[0].1.rating - group.rated[1].1.rating;
    assert_close(difference, 400.0 * (wins / losses).log10(), 1e-7, "difference");
    // A saturated multinomial: Var ln(wins/losses) = 1/wins + 1/losses, and each stands half of it from the mean.
    let error = 0.5 * (1.0 / wins + 1.0 / losses).sqrt() * 400.0 / 10_f64.ln();
    assert_close(group.rated[0].1.standard_error, error, 1e-7, "error");
    // Var ln ν = 1/ties + (1/wins + 1/losses)/4.
    let log_error = (1.0 / ties + (1.0 / wins + 1.0 / losses) / 4.0).sqrt();
    assert_close(group.nu_interval.1.ln() - group.nu.ln(), 1.959_964 * log_error, 1e-5, "interval of ln ν");
    assert_close(group.tie_share(), group.nu / (2.0 + group.nu), 0.0, "share between equals");
}

#[test]
fn the_maximum_is_higher_than_everything_near_it() {
    let data = Llmfao::read();
    let groups = davidson(&data.pairs, None, Scale::default());
    let [group] = groups.as_slice() else { panic!("one group") };
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
    let best = likelihood(&ratings, group.nu);
    for model in 0..ratings.len() {
        for step in [-1.0, 1.0] {
            let mut moved = ratings.clone();
            moved[model] += step;
            assert!(likelihood(&moved, group.nu) < best);
        }
    }
    assert!(likelihood(&ratings, group.nu * 1.01) < best && likelihood(&ratings, group.nu / 1.01) < best);
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
        let group = davidson(&pairs, voters, Scale::default()).remove(0);
        group.nu_interval.1.ln() - group.nu_interval.0.ln()
    };
    assert!(width(Some(&voters)) > 2.5 * width(None), "{} and {}", width(Some(&voters)), width(None));
}

#[test]
fn without_ties_or_without_decisions_it_says_nothing() {
    assert_eq!(davidson(&two(Tally { wins: 3, losses: 2, ..Tally::default() }), None, Scale::default()), []);
    assert_eq!(davidson(&two(Tally { ties: 3, both_bad: 2, ..Tally::default() }), None, Scale::default()), []);
    // One win and one tie: the stronger may be as much stronger as one likes.
    assert_eq!(davidson(&two(Tally { wins: 1, ties: 1, ..Tally::default() }), None, Scale::default()), []);
}
