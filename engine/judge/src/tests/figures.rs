//! Figures computed by hand, and files that hold them.

use super::*;

fn close(value: f64, wanted: f64) {
    assert!((value - wanted).abs() < 5e-5, "{value} is not {wanted}");
}

#[test]
fn shares_have_wilsons_interval_and_clusters_count_for_what_they_tell() {
    let share = Share::of_cases((0..10).map(|at| at < 8)).expect("cases");
    // The textbook's 8 of 10.
    close(share.low, 0.490_16);
    close(share.high, 0.943_32);
    // Ten cases of one kind in two clusters of five that contradict each other tell less than ten alone.
    let clustered = Share::of(&[(5, 5), (0, 5)]).expect("cases");
    assert_eq!((clustered.hits, clustered.of), (5, 10));
    assert!(clustered.high - clustered.low > 0.8, "{clustered:?}");
    // Clusters of one are single cases.
    let single: Vec<_> = (0..1000).map(|at| (usize::from(at % 4 == 0), 1)).collect();
    let (one, other) =
        (Share::of(&single).expect("cases"), Share::of_cases((0..1000).map(|at| at % 4 == 0)).expect("cases"));
    assert!((one.low - other.low).abs() < 1e-3 && (one.high - other.high).abs() < 1e-3);
    assert_eq!((Share::of(&[]), Share::of(&[(0, 0)]), Share::of_cases([])), (None, None, None));
}

#[test]
fn kappa_and_its_interval_are_those_computed_by_hand() {
    // 45 + 15 in agreement of 100, margins 60/40 and 70/30: observed 0.6, by chance 0.54.
    let count = |one, other, n| std::iter::repeat_n((one, other), n);
    let (a, b) = (Outcome::First, Outcome::Second);
    let said: Vec<_> = count(a, a, 45).chain(count(a, b, 15)).chain(count(b, a, 25)).chain(count(b, b, 15)).collect();
    let agreement = Agreement::of(&said).expect("cases");
    close(agreement.same.share, 0.6);
    close(agreement.kappa.expect("kappa"), 0.06 / 0.46);
    // Variance by hand: (0.06792 - 0.156²) / (100 · 0.46⁴) = 0.0097341.
    let (low, high) = agreement.kappa_interval.expect("an interval");
    close((high - low) / 2.0, 1.959_964 * 0.009_734_1_f64.sqrt());
    let full: Vec<_> = count(a, a, 5).chain(count(b, b, 5)).collect();
    let full = Agreement::of(&full).expect("cases");
    assert_eq!((full.kappa, full.kappa_interval), (Some(1.0), Some((1.0, 1.0))));
    assert_eq!(Agreement::of(&[(a, a)]).expect("a case").kappa, None);
    assert_eq!(Agreement::of(&[(Outcome::Tie, a)]).expect("a case").same_without_ties, None);
}

#[test]
fn a_pair_is_won_where_both_orders_say_so_and_tied_where_the_order_decides() {
    let answers = || vec![answer("m", "long answer"), answer("n", "short")];
    let judged = |one, other| {
        item("1", answers(), vec![compared([0, 1], one), compared([1, 0], other)]).outcome(Mode::Pairs, 0, 1)
    };
    use Outcome::{First, Second, Tie};
    assert_eq!(judged(First, Second), Some(First));
    assert_eq!(judged(Second, First), Some(Second));
    assert_eq!(judged(First, First), Some(Tie));
    assert_eq!(judged(Tie, Second), Some(Tie));
    assert_eq!(item("1", answers(), vec![compared([0, 1], First)]).outcome(Mode::Pairs, 0, 1), None);
}

#[test]
fn a_judge_that_goes_by_place_is_found_out() {
    use Outcome::{First, Second};
    let answers = || vec![answer("m", "long answer"), answer("n", "short")];
    let pair = |one, other| item("1", answers(), vec![compared([0, 1], one), compared([1, 0], other)]);
    // Twelve times the first place, four times the second, four times the longer answer in both orders.
    let mut items = vec![pair(First, First); 12];
    items.extend(vec![pair(Second, Second); 4]);
    items.extend(vec![pair(First, Second); 4]);
    let bias = Bias::of(&file(Mode::Pairs, &["m", "n"], items));
    let (same, first, longer) = (bias.same_in_both_orders, bias.first_place, bias.longer);
    assert_eq!(same.map(|share| (share.hits, share.of)), Some((4, 20)));
    assert_eq!(first.map(|share| (share.hits, share.of)), Some((12, 16)));
    assert_eq!(longer.map(|share| (share.hits, share.of)), Some((4, 4)));
    assert_eq!((bias.first_place_points, bias.longer_of_people), (None, None));
}

#[test]
fn points_for_the_first_place_are_freed_of_what_the_models_are_worth() {
    let answers = || vec![answer("m", "a"), answer("n", "b")];
    // m is worth 8, n 4; the first place gets 1 more, the second 1 less.
    let items = vec![
        item("1", answers(), vec![scored(&[0, 1], &[9.0, 3.0])]),
        item("2", answers(), vec![scored(&[1, 0], &[5.0, 7.0])]),
        item("3", answers(), vec![scored(&[0, 1], &[9.0, 3.0])]),
        item("4", answers(), vec![scored(&[1, 0], &[5.0, 7.0])]),
    ];
    let points = Bias::of(&file(Mode::Scores, &["m", "n"], items)).first_place_points.expect("points");
    close(points.mean, 2.0);
    close(points.low, 2.0);
    assert_eq!(points.of, 4);
}

#[test]
fn averages_are_those_of_the_published_example() {
    // The scores of the example's 20 prompts, read off its tables.
    let mixtral = [9, 7, 9, 8, 8, 8, 9, 7, 8, 8, 9, 9, 9, 9, 6, 8, 7, 9, 9, 8];
    let alpaca = [8, 8, 4, 7, 8, 6, 7, 6, 9, 7, 8, 9, 9, 5, 7, 8, 5, 3, 9, 8];
    let one = |at: usize| {
        let verdict = scored(&[0, 1], &[f64::from(mixtral[at]), f64::from(alpaca[at])]);
        item(&at.to_string(), vec![answer("mixtral", "x"), answer("alpaca", "y")], vec![verdict])
    };
    let standings = standings(&file(Mode::Scores, &["mixtral", "alpaca"], (0..20).map(one).collect()));
    close(standings[0].average.expect("scores"), 8.20);
    close(standings[1].average.expect("scores"), 7.05);
    assert_eq!((standings[0].wins, standings[0].losses, standings[0].ties), (11, 3, 6));
    assert_eq!((standings[1].wins, standings[1].win_rate), (3, Some(0.3)));
}

#[test]
fn a_file_is_read_back_and_one_that_was_tampered_with_is_refused() {
    let answers = vec![answer("m", "a"), answer("n", "b")];
    let whole = file(Mode::Scores, &["m", "n"], vec![item("7", answers, vec![scored(&[1, 0], &[5.0, 7.0])])]);
    let json = serde_json::to_string(&whole).expect("JSON");
    assert_eq!(JudgeFile::parse(json.as_bytes()), Ok(whole.clone()));
    let refused = |from: &str, to: &str| JudgeFile::parse(json.replace(from, to).as_bytes()).expect_err("refused");
    assert_eq!(refused("mixtral-judge/1", "mixtral-judge/9"), BadFile::Format("mixtral-judge/9".to_owned()));
    for (from, to) in
        [("[1,0]", "[1,1]"), ("[1,0]", "[1,2]"), ("5.0", "50.0"), ("\"scores\"", "\"pairs\""), ("[1,0]", "[1]")]
    {
        let error = refused(from, to);
        assert!(
            matches!(&error, BadFile::Verdict(id) if id == "7") || matches!(error, BadFile::Json(_)),
            "{from}: {error}"
        );
    }
    assert!(matches!(JudgeFile::parse(b"{}"), Err(BadFile::Json(_))));
}
