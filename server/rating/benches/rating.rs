//! How fast votes become ratings: `cargo bench -p arena-rating --bench rating [VOTES] [MODELS]`.
//!
//! Each figure stands beside a naive reference, timed in the same run on the same votes: a ratio
//! says more than seconds do on a machine that others use as well.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use arena_rating::{EloSettings, Pairs, Scale, Tally, average_win_rate, fit, win_rates};

type Vote = (usize, usize, f64);

/// The median of five runs.
fn time<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let begun = Instant::now();
        last = Some(black_box(run()));
        times.push(begun.elapsed());
    }
    times.sort();
    match last {
        Some(result) => (times[2], result),
        None => unreachable!("it ran five times"),
    }
}

/// Votes on models whose true strengths are evenly spread over 600 points; a fifth are ties.
fn votes(count: usize, models: usize) -> Vec<Vote> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let elo = EloSettings::default();
    let strength = |model: usize| 600.0 * model as f64 / models as f64;
    let one = |_| {
        let a = (random() * models as f64) as usize;
        let b = (a + 1 + (random() * (models - 1) as f64) as usize) % models;
        let tie = random() < 0.2;
        let won = random() < elo.expected(strength(a), strength(b));
        (a, b, if tie { 0.5 } else { f64::from(u8::from(won)) })
    };
    (0..count).map(one).collect()
}

fn tally(votes: &[Vote], models: usize) -> Pairs {
    let mut pairs = Pairs::new(models);
    for &(a, b, score) in votes {
        let tally = match score {
            1.0 => Tally { wins: 1, ..Tally::default() },
            0.0 => Tally { losses: 1, ..Tally::default() },
            _ => Tally { ties: 1, ..Tally::default() },
        };
        pairs.add(a, b, tally);
    }
    pairs
}

/// Elo as one writes it first: ratings in a map by name.
fn naive_elo(votes: &[Vote], names: &[String]) -> HashMap<String, f64> {
    let mut ratings: HashMap<String, f64> = HashMap::new();
    for &(a, b, score) in votes {
        let ra = *ratings.entry(names[a].clone()).or_insert(1000.0);
        let rb = *ratings.entry(names[b].clone()).or_insert(1000.0);
        let ea = 1.0 / (1.0 + 10_f64.powf((rb - ra) / 400.0));
        let eb = 1.0 / (1.0 + 10_f64.powf((ra - rb) / 400.0));
        ratings.insert(names[a].clone(), ra + 4.0 * (score - ea));
        ratings.insert(names[b].clone(), rb + 4.0 * (1.0 - score - eb));
    }
    ratings
}

/// Bradley-Terry by the classical iteration (Zermelo), vote by vote, until nothing moves by more
/// than a thousandth of a point. Returns the ratings and the rounds it took.
fn naive_bradley_terry(votes: &[Vote], models: usize) -> (Vec<f64>, usize) {
    let mut p = vec![1.0_f64; models];
    for round in 1..=10_000 {
        let (mut won, mut met) = (vec![0.0; models], vec![0.0; models]);
        for &(a, b, score) in votes {
            let share = 1.0 / (p[a] + p[b]);
            won[a] += score;
            won[b] += 1.0 - score;
            met[a] += share;
            met[b] += share;
        }
        let next: Vec<f64> = won.iter().zip(&met).map(|(won, met)| won / met).collect();
        let mean = next.iter().map(|p| p.ln()).sum::<f64>() / models as f64;
        let next: Vec<f64> = next.iter().map(|p| (p.ln() - mean).exp()).collect();
        let moved = next.iter().zip(&p).map(|(a, b)| 400.0 * (a / b).log10().abs()).fold(0.0, f64::max);
        p = next;
        if moved < 1e-3 {
            return (p.iter().map(|p| 1000.0 + 400.0 * p.log10()).collect(), round);
        }
    }
    (p.iter().map(|p| 1000.0 + 400.0 * p.log10()).collect(), 10_000)
}

fn report(what: &str, ours: Duration, naive: Option<Duration>) {
    let ratio = naive.map(|naive| {
        let ratio = naive.as_secs_f64() / ours.as_secs_f64();
        format!("   naive {:9.3} ms   {ratio:8.1} times as fast", naive.as_secs_f64() * 1e3)
    });
    println!("{what:34} {:9.3} ms{}", ours.as_secs_f64() * 1e3, ratio.unwrap_or_default());
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let count = numbers.first().copied().unwrap_or(1_000_000);
    let models = numbers.get(1).copied().unwrap_or(100);
    let votes = votes(count, models);
    let names: Vec<String> = (0..models).map(|model| format!("model-{model}")).collect();
    println!("{count} votes on {models} models, one thread, median of five");

    let (naive, by_name) = time(|| naive_elo(&votes, &names));
    let (ours, ratings) = time(|| EloSettings::default().replay(models, votes.iter().copied()));
    for (name, rating) in names.iter().zip(&ratings) {
        let difference = by_name.get(name).copied().unwrap_or(1000.0) - rating.unwrap_or(1000.0);
        assert!(difference.abs() < 1e-9, "the two disagree on {name} by {difference}");
    }
    report("online Elo, all votes", ours, Some(naive));

    let (aggregation, pairs) = time(|| tally(&votes, models));
    report("tallies of all pairs", aggregation, None);
    let (fitting, exact) = time(|| fit(&pairs, Scale::default()));
    report("Bradley-Terry with errors, tallied", fitting, None);
    let begun = Instant::now();
    let (iterated, rounds) = naive_bradley_terry(&votes, models);
    report("Bradley-Terry with errors, all", aggregation + fitting, Some(begun.elapsed()));
    let rating = |model: usize| exact.standings[model].rated().map(|rated| rated.rating);
    let apart = (0..models).filter_map(|model| Some((rating(model)? - iterated[model]).abs())).fold(0.0, f64::max);
    println!("  the naive one took {rounds} rounds and ends {apart:.4} points from the exact maximum");

    let (rates, _) = time(|| win_rates(&pairs));
    report("win-rate matrix", rates, None);
    let (average, _) = time(|| (0..models).map(|model| average_win_rate(&pairs, model)).collect::<Vec<_>>());
    report("average win rates", average, None);
}
