//! What both columns show, tick by tick.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

fn lane(arrived: usize, released: usize, ended: bool) -> Option<ColumnProgress> {
    Some(ColumnProgress { arrived, released, ended, is_unasked: false })
}

fn ticks(time: Duration) -> usize {
    (time.as_millis() / TICK.as_millis()) as usize
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(3)
}

/// A pace with its randomness.
struct Pace(ReleasePacer, ChaCha8Rng);

impl Pace {
    fn new(is_blind: bool) -> Self {
        let mut rng = rng();
        Self(ReleasePacer::new(is_blind, &mut rng), rng)
    }

    fn step(&mut self, lanes: [Option<ColumnProgress>; 2]) -> [usize; 2] {
        self.0.step(lanes, &mut self.1)
    }
}

#[test]
fn nothing_is_shown_until_both_have_begun() {
    for is_blind in [false, true] {
        let mut pace = Pace::new(is_blind);
        for _ in 1..ticks(FIRST_WAIT) {
            assert_eq!(pace.step([lane(50, 0, false), lane(0, 0, false)]), [0, 0]);
        }
        let [a, b] = Pace::new(is_blind).step([lane(99, 0, false), lane(27, 0, false)]);
        assert!(a == b && a > 0, "{a} {b}");
    }
    assert_eq!(Pace::new(false).step([lane(50, 0, false), lane(3, 0, false)]), [3, 3]);
    assert_eq!(Pace::new(false).step([lane(50, 0, false), lane(0, 0, true)]), [40, 0]);
}

#[test]
fn while_a_model_is_loaded_no_clock_runs_that_would_show_which_one_it_is() {
    let unasked = Some(ColumnProgress { arrived: 0, released: 0, ended: false, is_unasked: true });
    let mut pace = Pace::new(true);
    for _ in 0..10 * ticks(FIRST_WAIT) {
        assert_eq!(pace.step([lane(500, 0, true), unasked]), [0, 0]);
    }
    for _ in 1..ticks(FIRST_WAIT) {
        assert_eq!(pace.step([lane(500, 0, true), lane(0, 0, false)]), [0, 0], "now it has been asked");
    }
    // A side that is asked again in the middle.
    let mut pace = Pace::new(true);
    let shown = pace.step([lane(50, 0, false), lane(50, 0, false)])[0];
    for _ in 0..10 * ticks(MAX_STALL) {
        assert_eq!(pace.step([lane(999, shown, false), unasked]), [0, 0]);
    }
}

#[test]
fn a_silent_side_holds_the_other_back_for_a_bounded_time() {
    let mut pace = Pace::new(true);
    let shown = pace.step([lane(50, 0, false), lane(50, 0, false)])[0];
    let mut held = 0;
    while pace.step([lane(999, shown, false), lane(shown, shown, false)]) == [0, 0] {
        held += 1;
        assert!(held < 10_000);
    }
    assert_eq!(held + 1, ticks(MAX_STALL));
}

#[test]
fn however_slowly_a_side_goes_on_the_columns_do_not_part() {
    let mut pace = Pace::new(true);
    let (mut a, mut b) = (0, 0);
    for tick in 0..20_000 {
        // One character each five seconds, for half an hour; the other was there at once.
        let step = pace.step([lane(2000, a, true), lane(1 + tick / 50, b, false)]);
        (a, b) = (a + step[0], b + step[1]);
        assert_eq!(a, b);
    }
    assert!(a >= 400 - HELD_BACK.end(), "{a} of the slow side's 400 are shown");
}

#[test]
fn an_end_comes_with_the_last_characters_whether_the_answer_lay_ready_or_was_just_written() {
    for lay_ready in [true, false] {
        let speed = move |is_ready: bool| move |tick: usize| if is_ready { 9000 } else { 3 * tick };
        let (a, b) = (speed(lay_ready), speed(!lay_ready));
        let steps = run(&mut Pace::new(true), [&a, &b], [300, 500]);
        let mut released = 0;
        let last = steps.iter().map(|step| step[0]).take_while(|step| {
            let goes_on = released < 300;
            released += step;
            goes_on
        });
        let last = last.filter(|step| *step > 0).last().expect("a step");
        assert!(last >= *HELD_BACK.start(), "{last}");
    }
}

/// Runs a turn to its end: of each side how much has arrived by a tick, and its length. Says for each tick what was
/// released.
fn run(pace: &mut Pace, arrived: [&dyn Fn(usize) -> usize; 2], length: [usize; 2]) -> Vec<[usize; 2]> {
    let (mut released, mut steps) = ([0; 2], Vec::new());
    while released != length {
        let tick = steps.len() + 1;
        let at = |side: usize| {
            let arrived = arrived[side](tick).min(length[side]);
            lane(arrived, released[side], arrived == length[side])
        };
        let step = pace.step([at(0), at(1)]);
        released = [released[0] + step[0], released[1] + step[1]];
        steps.push(step);
        assert!(steps.len() < 100_000, "{released:?} of {length:?}");
    }
    steps
}

#[test]
fn the_rest_of_the_longer_answer_comes_as_fast_whichever_side_is_the_faster() {
    // A hundred ticks of 4 characters together; then 800 characters remain of one side, which is slow or fast.
    let rest = |slow: bool| {
        let speed = |slow: bool| move |tick: usize| if slow { 4 * tick } else { 4000 * tick };
        let (a, b) = (speed(!slow), speed(slow));
        let steps = run(&mut Pace::new(true), [&a, &b], [400, 1200]);
        assert!(steps.iter().take(100).all(|step| step[0] == step[1]));
        steps.iter().skip(100).map(|step| step[1]).collect::<Vec<_>>()
    };
    let (slow, fast) = (rest(true), rest(false));
    assert_eq!(slow.iter().sum::<usize>(), 800);
    assert_eq!(slow, fast, "the same portions at the same moments");
    let seconds = slow.len() as f64 / 10.0;
    assert!((20.0..40.0).contains(&seconds), "800 characters at three quarters of 40 a second: {seconds} s");
}

#[test]
fn where_names_are_shown_the_rest_comes_at_once() {
    let steps = run(&mut Pace::new(false), [&|tick| 4 * tick, &|_| 1200], [400, 1200]);
    assert_eq!(steps.len(), 100 + 800 / MAX_CHARS_PER_TICK);
}

#[test]
fn a_blind_side_alone_goes_as_people_read() {
    let mut pace = Pace::new(true);
    let (mut a, mut ticks) = (0, 0);
    while a < 600 {
        a += pace.step([lane(600, a, true), None])[0];
        ticks += 1;
    }
    let speed = 600.0 / (f64::from(ticks) / 10.0);
    assert!((12.0..25.0).contains(&speed), "{speed} characters a second");
}

proptest! {
    /// While both sides write steadily, they are released alike, whatever their speeds, and to their ends.
    #[test]
    fn both_columns_grow_alike(
        fast in 1_usize..200, slow in 1_usize..50, length in 1_usize..3000, is_blind: bool,
    ) {
        let steps = run(&mut Pace::new(is_blind), [&|tick| fast * tick, &|tick| slow * tick], [length, length]);
        prop_assert!(steps.iter().all(|step| step[0] == step[1] && step[0] <= MAX_CHARS_PER_TICK + HELD_BACK.end()));
        prop_assert_eq!(steps.iter().map(|step| step[0]).sum::<usize>(), length);
    }
}
