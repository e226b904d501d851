//! At what pace the two answers of a turn are released to the reader.
//!
//! Who sees one column race ahead of the other knows which model is the smaller or the better served. So both columns
//! grow by the same number of characters at the same moments: as many as the slower side has ready. Bounds keep a slow
//! or dead side from holding the other one back for ever:
//!
//! - nothing is shown before both sides have something (or one has failed), at most [`FIRST_WAIT`];
//! - a side from which nothing comes holds the other back at most [`MAX_STALL`] at a time and [`MAX_TOTAL_HOLD`] in all; after that
//!   the columns part, because a voter who waits still longer leaves;
//! - at most [`MAX_CHARS_PER_TICK`] characters a tick (400 a second, far above reading speed), so that a finished answer does not
//!   burst out when its slow opponent ends, and answers from very fast models look like others.
//!
//! A side that is shown as finished has been released whole; so both sides' ends come by the same clock too.

use std::time::Duration;

/// How often something is released.
pub const TICK: Duration = Duration::from_millis(100);
/// How long the first side waits for the other's first token.
pub const FIRST_WAIT: Duration = Duration::from_secs(20);
/// How long a side that has begun and then says nothing holds the other back at a time.
pub const MAX_STALL: Duration = Duration::from_secs(10);
/// How long one side may hold the other back in all.
pub const MAX_TOTAL_HOLD: Duration = Duration::from_secs(120);
/// Characters a tick at most.
pub const MAX_CHARS_PER_TICK: usize = 40;

/// One side as the pace sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnProgress {
    /// Characters that have arrived.
    pub arrived: usize,
    /// Characters that were released.
    pub released: usize,
    /// Whether nothing more will arrive.
    pub ended: bool,
}

impl ColumnProgress {
    const fn ready(self) -> usize {
        self.arrived.saturating_sub(self.released)
    }
}

/// The pace of one turn.
#[derive(Debug, Default)]
pub struct ReleasePacer {
    has_begun: bool,
    silent: [Duration; 2],
    held: Duration,
    waited: Duration,
}

impl ReleasePacer {
    /// How many characters each side releases in this tick.
    pub fn step(&mut self, lanes: [Option<ColumnProgress>; 2]) -> [usize; 2] {
        self.waited += TICK;
        for (silent, lane) in self.silent.iter_mut().zip(lanes) {
            match lane {
                Some(lane) if !lane.ended && lane.ready() == 0 => *silent += TICK,
                _ => *silent = Duration::ZERO,
            }
        }
        let there = || lanes.iter().flatten();
        if !self.has_begun {
            self.has_begun = there().all(|lane| lane.ended || lane.arrived > 0) || self.waited >= FIRST_WAIT;
            if !self.has_begun {
                return [0; 2];
            }
        }
        let Some(ready) = there().map(|lane| lane.ready()).filter(|ready| *ready > 0).min() else {
            return [0; 2];
        };
        let is_held = lanes
            .iter()
            .zip(self.silent)
            .any(|(lane, silent)| lane.is_some_and(|lane| !lane.ended && lane.ready() == 0) && silent < MAX_STALL);
        if is_held && self.held < MAX_TOTAL_HOLD {
            self.held += TICK;
            return [0; 2];
        }
        let step = ready.min(MAX_CHARS_PER_TICK);
        lanes.map(|lane| lane.map_or(0, |lane| step.min(lane.ready())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lane(arrived: usize, released: usize, ended: bool) -> Option<ColumnProgress> {
        Some(ColumnProgress { arrived, released, ended })
    }

    fn ticks(time: Duration) -> usize {
        (time.as_millis() / TICK.as_millis()) as usize
    }

    #[test]
    fn nothing_is_shown_until_both_have_begun() {
        let mut pace = ReleasePacer::default();
        for _ in 1..ticks(FIRST_WAIT) {
            assert_eq!(pace.step([lane(50, 0, false), lane(0, 0, false)]), [0, 0]);
        }
        assert_eq!(pace.step([lane(50, 0, false), lane(0, 0, false)]), [40, 0]);
        assert_eq!(ReleasePacer::default().step([lane(50, 0, false), lane(3, 0, false)]), [3, 3]);
        assert_eq!(ReleasePacer::default().step([lane(50, 0, false), lane(0, 0, true)]), [40, 0]);
    }

    #[test]
    fn a_silent_side_holds_the_other_back_for_a_bounded_time() {
        let mut pace = ReleasePacer::default();
        assert_eq!(pace.step([lane(9, 0, false), lane(9, 0, false)]), [9, 9]);
        let mut held = 0;
        while pace.step([lane(99, 9, false), lane(9, 9, false)]) == [0, 0] {
            held += 1;
            assert!(held < 10_000);
        }
        assert_eq!(held + 1, ticks(MAX_STALL));
    }

    #[test]
    fn a_side_that_drips_cannot_hold_the_other_for_ever() {
        let mut pace = ReleasePacer::default();
        let (mut a, mut b) = (0, 0);
        let mut tick = 0;
        while a < 200 {
            tick += 1;
            // One character each five seconds.
            let step = pace.step([lane(200, a, true), lane(1 + tick / 50, b, false)]);
            (a, b) = (a + step[0], b + step[1]);
            assert!(tick < ticks(MAX_TOTAL_HOLD) + 500, "still {a}");
        }
    }

    proptest! {
        /// While both sides write steadily, they are released alike, whatever their speeds.
        #[test]
        fn both_columns_grow_alike(fast in 1_usize..200, slow in 1_usize..50, length in 1_usize..3000) {
            let mut pace = ReleasePacer::default();
            let (mut a, mut b) = (0, 0);
            for tick in 1..3000_usize {
                let (arrived_a, arrived_b) = ((fast * tick).min(length), (slow * tick).min(length));
                let lanes = [lane(arrived_a, a, arrived_a == length), lane(arrived_b, b, arrived_b == length)];
                let step = pace.step(lanes);
                (a, b) = (a + step[0], b + step[1]);
                prop_assert!(a <= arrived_a && b <= arrived_b);
                prop_assert!(step[0] <= MAX_CHARS_PER_TICK && step[1] <= MAX_CHARS_PER_TICK);
                prop_assert_eq!(a, b);
            }
            prop_assert_eq!((a, b), (length, length));
        }
    }
}
