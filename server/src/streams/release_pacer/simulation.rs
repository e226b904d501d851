//! Can the faster model be told from what a reader sees? Battles over many speeds and lengths, and classifiers that are
//! trained on half of them and guess on the other.
//!
//! A battle here: each endpoint has a speed (3 to 150 pieces a second), a time to its first piece, pauses now and then,
//! even or uneven pieces of 1 to 7 characters, a length; all drawn for each side by itself, so that no side's length says
//! anything of its speed. What the reader sees is how much of each column appears in each tick, and when it is marked as
//! ended. The classifiers are asked about the side whose rest comes after the other's end.

mod classifiers;
mod features;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{ColumnProgress, ReleasePacer, TICK};
use classifiers::{Boosted, Sample};
use features::features;

/// What a reader sees in one tick: how much each column grew, and which columns are marked as ended by then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) grew: [usize; 2],
    pub(super) ended: [bool; 2],
}

/// An answer as it arrives: the time of each piece and the characters by then; and the time of the end.
struct Answer {
    pieces: Vec<(f64, usize)>,
    ends: f64,
}

fn log_uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..high.ln()).exp()
}

impl Answer {
    fn draw(rng: &mut ChaCha8Rng, speed: f64, pieces: usize, is_uneven: bool) -> Self {
        let (mut at, mut chars) = (log_uniform(rng, 0.05, 4.0), 0);
        let pieces = (0..pieces)
            .map(|number| {
                if number > 0 {
                    at += pause(rng, speed, is_uneven);
                }
                chars += rng.random_range(1..=7);
                (at, chars)
            })
            .collect();
        Self { pieces, ends: at + pause(rng, speed, is_uneven) }
    }

    /// As [`ColumnProgress`] tells it at a time.
    fn progress(&self, at: f64, released: usize) -> ColumnProgress {
        let pieces = self.pieces.partition_point(|piece| piece.0 <= at);
        let arrived = if pieces == 0 { 0 } else { self.pieces[pieces - 1].1 };
        ColumnProgress { arrived, released, ended: at >= self.ends, is_unasked: false }
    }
}

/// The time from one piece to the next.
fn pause(rng: &mut ChaCha8Rng, speed: f64, is_uneven: bool) -> f64 {
    let usual = if is_uneven { -(1.0 - rng.random::<f64>()).ln() } else { rng.random_range(0.8..1.2) };
    let stall = if rng.random_bool(0.01) { rng.random_range(0.2..1.5) } else { 0.0 };
    usual / speed + stall
}

/// What a reader sees of one battle, and which side is the faster.
fn battle(rng: &mut ChaCha8Rng, is_blind: bool) -> (Vec<Seen>, usize) {
    let speeds = [log_uniform(rng, 3.0, 150.0), log_uniform(rng, 3.0, 150.0)];
    let is_uneven = rng.random();
    let answers = speeds.map(|speed| {
        let pieces = log_uniform(rng, 3.0, 400.0) as usize;
        Answer::draw(rng, speed, pieces, is_uneven)
    });
    let (mut pace, mut released, mut trace) = (ReleasePacer::new(is_blind, rng), [0; 2], Vec::new());
    loop {
        let at = (trace.len() + 1) as f64 * TICK.as_secs_f64();
        let lanes = [0, 1].map(|side| answers[side].progress(at, released[side]));
        let grew = pace.step(lanes.map(Some), rng);
        released = [released[0] + grew[0], released[1] + grew[1]];
        let ended = [0, 1].map(|side| lanes[side].ended && released[side] == lanes[side].arrived);
        trace.push(Seen { grew, ended });
        if ended == [true; 2] {
            return (trace, usize::from(speeds[1] > speeds[0]));
        }
        assert!(trace.len() < 100_000, "a battle ends");
    }
}

/// So many battles in which one side has a rest after the other's end.
fn samples(seed: u64, count: usize, is_blind: bool) -> Vec<Sample> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut samples = Vec::with_capacity(count);
    while samples.len() < count {
        let (trace, faster) = battle(&mut rng, is_blind);
        if let Some((side, features)) = features(&trace) {
            samples.push(Sample { features, is_faster: side == faster });
        }
    }
    samples
}

/// How often the best single threshold and all of them together are right about battles that they have not seen.
fn guesses(count: usize, is_blind: bool) -> (f64, f64) {
    let (train, test) = (samples(1, count, is_blind), samples(2, count, is_blind));
    let boosted = Boosted::train(&train, 40);
    (boosted.first(1).accuracy(&test), boosted.accuracy(&test))
}

#[test]
fn no_classifier_tells_the_faster_model_from_the_rest_of_its_answer() {
    let (single, all) = guesses(3000, true);
    assert!(single <= 0.55 && all <= 0.55, "one threshold: {single}, forty: {all}");
}

#[test]
fn the_classifiers_name_the_faster_model_where_the_rest_comes_at_its_own_speed() {
    let (single, all) = guesses(1000, false);
    assert!(single > 0.7 && all > 0.75, "one threshold: {single}, forty: {all}");
}

/// `cargo test --workspace --lib simulation -- --ignored --nocapture`
#[test]
#[ignore = "a measurement over many battles"]
fn how_often_the_faster_model_is_guessed() {
    for is_blind in [false, true] {
        let (single, all) = guesses(20_000, is_blind);
        let rule = if is_blind { "blind pace" } else { "own speed" };
        println!("{rule}: one threshold {:.1} %, forty {:.1} %", single * 100.0, all * 100.0);
    }
}
