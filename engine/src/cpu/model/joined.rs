//! Steps of several models on one base as one: their tokens and sequences one behind the other, and whose they are.

use crate::cpu::cache::{Cache, Pages, Q8_0};
use crate::error::{Error, Result};
use crate::schedule::{SequenceSlice, StepInput};

/// Several steps as one.
#[derive(Debug)]
pub struct Joined {
    pub plan: StepInput,
    /// For each token the number of its model.
    pub owners: Vec<usize>,
    /// For each sequence the same.
    pub sequences: Vec<usize>,
}

impl Joined {
    /// Puts plans together. Slots and blocks stay those of each model's own cache.
    pub fn new<'a>(plans: impl IntoIterator<Item = &'a StepInput>) -> Self {
        let mut joined = Self { plan: StepInput::default(), owners: Vec::new(), sequences: Vec::new() };
        for (owner, plan) in plans.into_iter().enumerate() {
            let all = &mut joined.plan;
            let before = all.tokens.len();
            all.tokens.extend(&plan.tokens);
            all.positions.extend(&plan.positions);
            all.slots.extend(&plan.slots);
            all.outputs.extend(plan.outputs.iter().map(|row| before as u32 + row));
            let moved = |span: &SequenceSlice| SequenceSlice { start: before + span.start, ..span.clone() };
            all.sequences.extend(plan.sequences.iter().map(moved));
            joined.owners.resize(all.tokens.len(), owner);
            joined.sequences.resize(all.sequences.len(), owner);
        }
        joined
    }
}

/// The caches of several models, all of one type.
#[derive(Debug)]
pub enum Caches<'a> {
    F16(Vec<&'a Pages<u16>>),
    F32(Vec<&'a Pages<f32>>),
    Q8_0(Vec<&'a Pages<Q8_0>>),
}

impl<'a> Caches<'a> {
    /// Sorts them by their type.
    ///
    /// # Errors
    /// They have several.
    pub fn new(caches: &[&'a Cache]) -> Result<Self> {
        let (mut halves, mut singles, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for cache in caches {
            match cache {
                Cache::F16(pages) => halves.push(pages),
                Cache::F32(pages) => singles.push(pages),
                Cache::Q8_0(pages) => bytes.push(pages),
            }
        }
        match (halves.len(), singles.len(), bytes.len()) {
            (_, 0, 0) => Ok(Self::F16(halves)),
            (0, _, 0) => Ok(Self::F32(singles)),
            (0, 0, _) => Ok(Self::Q8_0(bytes)),
            _ => Err(Error::StepInput("caches of several types".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_put_one_behind_the_other_with_their_owners() {
        let plan = |tokens: &[u32], blocks: &[u32]| StepInput {
            tokens: tokens.to_vec(),
            positions: (0..tokens.len() as u32).collect(),
            slots: (0..tokens.len() as u32).map(|i| blocks[0] * 16 + i).collect(),
            sequences: vec![SequenceSlice {
                start: 0,
                len: tokens.len(),
                context: tokens.len(),
                blocks: blocks.to_vec(),
            }],
            outputs: vec![tokens.len() as u32 - 1],
        };
        let (one, two) = (plan(&[5, 6, 7], &[2]), plan(&[8, 9], &[2]));
        let joined = Joined::new([&one, &two]);
        assert_eq!(joined.plan.tokens, [5, 6, 7, 8, 9]);
        assert_eq!((joined.owners, joined.sequences), (vec![0, 0, 0, 1, 1], vec![0, 1]));
        assert_eq!(joined.plan.outputs, [2, 4]);
        let starts: Vec<usize> = joined.plan.sequences.iter().map(|span| span.start).collect();
        assert_eq!((starts, &joined.plan.slots[3..]), (vec![0, 3], &[32, 33][..]), "slots of another cache");
        assert_eq!(Joined::new([&one]).plan, one);
    }
}
