//! The rule, case by case, and a long day of it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::*;

fn id(n: usize) -> ModelId {
    ModelId(Uuid::from_u128(n as u128))
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A model of ten bytes that is not there.
fn away(n: usize) -> TurnTaker {
    TurnTaker::new(id(n), 10, false)
}

/// One that was loaded long ago and last used at a moment.
fn here(n: usize, used: u64) -> TurnTaker {
    TurnTaker { presence: Presence::Here, answers: 1, used: Some(seconds(used)), ..away(n) }
}

fn waiting(n: usize, since: u64) -> TurnTaker {
    TurnTaker { waits_since: Some(seconds(since)), ..away(n) }
}

fn pinned(one: TurnTaker) -> TurnTaker {
    TurnTaker { is_pinned: true, ..one }
}

fn answering(one: TurnTaker) -> TurnTaker {
    TurnTaker { answering: 1, ..one }
}

fn prepared(one: TurnTaker) -> TurnTaker {
    TurnTaker { is_prepared: true, ..one }
}

/// One that came half a second ago after a load of ten seconds.
fn fresh(one: TurnTaker) -> TurnTaker {
    TurnTaker { came: Duration::from_millis(99_500), took: seconds(10), ..one }
}

fn broken(one: TurnTaker) -> TurnTaker {
    TurnTaker { presence: Presence::Broken, ..one }
}

fn loading(one: TurnTaker) -> TurnTaker {
    TurnTaker { presence: Presence::Loading { left: 5 }, ..one }
}

/// One of which eight bytes are a base's.
fn on_base(one: TurnTaker, key: u64) -> TurnTaker {
    TurnTaker { shared: Some(SharedWeights { key, bytes: 8 }), ..one }
}

#[test]
fn adapters_on_one_base_take_its_memory_once() {
    let on = |n: usize, key: u64| on_base(here(n, n as u64), key);
    assert_eq!(memory_together(&[on(1, 7), on(2, 7), on(3, 9), here(4, 1)]), 10 + 2 + 10 + 10);
    let next = on_base(waiting(5, 9), 7);
    assert_eq!((next.missing_beside(&[on(1, 7)]), next.missing_beside(&[on(3, 9)])), (2, 10));
    assert_eq!(next.missing_beside(&[on_base(away(1), 7), next]), 10, "a base that is not there is read");
    let moves = |models: &[TurnTaker], memory| {
        let moves = turn_moves(models, Some(memory), seconds(100));
        (moves.load, moves.leave)
    };
    assert_eq!(moves(&[on(1, 7), on(2, 7), next], 14), (Some(id(5)), vec![]), "two bytes are enough");
    // Neither of two on the base makes room for another's file alone; with both of them the base goes.
    assert_eq!(moves(&[on(1, 7), on(2, 7), waiting(5, 9)], 12), (None, vec![id(1), id(2)]));
    // Whoever is on the newcomer's own base makes room for two bytes only: another base goes instead.
    assert_eq!(moves(&[on(1, 7), here(2, 2), next], 20), (None, vec![id(2)]));
    assert_eq!(turn_wait(&[on(1, 7), next], id(5), 1.0), Some(seconds(2)));
    assert_eq!(turn_wait(&[on(1, 9), next], id(5), 1.0), Some(seconds(10)));
}

#[test]
fn who_is_loaded_and_who_leaves() {
    let big = |one: TurnTaker| TurnTaker { bytes: 20, ..one };
    let small = |one: TurnTaker| TurnTaker { bytes: 5, ..one };
    // In words, the models, the memory, who is loaded, who leaves, who is closed.
    type Case = (&'static str, Vec<TurnTaker>, u64, Option<usize>, Vec<usize>, Vec<usize>);
    let cases: Vec<Case> = vec![
        ("all fit: one after the other", vec![here(1, 5), away(2), away(3)], 30, Some(2), vec![], vec![]),
        ("nothing is left to do", vec![here(1, 5), here(2, 6)], 20, None, vec![], vec![]),
        (
            "what does not fit stays out while nobody asks",
            vec![here(1, 5), here(2, 6), away(3)],
            20,
            None,
            vec![],
            vec![],
        ),
        ("the least recently used leaves", vec![here(1, 5), here(2, 4), waiting(3, 9)], 20, None, vec![2], vec![]),
        ("room that is there is used", vec![here(1, 5), waiting(3, 9)], 20, Some(3), vec![], vec![]),
        ("whoever waits longest is first", vec![waiting(1, 9), waiting(2, 8)], 10, Some(2), vec![], vec![]),
        ("who waits goes before who does not", vec![away(1), waiting(2, 8)], 10, Some(2), vec![], vec![]),
        ("a pinned one never leaves", vec![pinned(here(1, 1)), here(2, 4), waiting(3, 9)], 20, None, vec![2], vec![]),
        ("a pinned one is loaded first", vec![waiting(1, 1), pinned(away(2))], 20, Some(2), vec![], vec![]),
        ("a pinned one makes others leave", vec![here(1, 1), pinned(away(2))], 10, None, vec![1], vec![]),
        (
            "idle ones before busy ones",
            vec![answering(here(1, 1)), here(2, 4), waiting(3, 9)],
            20,
            None,
            vec![2],
            vec![],
        ),
        ("a busy one finishes first", vec![answering(here(1, 1)), waiting(3, 9)], 10, None, vec![], vec![1]),
        ("who just came stays", vec![fresh(here(1, 1)), waiting(3, 9)], 10, None, vec![], vec![]),
        (
            "who just came and answers stays open",
            vec![answering(fresh(here(1, 1))), waiting(3, 9)],
            10,
            None,
            vec![],
            vec![],
        ),
        (
            "after four answers it has stayed long enough",
            vec![TurnTaker { answers: 4, ..fresh(here(1, 1)) }, waiting(3, 9)],
            10,
            None,
            vec![1],
            vec![],
        ),
        (
            "who came unasked need not stay",
            vec![TurnTaker { answers: 0, ..fresh(here(1, 1)) }, waiting(3, 9)],
            10,
            None,
            vec![1],
            vec![],
        ),
        (
            "who has not been let in yet is not sent away",
            vec![TurnTaker { answers: 0, waits_since: Some(seconds(3)), ..fresh(here(1, 1)) }, waiting(3, 9)],
            10,
            None,
            vec![],
            vec![],
        ),
        ("one load at a time", vec![loading(away(1)), waiting(3, 9)], 20, None, vec![], vec![]),
        (
            "nobody overtakes",
            vec![answering(here(1, 1)), big(waiting(2, 3)), small(waiting(3, 9))],
            25,
            None,
            vec![],
            vec![1],
        ),
        (
            "several leave for a large one",
            vec![here(1, 1), here(2, 2), big(waiting(3, 9))],
            20,
            None,
            vec![1, 2],
            vec![],
        ),
        ("no more leave than needed", vec![small(here(1, 1)), here(2, 2), waiting(3, 9)], 15, None, vec![2], vec![]),
        (
            "what cannot be loaded is nobody's business",
            vec![broken(waiting(1, 1)), waiting(2, 5)],
            10,
            Some(2),
            vec![],
            vec![],
        ),
        ("the next battle is prepared", vec![here(1, 1), prepared(away(2))], 10, None, vec![1], vec![]),
        ("but not for who was just used", vec![here(1, 90), prepared(away(2))], 10, None, vec![], vec![]),
        ("nor while others wait", vec![here(1, 1), prepared(away(2)), waiting(3, 9)], 10, None, vec![1], vec![]),
        (
            "after a start those used last come first",
            vec![away(1), TurnTaker { used: Some(seconds(1)), ..away(2) }],
            10,
            Some(2),
            vec![],
            vec![],
        ),
    ];
    for (words, models, memory, load, leave, closed) in cases {
        let ids = |numbers: Vec<usize>| numbers.into_iter().map(id).collect();
        let expected = TurnMoves { load: load.map(id), leave: ids(leave), closed: ids(closed) };
        assert_eq!(turn_moves(&models, Some(memory), seconds(100)), expected, "{words}");
    }
    let many: Vec<TurnTaker> = (0..9).map(away).collect();
    assert_eq!(turn_moves(&many, None, seconds(1)).load, Some(id(0)), "of unknown memory nothing is refused");
}

#[test]
fn a_wait_counts_the_loads_before_it() {
    let models = [loading(away(1)), waiting(2, 3), waiting(3, 9), away(4), here(5, 1), broken(away(6))];
    let wait = |n| turn_wait(&models, id(n), 1.0).map(|wait| wait.as_secs());
    assert_eq!([wait(1), wait(2), wait(3), wait(4)], [Some(5), Some(15), Some(25), Some(35)]);
    assert_eq!((wait(6), wait(7)), (None, None));
    assert_eq!(turn_wait(&models, id(2), 1e9), Some(seconds(1)), "at least a second");
}

#[test]
fn a_pair_that_must_be_loaded_is_rarer_and_never_gone() {
    assert!((readiness(Duration::ZERO) - 1.0).abs() < 1e-12);
    assert!((readiness(seconds(10)) - 0.5).abs() < 1e-12);
    assert!((readiness(seconds(3600)) - 0.05).abs() < 1e-12);
}

/// A device with its models, second by tenth of a second.
struct Device {
    models: Vec<TurnTaker>,
    memory: u64,
    now: Duration,
    /// Requests that wait, by model: when they came.
    lines: Vec<Vec<Duration>>,
    /// Answers under way: the model, and when they end.
    answers: Vec<(usize, Duration)>,
    loads_until: Duration,
    closed: Vec<ModelId>,
    loads: u32,
    longest_wait: Duration,
    given: u32,
}

const STEP: Duration = Duration::from_millis(100);

impl Device {
    fn step(&mut self, rng: &mut ChaCha8Rng, answer: u64) {
        self.now += STEP;
        for (at, ends) in &self.answers {
            if *ends <= self.now {
                let model = &mut self.models[*at];
                (model.answering, model.answers, model.used) = (model.answering - 1, model.answers + 1, Some(self.now));
                self.given += 1;
            }
        }
        self.answers.retain(|(_, ends)| *ends > self.now);
        for model in &mut self.models {
            match model.presence {
                Presence::Leaving => model.presence = Presence::Away,
                Presence::Loading { .. } if self.loads_until <= self.now => {
                    (model.presence, model.came, model.answers) = (Presence::Here, self.now, 0);
                }
                _ => {}
            }
        }
        for at in 0..self.models.len() {
            let is_open = self.models[at].presence == Presence::Here && !self.closed.contains(&self.models[at].id);
            for since in std::mem::take(&mut self.lines[at]) {
                if !is_open {
                    self.lines[at].push(since);
                    continue;
                }
                self.longest_wait = self.longest_wait.max(self.now - since);
                self.models[at].answering += 1;
                self.models[at].used = Some(self.now);
                self.answers.push((at, self.now + seconds(rng.random_range(1..=answer))));
            }
            self.models[at].waits_since = self.lines[at].first().copied();
        }
        let moves = turn_moves(&self.models, Some(self.memory), self.now);
        self.closed = moves.closed;
        for model in &mut self.models {
            if moves.leave.contains(&model.id) {
                assert!(model.answering == 0 && !model.is_pinned && model.presence == Presence::Here);
                model.presence = Presence::Leaving;
            }
            if moves.load == Some(model.id) {
                (model.presence, model.took) = (Presence::Loading { left: model.bytes }, seconds(model.bytes / 10));
                self.loads_until = self.now + model.took;
                self.loads += 1;
            }
        }
        let taken: u64 = self.models.iter().filter(|one| one.takes_room()).map(|one| one.bytes).sum();
        assert!(taken <= self.memory, "{taken}");
        assert!(
            self.models.iter().all(|one| !one.is_pinned || one.takes_room() || self.now < seconds(1030)),
            "it left"
        );
    }
}

/// Requests come for any model, faster than one model a time can be loaded: memory is never overfilled, nobody waits for ever,
/// and the device does not only load.
#[test]
fn through_a_long_day_memory_is_kept_waits_end_and_loads_are_shared() {
    for (seed, sizes, memory) in [
        (1, vec![40; 5], 40),
        (2, vec![40; 5], 80),
        (3, vec![20, 40, 60, 30, 10, 50], 110),
        (4, vec![100, 10, 10], 100),
    ] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let has_pinned = seed == 3;
        let models: Vec<TurnTaker> =
            sizes.iter().enumerate().map(|(n, bytes)| TurnTaker::new(id(n), *bytes, has_pinned && n == 4)).collect();
        let lines = vec![Vec::new(); sizes.len()];
        let mut device = Device {
            models,
            memory,
            now: seconds(1000),
            lines,
            answers: Vec::new(),
            loads_until: Duration::ZERO,
            closed: Vec::new(),
            loads: 0,
            longest_wait: Duration::ZERO,
            given: 0,
        };
        let mut asked = 0;
        for tick in 0..36_000 {
            // Two a second at first, nobody at the end.
            if tick < 34_000 && rng.random_bool(0.2) {
                let at = rng.random_range(0..sizes.len());
                let now = device.now;
                device.lines[at].push(now);
                asked += 1;
            }
            device.step(&mut rng, 5);
        }
        assert_eq!(device.given, asked, "everybody was answered");
        // Each of those before: its stay, the answers under way, its load.
        let bound: Duration = sizes.iter().map(|bytes| seconds(2 * (bytes / 10) + 5 + 1)).sum();
        assert!(device.longest_wait <= bound, "{:?} of {bound:?}", device.longest_wait);
        let answers_a_load = f64::from(device.given) / f64::from(device.loads);
        assert!(answers_a_load > 2.0, "{answers_a_load}");
    }
}
