//! Files in the official layouts, made here.

mod files;
mod prompts;

use super::*;

fn question(answer: Letter) -> Question {
    Question {
        row: 0,
        text: "水的化学式是____。".to_owned(),
        choices: ["H2O", "CO2", "O2", "N2"].map(str::to_owned),
        answer: Some(answer),
        explanation: None,
    }
}

#[test]
fn every_subject_has_a_name_and_a_group() {
    for (benchmark, count) in [(Benchmark::Ceval, 52), (Benchmark::Cmmlu, 67), (Benchmark::Mmlu, 57)] {
        assert_eq!(benchmark.subjects().count(), count);
        for subject in benchmark.subjects() {
            assert!(!benchmark.groups(subject).is_empty(), "{subject}");
            let is_chinese = benchmark.subject_name(subject).chars().any(|c| c >= '\u{4e00}');
            assert_eq!(is_chinese, benchmark.is_chinese(), "{subject}");
        }
    }
    assert_eq!(Benchmark::Ceval.subject_name("law"), "法学");
    assert_eq!(Benchmark::Cmmlu.groups("ancient_chinese"), ["Social Science", "China specific"]);
}

#[test]
fn answers_are_found_by_the_scripts_patterns_in_their_order() {
    let question = question(Letter::A);
    let extractor = Extractor::new().unwrap();
    for (answer, letter) in [
        ("让我们想想。所以答案是B。不对，所以答案是C。", Letter::C),
        ("B是正确的，而不是A", Letter::B),
        ("答案为D", Letter::D),
        ("选择C", Letter::C),
        ("A", Letter::A),
        (" D. 因为", Letter::D),
        ("是二氧化碳 CO2", Letter::C),
        ("水", Letter::A),
        ("The answer is (B).", Letter::B),
        ("应当是N2", Letter::D),
    ] {
        let expected = if answer == "水" { Found::Nothing } else { Found::Letter(letter) };
        assert_eq!(extractor.extract(&question, answer), expected, "{answer}");
    }
}

#[test]
fn groups_count_questions_and_a_difference_knows_that_they_are_pairs() {
    let judged = |subject: &str, row, chosen, answer| Judged { subject: subject.to_owned(), row, chosen, answer };
    let (a, b) = (Some(Letter::A), Some(Letter::B));
    let first = [
        judged("law", 0, a, a),
        judged("law", 1, a, a),
        judged("law", 2, b, a),
        judged("physician", 0, None, a),
        judged("physician", 1, a, None),
    ];
    let report = Report::new(Benchmark::Ceval, &first);
    assert_eq!(report.overall, Share { right: 2, all: 4 });
    assert_eq!(report.subjects[0].share, Share { right: 2, all: 3 });
    assert_eq!((report.groups[0].name.as_str(), report.groups[0].share.right), ("Humanities", 2));
    assert_eq!(report.unreadable, 1);
    assert!((report.overall.standard_error() - 25.0).abs() < 1e-9);

    let second = [judged("law", 0, b, a), judged("law", 1, a, a), judged("law", 2, b, a), judged("other", 0, a, a)];
    let difference = Difference::new(&first, &second).expect("three in common");
    assert_eq!((difference.questions, difference.only_first, difference.only_second), (3, 1, 0));
    assert!((difference.percent - 100.0 / 3.0).abs() < 1e-9);
    // Differences 1, 0, 0: their variance is 2/9, that of their mean 2/27.
    assert!((difference.standard_error - 100.0 * (2.0f64 / 27.0).sqrt()).abs() < 1e-9);
    assert_eq!(Difference::new(&first, &[]), None);
}
