//! Decides what each step computes.
//!
//! There is no prefill phase and no decode phase: a sequence has known tokens and computed tokens,
//! and every step lets the computed ones catch up, as far as the step's budget goes. A sequence
//! that has caught up gives an output; the sampled token makes it one behind again. A sequence begins
//! behind what the cache still knows of its beginning. Where cache blocks run out, the sequence that
//! came last gives its blocks back and is computed anew later.

use std::collections::VecDeque;

use super::blocks::{BEGINNING, Blocks, ContentId};
use super::sequence::{Id, Sequence};
use super::step_input::{SequenceSlice, StepInput};

/// The bounds of a scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most sequences that run at once.
    pub max_sequences: usize,
    /// Most sequences that wait.
    pub max_waiting: usize,
    /// Most tokens computed in one step.
    pub step_tokens: usize,
    /// Tokens in a cache block.
    pub block_size: usize,
    /// Cache blocks.
    pub blocks: u32,
}

/// Why a sequence was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionError {
    /// As many wait as may.
    QueueFull,
    /// Even alone it would not fit into the cache.
    TooLong {
        /// Tokens that the whole cache holds.
        cache_tokens: usize,
    },
    /// It has no tokens.
    Empty,
}

/// One step's work and whom it is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scheduled {
    /// What to compute.
    pub plan: StepInput,
    /// The sequences of `plan.sequences`, in the same order.
    pub ids: Vec<Id>,
    /// The sequences of `plan.outputs`, in the same order: each is due a new token, but where the row is that of an earlier
    /// token of a sequence that was added to be scored.
    pub outputs: Vec<Id>,
    /// Sequences that began to run with this step.
    pub admitted: Vec<Admitted>,
}

/// A sequence that begins to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// Which one.
    pub id: Id,
    /// How many of its first tokens were found in the cache and are not computed again.
    pub cached_tokens: usize,
}

/// The sequences of one model.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    blocks: Blocks,
    /// In order of arrival; one that lost its blocks stands before those that came later.
    waiting: VecDeque<Sequence>,
    /// In order of arrival.
    running: Vec<Sequence>,
    next: Id,
    preemptions: u64,
    /// Most tokens of the next step; at most `limits.step_tokens`.
    budget: usize,
}

impl Scheduler {
    /// An empty scheduler. Bounds of 0 are raised to 1; the budget lets every running sequence
    /// make a token each step.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let max_sequences = limits.max_sequences.max(1);
        let limits = Limits {
            max_sequences,
            step_tokens: limits.step_tokens.max(max_sequences),
            block_size: limits.block_size.max(1),
            blocks: limits.blocks.max(1),
            ..limits
        };
        let blocks = Blocks::new(limits.blocks);
        Self {
            limits,
            blocks,
            waiting: VecDeque::new(),
            running: Vec::new(),
            next: 0,
            preemptions: 0,
            budget: limits.step_tokens,
        }
    }

    /// Takes a sequence that will have at most `most` tokens in the end.
    ///
    /// # Errors
    /// The queue is full, or the sequence could never be finished.
    pub fn add(&mut self, prompt: Vec<u32>, max_total_tokens: usize) -> Result<Id, AdmissionError> {
        self.queue(prompt, max_total_tokens, false)
    }

    /// The same, with an output for each token of the prompt: none of it is taken from the cache. A sequence that had to give
    /// its blocks back gives the outputs of all its tokens again.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_scored(&mut self, prompt: Vec<u32>, max_total_tokens: usize) -> Result<Id, AdmissionError> {
        self.queue(prompt, max_total_tokens, true)
    }

    fn queue(&mut self, prompt: Vec<u32>, max_total_tokens: usize, is_scored: bool) -> Result<Id, AdmissionError> {
        if prompt.is_empty() {
            return Err(AdmissionError::Empty);
        }
        let cache_tokens = self.blocks.total() * self.limits.block_size;
        // The last token made is never computed, so it needs no place.
        if max_total_tokens.max(prompt.len() + 1) - 1 > cache_tokens {
            return Err(AdmissionError::TooLong { cache_tokens });
        }
        if self.waiting.len() >= self.limits.max_waiting.max(1) {
            return Err(AdmissionError::QueueFull);
        }
        let id = self.next;
        self.next += 1;
        self.waiting.push_back(Sequence::new(id, prompt, is_scored));
        Ok(id)
    }

    /// Adds the token that was chosen for a sequence.
    pub fn append(&mut self, id: Id, token: u32) {
        if let Some(sequence) = self.running.iter_mut().chain(&mut self.waiting).find(|s| s.id == id) {
            sequence.tokens.push(token);
        }
    }

    /// Forgets a sequence, whether finished or cancelled, and frees its blocks.
    pub fn remove(&mut self, id: Id) {
        if let Some(at) = self.running.iter().position(|s| s.id == id) {
            let sequence = self.running.remove(at);
            self.free_blocks(sequence.blocks);
        }
        self.waiting.retain(|s| s.id != id);
    }

    /// Forgets everything, the contents of the cache too.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.blocks.forget();
        for sequence in std::mem::take(&mut self.running) {
            self.free_blocks(sequence.blocks);
        }
    }

    /// The next step's work; empty where there is none. [`Self::computed`] must follow when the
    /// step is done.
    pub fn schedule(&mut self) -> Scheduled {
        self.schedule_within(usize::MAX)
    }

    /// The same with at most so many tokens (one at least), where others take part in the step.
    pub fn schedule_within(&mut self, most: usize) -> Scheduled {
        let mut budget = self.budget.min(most.max(1));
        let mut granted: Vec<(Id, usize)> = Vec::new();
        // First those that only need their next token, so that a long prompt holds nobody up; then
        // the others, by order of arrival.
        for catching_up in [false, true] {
            let ids: Vec<Id> =
                self.running.iter().filter(|s| (s.num_uncomputed() > 1) == catching_up).map(|s| s.id).collect();
            for id in ids {
                self.grant(id, &mut budget, &mut granted);
            }
        }
        let admitted = self.admit(&mut budget, &mut granted);
        self.plan(&granted, admitted)
    }

    /// Notes that a step's tokens are in the cache, where later sequences will find those of full blocks.
    pub fn computed(&mut self, scheduled: &Scheduled) {
        let size = self.limits.block_size;
        for (id, span) in scheduled.ids.iter().zip(&scheduled.plan.sequences) {
            let Some(sequence) = self.running.iter_mut().find(|s| s.id == *id) else { continue };
            sequence.computed = span.context;
            for at in sequence.contents.len()..span.context / size {
                let tokens = &sequence.tokens[at * size..(at + 1) * size];
                let content = self.blocks.note(sequence.blocks[at], sequence.last_content(), tokens);
                sequence.contents.push(content);
            }
        }
    }

    /// Gives a running sequence its share, taking blocks from those that came last if need be.
    fn grant(&mut self, id: Id, budget: &mut usize, granted: &mut Vec<(Id, usize)>) {
        let Some(at) = self.running.iter().position(|s| s.id == id) else { return };
        let want = self.running[at].num_uncomputed().min(*budget);
        if want == 0 {
            return;
        }
        let computed = self.running[at].computed;
        while !self.reserve(at, computed + want) {
            let Some(last) = self.running.pop() else { return };
            self.preemptions += 1;
            granted.retain(|(id, given)| {
                if *id == last.id {
                    *budget += given;
                }
                *id != last.id
            });
            let gone = last.id;
            let (last, blocks) = last.restart();
            self.free_blocks(blocks);
            self.waiting.push_front(last);
            if gone == id {
                return;
            }
        }
        *budget -= want;
        granted.push((id, want));
    }

    /// Lets waiting sequences run while there is room for all their known tokens and one more.
    fn admit(&mut self, budget: &mut usize, granted: &mut Vec<(Id, usize)>) -> Vec<Admitted> {
        let mut admitted = Vec::new();
        while *budget > 0 && self.running.len() < self.limits.max_sequences {
            let Some(first) = self.waiting.front() else { break };
            // What running sequences are still owed is spoken for: admitting into it would only
            // make them give way to each other.
            let owed: usize = self
                .running
                .iter()
                .map(|s| (s.tokens.len() + 1).div_ceil(self.limits.block_size).saturating_sub(s.blocks.len()))
                .sum();
            let prefix = if first.is_scored { Vec::new() } else { self.cached_prefix(&first.tokens) };
            let shared = prefix.iter().filter(|(block, _)| !self.blocks.is_free(*block)).count();
            let need = (first.tokens.len() + 1).div_ceil(self.limits.block_size).min(self.blocks.total()) - shared;
            if !self.running.is_empty() && need + owed > self.blocks.free() {
                break;
            }
            let Some(mut first) = self.waiting.pop_front() else { break };
            for (block, content) in prefix {
                self.blocks.share(block);
                first.blocks.push(block);
                first.contents.push(content);
            }
            first.computed = first.blocks.len() * self.limits.block_size;
            let id = first.id;
            admitted.push(Admitted { id, cached_tokens: first.computed });
            let at = self.running.partition_point(|s| s.id < id);
            self.running.insert(at, first);
            self.grant(id, budget, granted);
        }
        admitted
    }

    /// The blocks that hold the beginning of these tokens already. At least the last token is left to be computed: only
    /// from it come the logits of the next one.
    fn cached_prefix(&self, tokens: &[u32]) -> Vec<(u32, ContentId)> {
        let before_last = &tokens[..tokens.len().saturating_sub(1)];
        let mut last = BEGINNING;
        let find = |tokens: &[u32]| {
            let found = self.blocks.find(last, tokens)?;
            last = found.1;
            Some(found)
        };
        before_last.chunks_exact(self.limits.block_size).map_while(find).collect()
    }

    /// Gives a running sequence blocks for this many tokens, or nothing at all.
    fn reserve(&mut self, at: usize, tokens: usize) -> bool {
        let sequence = &mut self.running[at];
        let need = tokens.div_ceil(self.limits.block_size).saturating_sub(sequence.blocks.len());
        if need > self.blocks.free() {
            return false;
        }
        for _ in 0..need {
            sequence.blocks.extend(self.blocks.take());
        }
        true
    }

    fn plan(&self, granted: &[(Id, usize)], admitted: Vec<Admitted>) -> Scheduled {
        let mut scheduled = Scheduled { admitted, ..Scheduled::default() };
        let block_size = self.limits.block_size;
        for (id, len) in granted {
            let Some(sequence) = self.running.iter().find(|s| s.id == *id) else { continue };
            let plan = &mut scheduled.plan;
            let start = plan.tokens.len();
            let context = sequence.computed + len;
            plan.tokens.extend_from_slice(&sequence.tokens[sequence.computed..context]);
            for position in sequence.computed..context {
                plan.positions.push(position as u32);
                let block = sequence.blocks[position / block_size];
                plan.slots.push(block * block_size as u32 + (position % block_size) as u32);
            }
            let blocks = sequence.blocks[..context.div_ceil(block_size)].to_vec();
            plan.sequences.push(SequenceSlice { start, len: *len, context, blocks });
            scheduled.ids.push(*id);
            // Of one that has caught up, the last token; of one that is scored, all.
            let first = if sequence.is_scored { 0 } else { sequence.tokens.len() - 1 };
            let wanted = first.max(sequence.computed)..context;
            let rows = wanted.map(|position| (start + position - sequence.computed) as u32);
            scheduled.outputs.extend(rows.clone().map(|_| *id));
            plan.outputs.extend(rows);
        }
        scheduled
    }

    fn free_blocks(&mut self, blocks: Vec<u32>) {
        // In reverse: of what a sequence leaves in the cache, its end is the least likely to be asked for again.
        for block in blocks.into_iter().rev() {
            self.blocks.release(block);
        }
    }

    /// Most tokens of the next step.
    #[must_use]
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Sets how many tokens the next steps may take: at most what the limits say, and at least one
    /// for each sequence that may run.
    pub fn set_budget(&mut self, tokens: usize) {
        self.budget = tokens.clamp(self.limits.max_sequences, self.limits.step_tokens);
    }

    /// Whether nothing waits or runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Sequences that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Sequences that run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// The cache's blocks.
    #[must_use]
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// How often a sequence had to give its blocks back.
    #[must_use]
    pub fn preemptions(&self) -> u64 {
        self.preemptions
    }

    /// Whether the books of the cache balance.
    ///
    /// # Errors
    /// What does not balance.
    pub fn check(&self) -> Result<(), String> {
        self.blocks.check(self.running.iter().map(|s| s.blocks.as_slice()))
    }
}

#[cfg(test)]
mod tests;
