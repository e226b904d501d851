//! At what pace the two answers of a turn are released to the reader.
//!
//! Who sees one column race ahead of the other knows which model is the smaller or the better served. So both columns
//! grow by the same number of characters at the same moments, as many as the slower side has ready:
//!
//! - nothing is shown before both sides have something (or one has ended), at most [`FIRST_WAIT`], which begins when both
//!   models are loaded and have been asked;
//! - a side from which nothing comes holds the other back at most [`MAX_STALL`] at a time: by then its endpoint's own
//!   timeouts have usually failed it. However slow a side is that goes on, the columns do not part;
//! - at most [`MAX_CHARS_PER_TICK`] characters a tick (400 a second, far above reading speed), so that answers from very
//!   fast models look like others.
//!
//! In a blind battle more would tell the two apart:
//!
//! - The end of an answer. It is known with the last piece where an answer lay ready, and some moments later where it was
//!   just written. So of a running side the last characters ([`HELD_BACK`], a number drawn for each turn) stay back until
//!   its end is known, and come with it; of one that lay ready they come at once too.
//! - The rest of the longer answer. At its own speed, it would name its model at once. So it goes on at [`REST_SPEED`]
//!   of the pace that both had until then, which is that of the slower one whoever that is: if the rest comes from the
//!   slower side, it is just written; if not, it lies ready and is released as if. A pause first, and portions of
//!   random sizes at random moments, cover what is left: the slower side's own unevenness. Where both had too little
//!   time to show a pace, that of a reader stands in ([`READING`]). The tests simulate this over many speeds and lengths
//!   and let classifiers guess.
//!
//! A side that is shown as finished has been released whole; so both sides' ends come by the same clock too.

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rand::{Rng, RngExt};

/// How often something is released.
pub const TICK: Duration = Duration::from_millis(100);
/// How long the first side waits for the other's first token.
pub const FIRST_WAIT: Duration = Duration::from_secs(60);
/// How long a side that has begun and then says nothing holds the other back at a time.
pub const MAX_STALL: Duration = Duration::from_secs(60);
/// Characters a tick at most.
pub const MAX_CHARS_PER_TICK: usize = 40;
/// Characters of a running side that stay back in a blind battle.
const HELD_BACK: std::ops::RangeInclusive<usize> = 6..=24;
/// How fast the rest of the longer answer comes, as a part of the pace before: so that the slower side keeps up with it.
const REST_SPEED: f64 = 0.7;
/// Characters and ticks that count as if both had shown them: 20 characters in a second, about as fast as people read.
const READING: (f64, f64) = (20.0, 10.0);
/// Ticks of the pause before the rest.
const REST_PAUSE: std::ops::RangeInclusive<u32> = 15..=35;
/// Ticks from one portion of the rest to the next.
const REST_GAP: std::ops::RangeInclusive<u32> = 5..=15;
/// The least part of what is due that a portion brings.
const REST_PORTION: f64 = 0.5;
/// Ticks for which what was due and not there may be made up for.
const REST_ARREARS: f64 = 20.0;

/// One side as the pace sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnProgress {
    /// Characters that have arrived.
    pub arrived: usize,
    /// Characters that were released.
    pub released: usize,
    /// Whether nothing more will arrive.
    pub ended: bool,
    /// Whether its model is still being loaded, and nothing was asked yet.
    pub is_unasked: bool,
}

impl ColumnProgress {
    const fn left(self) -> usize {
        self.arrived.saturating_sub(self.released)
    }

    /// What may be released while so many characters of a running side stay back.
    const fn ready(self, held_back: usize) -> usize {
        if self.ended { self.left() } else { self.left().saturating_sub(held_back) }
    }

    /// Whether the reader has seen its end.
    const fn is_over(self) -> bool {
        self.ended && self.left() == 0
    }
}

/// The pace of one turn.
#[derive(Debug)]
pub struct ReleasePacer {
    is_blind: bool,
    /// Characters of a running side that stay back.
    held_back: usize,
    has_begun: bool,
    silent: [Duration; 2],
    waited: Duration,
    /// Characters that both released together, and in how many ticks.
    together: (f64, f64),
    rest: Option<Rest>,
}

/// The rest of the longer answer.
#[derive(Debug)]
struct Rest {
    /// Characters a tick.
    pace: f64,
    /// Characters that are due.
    due: f64,
    /// Ticks until anything becomes due.
    pause: u32,
    /// Ticks until the next portion.
    gap: u32,
}

impl ReleasePacer {
    /// The pace of a turn that begins; of a blind battle, or of one where names are shown anyway.
    pub fn new(is_blind: bool, rng: &mut impl Rng) -> Self {
        Self {
            is_blind,
            held_back: if is_blind { rng.random_range(HELD_BACK) } else { 0 },
            has_begun: false,
            silent: [Duration::ZERO; 2],
            waited: Duration::ZERO,
            together: (0.0, 0.0),
            rest: None,
        }
    }

    /// How many characters each side releases in this tick.
    pub fn step(&mut self, lanes: [Option<ColumnProgress>; 2], rng: &mut impl Rng) -> [usize; 2] {
        // No clock runs while a model is being loaded: which one it is would show when the other one went ahead.
        let is_loading = lanes.iter().flatten().any(|lane| lane.is_unasked);
        if !is_loading {
            self.waited += TICK;
        }
        for (silent, lane) in self.silent.iter_mut().zip(lanes) {
            match lane {
                Some(lane) if lane.is_unasked => {}
                Some(lane) if !lane.ended && lane.ready(self.held_back) == 0 => *silent += TICK,
                _ => *silent = Duration::ZERO,
            }
        }
        let there = || lanes.iter().flatten();
        if !self.has_begun {
            self.has_begun =
                there().all(|lane| lane.ended || lane.ready(self.held_back) > 0) || self.waited >= FIRST_WAIT;
            if !self.has_begun {
                return [0; 2];
            }
        }
        if self.is_blind {
            match lanes {
                // A side that was asked again has nobody to keep pace with either.
                [Some(a), Some(b)] if a.is_over() != b.is_over() => return self.rest(lanes, rng),
                [Some(_), None] | [None, Some(_)] => return self.rest(lanes, rng),
                _ => self.rest = None,
            }
        }
        let step = self.together(lanes);
        self.together.0 += step as f64;
        self.together.1 += 1.0;
        lanes.map(|lane| lane.map_or(0, |lane| step.min(lane.left())))
    }

    /// How far both go at once.
    fn together(&self, lanes: [Option<ColumnProgress>; 2]) -> usize {
        let there = || lanes.iter().flatten();
        let ready = there()
            .map(|lane| lane.ready(self.held_back))
            .filter(|ready| *ready > 0)
            .min()
            .unwrap_or(0)
            .min(MAX_CHARS_PER_TICK);
        let is_silent = |lane: ColumnProgress| !lane.ended && lane.ready(self.held_back) == 0;
        let is_held =
            lanes.iter().zip(self.silent).any(|(lane, silent)| lane.is_some_and(is_silent) && silent < MAX_STALL);
        // The end of an answer: the last characters come at once, and the other side gives as many of its own.
        let ends = there().filter(|lane| self.is_blind && lane.ended).map(|lane| lane.left()).min();
        match ends {
            Some(left) if left <= self.held_back && there().all(|lane| lane.left() >= left) => left,
            _ if is_held => 0,
            Some(left) if left <= ready + self.held_back && there().all(|lane| lane.left() >= left) => left,
            Some(left) => ready.min(left.saturating_sub(self.held_back)),
            None => ready,
        }
    }

    /// The side that goes on alone.
    fn rest(&mut self, lanes: [Option<ColumnProgress>; 2], rng: &mut impl Rng) -> [usize; 2] {
        let (chars, ticks) = self.together;
        let rest = self.rest.get_or_insert_with(|| Rest {
            pace: REST_SPEED * (chars + READING.0) / (ticks + READING.1),
            due: 0.0,
            // A turn of one side has had no other end to be told from.
            pause: if ticks > 0.0 { rng.random_range(REST_PAUSE) } else { 0 },
            gap: rng.random_range(REST_GAP),
        });
        if rest.pause > 0 {
            rest.pause -= 1;
            return [0; 2];
        }
        rest.due = (rest.due + rest.pace).min(rest.pace * REST_ARREARS).max(1.0);
        rest.gap = rest.gap.saturating_sub(1);
        if rest.gap > 0 {
            return [0; 2];
        }
        rest.gap = rng.random_range(REST_GAP);
        let portion = (rest.due * rng.random_range(REST_PORTION..=1.0)).ceil();
        let step = lanes.map(|lane| lane.map_or(0, |lane| lane.ready(self.held_back).min(portion as usize)));
        rest.due -= step.iter().sum::<usize>() as f64;
        step
    }
}
