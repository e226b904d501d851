//! The scheduler against a make-believe cache that remembers what was written where.

mod prefix;

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { max_sequences: 4, max_waiting: 8, step_tokens: 16, block_size: 4, blocks: 16 };

/// What a step must satisfy whatever happened before, checked against a cache of tokens. A key depends on all tokens up to
/// its own, so that is what a slot remembers.
struct Cache {
    limits: Limits,
    slots: HashMap<u32, Vec<u32>>,
}

impl Cache {
    fn new(limits: Limits) -> Self {
        Self { limits, slots: HashMap::new() }
    }

    /// Writes the step's tokens, then reads back each sequence's whole past through its blocks.
    fn run(&mut self, step: &Scheduled, known: &BTreeMap<Id, Vec<u32>>) {
        let plan = &step.plan;
        assert!(plan.tokens.len() <= self.limits.step_tokens, "over budget");
        assert!(plan.sequences.len() <= self.limits.max_sequences);
        assert_eq!(plan.tokens.len(), plan.positions.len());
        assert_eq!(plan.tokens.len(), plan.slots.len());
        assert_eq!(plan.slots.iter().collect::<HashSet<_>>().len(), plan.slots.len(), "a slot twice in a step");
        assert_eq!(step.ids.iter().collect::<HashSet<_>>().len(), step.ids.len(), "a sequence twice in a step");
        for (id, span) in step.ids.iter().zip(&plan.sequences) {
            for row in span.start..span.start + span.len {
                let position = plan.positions[row] as usize;
                assert_eq!(plan.tokens[row], known[id][position]);
                self.slots.insert(plan.slots[row], known[id][..=position].to_vec());
            }
        }
        for (id, span) in step.ids.iter().zip(&plan.sequences) {
            let tokens = &known[id];
            for position in 0..span.context {
                let block = span.blocks[position / self.limits.block_size] as usize;
                let slot = (block * self.limits.block_size + position % self.limits.block_size) as u32;
                let found = self.slots.get(&slot).map(Vec::as_slice);
                assert_eq!(found, Some(&tokens[..=position]), "the cache lost position {position} of {id}");
            }
            let due = span.context == tokens.len();
            assert_eq!(due, step.outputs.contains(id), "an output is due when a sequence has caught up");
        }
        for (id, row) in step.outputs.iter().zip(&plan.outputs) {
            assert_eq!(plan.positions[*row as usize] as usize, known[id].len() - 1);
        }
    }
}

#[test]
fn a_long_prompt_is_computed_in_pieces_and_does_not_hold_up_others() {
    let mut s = Scheduler::new(SMALL);
    let short = s.add(vec![1, 2], 10).expect("fits");
    let first = s.schedule();
    assert_eq!(first.outputs, [short]);
    s.computed(&first);
    s.append(short, 3);
    let long = s.add((0..40).collect(), 44).expect("fits");
    for expected in [15, 15, 10] {
        let step = s.schedule();
        assert_eq!(step.ids, [short, long], "the running one makes a token in every step");
        assert_eq!(step.plan.sequences[1].len, expected);
        s.computed(&step);
        s.append(short, 4);
    }
}

#[test]
fn where_others_take_part_in_a_step_the_rest_waits_for_the_next() {
    let (mut s, mut cache) = (Scheduler::new(SMALL), Cache::new(SMALL));
    let known: BTreeMap<Id, Vec<u32>> = (0..3)
        .map(|i| {
            let prompt = vec![i; 9];
            (s.add(prompt.clone(), 20).expect("fits"), prompt)
        })
        .collect();
    let mut sizes = Vec::new();
    while sizes.iter().sum::<usize>() < 27 {
        let step = s.schedule_within(5);
        cache.run(&step, &known);
        s.computed(&step);
        sizes.push(step.plan.tokens.len());
    }
    assert_eq!(sizes, [5, 5, 5, 5, 5, 2]);
    assert_eq!(s.budget(), SMALL.step_tokens, "the model's own budget stays");
}

#[test]
fn a_full_queue_refuses_at_once() {
    let mut s = Scheduler::new(Limits { max_waiting: 2, ..SMALL });
    assert!(s.add(vec![1], 4).is_ok() && s.add(vec![1], 4).is_ok());
    assert_eq!(s.add(vec![1], 4), Err(AdmissionError::QueueFull));
    let step = s.schedule();
    s.computed(&step);
    assert!(s.add(vec![1], 4).is_ok(), "those that run have left the queue");
}

#[test]
fn what_could_never_be_finished_is_refused() {
    let mut s = Scheduler::new(SMALL);
    assert_eq!(s.add(vec![1; 60], 66), Err(AdmissionError::TooLong { cache_tokens: 64 }));
    assert!(s.add(vec![1; 60], 65).is_ok(), "the last token needs no place");
    assert_eq!(s.add(vec![], 5), Err(AdmissionError::Empty));
}

#[test]
fn when_blocks_run_out_the_last_to_come_gives_way_and_comes_back_first() {
    let limits = Limits { blocks: 4, max_sequences: 3, ..SMALL };
    let (mut s, mut cache) = (Scheduler::new(limits), Cache::new(limits));
    let mut known = BTreeMap::new();
    for _ in 0..3 {
        known.insert(s.add(vec![7; 3], 14).expect("fits"), vec![7; 3]);
    }
    let mut order = Vec::new();
    for _ in 0..60 {
        let step = s.schedule();
        cache.run(&step, &known);
        s.computed(&step);
        s.check().expect("balanced");
        for id in step.outputs {
            s.append(id, 9);
            let tokens = known.get_mut(&id).expect("known");
            tokens.push(9);
            if tokens.len() == 14 {
                s.remove(id);
                order.push(id);
            }
        }
    }
    assert_eq!(order, [0, 1, 2], "first come, first done");
    assert!(s.preemptions() > 0, "there was too little room for all");
    assert!(s.is_idle() && s.blocks().free() == 4);
}

#[test]
fn removing_a_sequence_frees_its_blocks_wherever_it_stands() {
    let mut s = Scheduler::new(Limits { max_sequences: 1, ..SMALL });
    let (a, b) = (s.add(vec![1; 9], 20).expect("fits"), s.add(vec![1; 9], 20).expect("fits"));
    let step = s.schedule();
    s.computed(&step);
    assert!(s.blocks().free() < 16);
    s.remove(b);
    s.remove(a);
    assert!(s.is_idle() && s.blocks().free() == 16);
    s.check().expect("balanced");
}

#[test]
fn books_that_do_not_balance_are_noticed() {
    let mut blocks = Blocks::new(4);
    let a = blocks.take().expect("free");
    assert!(blocks.check([[a].as_slice()].into_iter()).is_ok());
    assert!(blocks.check([].into_iter()).is_err(), "a leak");
    assert!(blocks.check([[a, a].as_slice()].into_iter()).is_err(), "held twice");
    assert!(blocks.check([[a, 9].as_slice()].into_iter()).is_err(), "no such block");
}

#[derive(Debug, Clone)]
enum Act {
    Add { prompt: usize, more: usize },
    Cancel(usize),
    Step,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (1usize..30, 1usize..20).prop_map(|(prompt, more)| Act::Add { prompt, more }),
        1 => (0usize..8).prop_map(Act::Cancel),
        5 => Just(Act::Step),
    ]
}

proptest! {
    #[test]
    fn every_sequence_is_finished_or_cancelled_and_the_cache_never_lies(
        acts in proptest::collection::vec(act(), 1..120),
        max_sequences in 1usize..6, step_tokens in 1usize..40, block_size in 1usize..8, blocks in 1u32..24,
        alike: bool,
    ) {
        let limits = Limits { max_sequences, max_waiting: 6, step_tokens: step_tokens.max(max_sequences), block_size, blocks };
        let (mut s, mut cache) = (Scheduler::new(limits), Cache::new(limits));
        let mut known: BTreeMap<Id, Vec<u32>> = BTreeMap::new();
        let mut most: HashMap<Id, usize> = HashMap::new();
        let mut fresh = 0u32;
        // Whatever was asked, enough steps at the end must bring everything to its end.
        let rest = std::iter::repeat_n(Act::Step, 3000);
        for act in acts.into_iter().chain(rest) {
            match act {
                Act::Add { prompt, more } => {
                    // Either no two sequences have a token in common, or each is the beginning of every longer one.
                    let first = if alike { 0 } else { fresh };
                    let tokens: Vec<u32> = (0..prompt as u32).map(|i| first + i).collect();
                    fresh += prompt as u32;
                    if let Ok(id) = s.add(tokens.clone(), prompt + more) {
                        known.insert(id, tokens);
                        most.insert(id, prompt + more);
                    }
                }
                Act::Cancel(n) => {
                    if let Some(id) = known.keys().nth(n).copied() {
                        s.remove(id);
                        known.remove(&id);
                    }
                }
                Act::Step => {
                    if s.is_idle() {
                        continue;
                    }
                    let step = s.schedule();
                    prop_assert!(!step.plan.tokens.is_empty(), "a step without progress");
                    let oldest = known.keys().next().copied().expect("not idle");
                    prop_assert!(step.ids.contains(&oldest), "the oldest always goes on");
                    cache.run(&step, &known);
                    s.computed(&step);
                    for id in step.outputs {
                        fresh += 1;
                        let tokens = known.get_mut(&id).expect("known");
                        tokens.push(if alike { tokens.len() as u32 } else { fresh });
                        s.append(id, tokens[tokens.len() - 1]);
                        if known[&id].len() >= most[&id] {
                            s.remove(id);
                            known.remove(&id);
                        }
                    }
                }
            }
            s.check().expect("balanced");
        }
        prop_assert!(s.is_idle() && known.is_empty());
        prop_assert_eq!(s.blocks().free(), blocks as usize);
    }
}
