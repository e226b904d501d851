//! Sequences with a common beginning.

use super::*;

/// A scheduler with its cache and all that is known of the sequences.
struct World {
    scheduler: Scheduler,
    cache: Cache,
    known: BTreeMap<Id, Vec<u32>>,
}

impl World {
    fn new(limits: Limits) -> Self {
        Self { scheduler: Scheduler::new(limits), cache: Cache::new(limits), known: BTreeMap::new() }
    }

    fn add(&mut self, tokens: &[u32]) -> Id {
        let id = self.scheduler.add(tokens.to_vec(), tokens.len() + 3).expect("fits");
        self.known.insert(id, tokens.to_vec());
        id
    }

    /// One step; what was admitted, with its cached tokens.
    fn step(&mut self) -> (Vec<(Id, usize)>, Scheduled) {
        let step = self.scheduler.schedule();
        self.cache.run(&step, &self.known);
        self.scheduler.computed(&step);
        self.scheduler.check().expect("balanced");
        (step.admitted.iter().map(|a| (a.id, a.cached_tokens)).collect(), step)
    }

    /// Computes a prompt to its end, answers with these tokens, and lets it go.
    fn turn(&mut self, prompt: &[u32], answer: &[u32]) -> usize {
        let id = self.add(prompt);
        let mut cached = None;
        let mut answer = answer.iter();
        loop {
            let (admitted, step) = self.step();
            cached = cached.or_else(|| admitted.first().map(|(_, cached)| *cached));
            if step.outputs.contains(&id) {
                let Some(token) = answer.next() else { break };
                self.scheduler.append(id, *token);
                self.known.get_mut(&id).expect("known").push(*token);
            }
        }
        self.scheduler.remove(id);
        self.known.remove(&id);
        cached.expect("admitted")
    }
}

#[test]
fn a_second_turn_begins_behind_the_first_ones_full_blocks() {
    let mut world = World::new(SMALL);
    let first: Vec<u32> = (0..10).collect();
    assert_eq!(world.turn(&first, &[20, 21, 22]), 0, "nothing is known yet");
    // 13 tokens, of which the last was never computed: three full blocks of four.
    let second = [first.as_slice(), &[20, 21, 22, 30, 31]].concat();
    assert_eq!(world.turn(&second, &[40]), 12);
    assert_eq!(world.scheduler.blocks().free(), 16, "what is only remembered is free");
}

#[test]
fn a_retry_computes_at_least_the_last_token_anew() {
    let mut world = World::new(SMALL);
    for (length, cached) in [(8, 4), (9, 8), (4, 0), (5, 4), (1, 0)] {
        let prompt: Vec<u32> = (100 * length..100 * length + length).collect();
        assert_eq!(world.turn(&prompt, &[1]), 0);
        assert_eq!(world.turn(&prompt, &[1]), cached, "{length} tokens in blocks of 4");
    }
}

#[test]
fn only_the_same_beginning_is_shared() {
    let mut world = World::new(SMALL);
    world.turn(&[1, 2, 3, 4, 5, 6, 7, 8, 9], &[]);
    assert_eq!(world.turn(&[1, 2, 3, 4, 5, 6, 0, 8, 9], &[]), 4, "the second block differs");
    assert_eq!(world.turn(&[5, 6, 7, 8, 9], &[]), 0, "the same tokens, but not at the beginning");
    assert_eq!(world.turn(&[0, 2, 3, 4, 5, 6, 7, 8, 9], &[]), 0);
}

#[test]
fn running_sequences_share_and_the_last_to_leave_frees() {
    let mut world = World::new(SMALL);
    let prompt: Vec<u32> = (0..13).collect();
    let first = world.add(&prompt);
    world.step();
    let second = world.add(&prompt);
    assert_eq!(world.step().0, [(second, 12)]);
    assert_eq!(world.scheduler.blocks().free(), 16 - 4 - 1, "three shared, one of each");
    world.scheduler.remove(first);
    world.known.remove(&first);
    assert_eq!(world.scheduler.blocks().free(), 16 - 4);
    world.scheduler.append(second, 50);
    world.known.get_mut(&second).expect("known").push(50);
    world.step();
    world.scheduler.remove(second);
    world.scheduler.check().expect("balanced");
    assert_eq!(world.scheduler.blocks().free(), 16);
}

#[test]
fn the_least_recently_used_content_goes_first_and_ends_before_beginnings() {
    let mut world = World::new(Limits { blocks: 6, ..SMALL });
    let (old, new): (Vec<u32>, Vec<u32>) = ((0..9).collect(), (100..109).collect());
    world.turn(&old, &[]);
    world.turn(&new, &[]);
    // Six blocks: two full ones of each, and the two half full ones that hold nothing worth keeping. Three blocks are
    // wanted: those two, and the end of the older content.
    world.turn(&(200..209).collect::<Vec<u32>>(), &[]);
    assert_eq!(world.turn(&new, &[]), 8);
    assert_eq!(world.turn(&old, &[]), 4, "its first block is left");
}

#[test]
fn contents_are_shared_while_every_free_block_is_one_of_them() {
    // The whole cache is the remembered conversation; its next turn needs all of it.
    let mut world = World::new(Limits { blocks: 4, ..SMALL });
    let prompt: Vec<u32> = (0..14).collect();
    world.turn(&prompt, &[]);
    let longer: Vec<u32> = (0..15).collect();
    assert_eq!(world.scheduler.add(longer.clone(), 16).map(|id| world.known.insert(id, longer)), Ok(None));
    let (admitted, _) = world.step();
    assert_eq!(admitted.first().map(|(_, cached)| *cached), Some(12));
}

#[test]
fn a_lost_cache_is_not_remembered() {
    let mut world = World::new(SMALL);
    let prompt: Vec<u32> = (0..9).collect();
    world.turn(&prompt, &[]);
    let running = world.add(&prompt);
    world.step();
    world.scheduler.clear();
    world.known.remove(&running);
    world.cache.slots.clear();
    world.scheduler.check().expect("balanced");
    assert_eq!(world.turn(&prompt, &[]), 0);
}

#[test]
fn who_gave_way_finds_what_is_left_of_its_beginning() {
    let limits = Limits { blocks: 6, max_sequences: 2, ..SMALL };
    let mut world = World::new(limits);
    let first = world.add(&(0..7).collect::<Vec<_>>());
    world.step();
    let second = world.add(&(100..109).collect::<Vec<_>>());
    world.step();
    let mut again = None;
    for token in 0..9 {
        for id in [first, second] {
            if world.known[&id].len() < 20
                && world.scheduler.running.iter().any(|s| s.id == id && s.num_uncomputed() == 0)
            {
                world.scheduler.append(id, 1000 + token);
                world.known.get_mut(&id).expect("known").push(1000 + token);
            }
        }
        if token == 7 {
            world.scheduler.remove(first);
        }
        let (admitted, _) = world.step();
        again = again.or_else(|| admitted.iter().find(|(id, _)| *id == second).map(|(_, cached)| *cached));
    }
    assert!(world.scheduler.preemptions() > 0, "there was too little room for both");
    assert!(again.is_some_and(|cached| cached >= 4), "computed anew from {again:?}");
}
