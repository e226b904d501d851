//! The ratings against figures that nobody here computed, and against what must hold for all votes.

mod board;
mod clusters;
mod contrast;
mod correlation;
mod davidson;
mod decision;
mod factors;
mod intervals;
mod laws;
mod pairing;
mod propensity;
mod ranges;
mod shares;
mod sparse;
mod style;

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// The human judgements of LLMFAO (8,931 votes on 59 models) and evalica's figures for them.
struct Llmfao {
    names: Vec<String>,
    votes: Vec<(usize, usize, f64)>,
    pairs: Pairs,
    golden: BTreeMap<(String, String), f64>,
}

fn read(name: &str) -> Vec<csv::StringRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

impl Llmfao {
    fn read() -> Self {
        let rows = read("llmfao.csv");
        let mut names: Vec<String> = rows.iter().flat_map(|row| [row[0].to_owned(), row[1].to_owned()]).collect();
        names.sort();
        names.dedup();
        let number = |name: &str| names.binary_search_by(|other| other.as_str().cmp(name)).unwrap();
        let mut pairs = Pairs::new(names.len());
        let votes = rows.iter().map(|row| {
            let (a, b) = (number(&row[0]), number(&row[1]));
            let (score, tally) = match &row[2] {
                "left" => (1.0, Tally { wins: 1, ..Tally::default() }),
                "right" => (0.0, Tally { losses: 1, ..Tally::default() }),
                "tie" => (0.5, Tally { ties: 1, ..Tally::default() }),
                other => panic!("unknown winner {other}"),
            };
            pairs.add(a, b, tally);
            (a, b, score)
        });
        let votes = votes.collect();
        let golden = read("llmfao-golden.csv").into_iter();
        let golden = golden.map(|row| ((row[0].to_owned(), row[1].to_owned()), row[2].parse().unwrap()));
        let golden = golden.collect();
        Self { votes, pairs, golden, names }
    }

    fn golden(&self, algorithm: &str, model: usize) -> f64 {
        self.golden[&(algorithm.to_owned(), self.names[model].clone())]
    }
}

#[track_caller]
fn assert_close(found: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

#[test]
fn online_elo_is_fastchat_s_for_all_59_models() {
    let data = Llmfao::read();
    assert_eq!((data.votes.len(), data.names.len()), (8931, 59));
    let ratings = EloSettings::default().replay(data.names.len(), data.votes.iter().copied());
    for (model, rating) in ratings.iter().enumerate() {
        assert_close(rating.unwrap(), data.golden("elo", model), 1e-9, &data.names[model]);
    }
    let gpt4 = data.names.iter().position(|name| name == "GPT 4").unwrap();
    assert_close(ratings[gpt4].unwrap(), 1_095.593_548_17, 1e-8, "GPT 4");
}

#[test]
fn bradley_terry_is_the_exact_maximum() {
    let data = Llmfao::read();
    // The published figures are measured from the plain mean.
    let fit = fit(&data.pairs, Scale { gauge: Gauge::Mean, ..Scale::default() });
    assert_eq!(fit.groups.len(), 1);
    for (name, wanted) in [
        ("GPT 4", 1_172.132_556),
        ("Platypus-2 Instruct (70B)", 1_112.448_738),
        ("command", 1_110.169_032),
        ("Dolly v2 (3B)", 845.658_930),
    ] {
        let model = data.names.iter().position(|other| other == name).unwrap_or_else(|| panic!("no {name}"));
        assert_close(fit.standings[model].rated().unwrap().rating, wanted, 1e-6, name);
    }
}

#[test]
fn average_win_rates_are_evalica_s() {
    let data = Llmfao::read();
    for model in 0..data.names.len() {
        let found = average_win_rate(&data.pairs, model).unwrap();
        assert_close(found, data.golden("average_win_rate", model), 1e-12, &data.names[model]);
    }
}

#[test]
fn standard_errors_are_those_of_resampled_votes() {
    use rand::{RngExt, SeedableRng};
    let data = Llmfao::read();
    let models = data.names.len();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let (mut sum, mut squares) = (vec![0.0; models], vec![0.0; models]);
    let rounds = 200;
    for _ in 0..rounds {
        let mut pairs = Pairs::new(models);
        for _ in 0..data.votes.len() {
            let (a, b, score) = data.votes[random.random_range(0..data.votes.len())];
            let [wins, losses, ties] = [1.0, 0.0, 0.5].map(|kind| u64::from(score == kind));
            pairs.add(a, b, Tally { wins, losses, ties, both_bad: 0 });
        }
        let scale = Scale { gauge: Gauge::Mean, ..Scale::default() };
        for (model, standing) in fit(&pairs, scale).standings.into_iter().enumerate() {
            let rating = standing.rated().unwrap().rating;
            sum[model] += rating;
            squares[model] += rating * rating;
        }
    }
    let fit = fit(&data.pairs, Scale { gauge: Gauge::Mean, ..Scale::default() });
    let ratio = |model: usize| {
        let mean = sum[model] / f64::from(rounds);
        let spread = (squares[model] / f64::from(rounds) - mean * mean).sqrt();
        fit.standings[model].rated().unwrap().standard_error / spread
    };
    let ratios: Vec<f64> = (0..models).map(ratio).collect();
    let mean = ratios.iter().sum::<f64>() / models as f64;
    assert!((0.95..1.05).contains(&mean), "ours are {mean} times as large on average");
    assert!(ratios.iter().all(|ratio| (0.8..1.25).contains(ratio)), "{ratios:?}");
}
