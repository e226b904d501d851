//! How fast votes become ratings: `cargo bench -p arena-rating --bench rating [VOTES] [MODELS] [VOTERS]`.
//!
//! Each figure stands beside a naive reference, timed in the same run on the same votes: a ratio
//! says more than seconds do on a machine that others use as well. Times are those that this thread computed.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Duration;

use arena_rating::{
    Bootstrap, EloSettings, Pairs, STYLE, Scale, StyleVote, Voters, average_win_rate, davidson, fit, fit_clustered,
    fit_style, pair_shares, rank_ranges, rating_differences, standardise, win_rates,
};

type Vote = (usize, usize, f64);

/// How long this thread has computed: what others on the machine took meanwhile does not count.
fn computed() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}

/// The median of five runs.
fn time<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut times = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let begun = computed();
        last = Some(black_box(run()));
        times.push(computed().saturating_sub(begun));
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
    Pairs::from_votes(models, votes.iter().copied())
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

/// The clustered variances of x_a - x_0 by whole matrices: each voter's score, and Gauss's elimination.
fn naive_clustered(votes: &[Vote], voter_of: &impl Fn(usize) -> u32, voters: usize, x: &[f64]) -> Vec<f64> {
    let models = x.len();
    let mut hessian = vec![vec![0.0; models]; models];
    let mut scores = vec![vec![0.0; models]; voters];
    for (at, &(a, b, score)) in votes.iter().enumerate() {
        let p = 1.0 / (1.0 + (x[b] - x[a]).exp());
        let own = &mut scores[voter_of(at) as usize];
        own[a] += score - p;
        own[b] -= score - p;
        let v = p * (1.0 - p);
        hessian[a][a] += v;
        hessian[b][b] += v;
        hessian[a][b] -= v;
        hessian[b][a] -= v;
    }
    // The first model is fixed: its row and column go, and the rest is inverted beside a unit matrix.
    let free = models - 1;
    let mut rows: Vec<Vec<f64>> = (0..free)
        .map(|i| {
            let unit = (0..free).map(|j| f64::from(u8::from(i == j)));
            hessian[i + 1][1..].iter().copied().chain(unit).collect()
        })
        .collect();
    for column in 0..free {
        let pivot = rows[column][column];
        rows[column].iter_mut().for_each(|value| *value /= pivot);
        let own = rows[column].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if at != column {
                row.iter_mut().zip(&own).for_each(|(value, own)| *value -= factor * own);
            }
        }
    }
    let factor = voters as f64 / (voters as f64 - 1.0);
    let variance = |a: usize| {
        let row = &rows[a - 1][free..];
        let squares = scores.iter().map(|s| s[1..].iter().zip(row).map(|(s, b)| s * b).sum::<f64>().powi(2));
        factor * squares.sum::<f64>()
    };
    std::iter::once(0.0).chain((1..models).map(variance)).collect()
}

/// One round of the bootstrap as one writes it first: as many votes drawn one by one, and a fit.
fn naive_round(votes: &[Vote], models: usize) -> usize {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let drawn: Vec<Vote> = (0..votes.len())
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            votes[(state % votes.len() as u64) as usize]
        })
        .collect();
    naive_bradley_terry(&drawn, models).1
}

fn report(what: &str, ours: Duration, naive: Option<Duration>) {
    let ratio = naive.map(|naive| {
        let ratio = naive.as_secs_f64() / ours.as_secs_f64();
        format!("   naive {:9.3} ms   {ratio:8.1} times as fast", naive.as_secs_f64() * 1e3)
    });
    println!("{what:36} {:9.3} ms{}", ours.as_secs_f64() * 1e3, ratio.unwrap_or_default());
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let count = numbers.first().copied().unwrap_or(1_000_000);
    let models = numbers.get(1).copied().unwrap_or(100);
    let votes = votes(count, models);
    let names: Vec<String> = (0..models).map(|model| format!("model-{model}")).collect();
    let voters = numbers.get(2).copied().unwrap_or(count.div_ceil(50));
    // Each comes back now and then and votes ten times.
    let voter_numbers: Vec<u32> = (0..count).map(|vote| ((vote / 10) % voters) as u32).collect();
    let voter_of = |vote: usize| voter_numbers[vote];
    println!("{count} votes on {models} models by {voters} voters, one thread, median of five");

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
    let begun = computed();
    let (iterated, rounds) = naive_bradley_terry(&votes, models);
    report("Bradley-Terry with errors, all", aggregation + fitting, Some(computed() - begun));
    let rating = |model: usize| exact.standings[model].rated().map(|rated| rated.rating);
    let apart = (0..models).filter_map(|model| Some((rating(model)? - iterated[model]).abs())).fold(0.0, f64::max);
    println!("  the naive one took {rounds} rounds and ends {apart:.4} points from the exact maximum");

    let by_voter = || {
        let numbered = votes.iter().zip(&voter_numbers).map(|(&(a, b, score), &voter)| (voter, a, b, score));
        Voters::from_votes(voters, numbered)
    };
    let (putting_together, kept) = time(by_voter);
    report("votes put together by voter", putting_together, None);
    let (clustering, clustered) = time(|| fit_clustered(&pairs, Some(&kept), Scale::default()));
    report("… clustered errors, votes by voter", clustering, None);
    let (all, _) = time(|| fit_clustered(&tally(&votes, models), Some(&by_voter()), Scale::default()));
    let (naive, variances) = time(|| naive_clustered(&votes, &voter_of, voters, &clustered.groups[0].strengths));
    report("… clustered errors, all", all, Some(naive));
    let of_difference = |a: usize| clustered.groups[0].covariance.difference(a, 0);
    let apart = (1..models).map(|a| (of_difference(a) / variances[a] - 1.0).abs()).fold(0.0, f64::max);
    println!("  the naive one's variances are {apart:.1e} from ours (a few votes' correction)");

    let group = &clustered.groups[0];
    let (ranking, _) = time(|| rank_ranges(&group.strengths, &group.covariance));
    report("rank ranges", ranking, None);
    let (drawing, _) = time(|| Bootstrap::of_votes(&pairs, Scale::default(), 100, 1));
    let begun = computed();
    black_box(naive_round(&votes, models));
    report("100 bootstrap rounds", drawing, Some(100 * (computed() - begun)));
    let (tying, _) = time(|| davidson(&pairs, None, Scale::default()));
    report("Davidson with errors, tallied", tying, None);
    let (tying, _) = time(|| davidson(&pairs, Some(&kept), Scale::default()));
    report("Davidson with clustered errors", tying, None);

    let mut styled: Vec<StyleVote<STYLE>> = votes
        .iter()
        .enumerate()
        .map(|(at, &(a, b, score))| {
            let features = std::array::from_fn(|feature| ((at * (feature + 7)) % 101) as f64 / 50.0 - 1.0);
            StyleVote { voter: voter_of(at), a: a as u32, b: b as u32, score, features }
        })
        .collect();
    standardise(&mut styled);
    let (fitting, _) = time(|| fit_style(models, &styled, Scale::default()));
    report("style control with clustered errors", fitting, None);
    let (sharing, _) = time(|| pair_shares(&pairs, Some(&kept)));
    report("pair win rates with intervals", sharing, None);
    let halves = [0, 1].map(|half| {
        let own: Vec<Vote> = votes.iter().skip(half).step_by(2).copied().collect();
        tally(&own, models)
    });
    let both = votes.iter().enumerate().map(|(at, &(a, b, score))| {
        let shift = at % 2 * models;
        (voter_of(at), a + shift, b + shift, score)
    });
    let both = Voters::from_votes(voters, both);
    let (comparing, _) = time(|| rating_differences([&halves[0], &halves[1]], &both, Scale::default()));
    report("two boards compared model by model", comparing, None);

    let (rates, _) = time(|| win_rates(&pairs));
    report("win-rate matrix", rates, None);
    let (average, _) = time(|| (0..models).map(|model| average_win_rate(&pairs, model)).collect::<Vec<_>>());
    report("average win rates", average, None);
}
