//! One sequence of tokens: what is known of it, what is computed, and where that lies.

use super::blocks::{BEGINNING, ContentId};

/// A sequence's name inside a scheduler. Later ones have greater ids.
pub type Id = u64;

/// A sequence that waits or runs.
#[derive(Debug, Clone)]
pub struct Sequence {
    pub(super) id: Id,
    /// The prompt and what was made since.
    pub(super) tokens: Vec<u32>,
    /// How many of `tokens` are in the cache.
    pub(super) computed: usize,
    /// The cache blocks, in order of position.
    pub(super) blocks: Vec<u32>,
    /// The contents of the blocks that are full and computed, in the same order.
    pub(super) contents: Vec<ContentId>,
    /// Whether each of its tokens is due an output, and not only the last one.
    pub(super) is_scored: bool,
}

impl Sequence {
    pub(super) fn new(id: Id, prompt: Vec<u32>, is_scored: bool) -> Self {
        Self { id, tokens: prompt, computed: 0, blocks: Vec::new(), contents: Vec::new(), is_scored }
    }

    /// As it was before anything was computed; its blocks are left to the caller.
    pub(super) fn restart(self) -> (Self, Vec<u32>) {
        (Self { computed: 0, blocks: Vec::new(), contents: Vec::new(), ..self }, self.blocks)
    }

    /// What lies before its first block without a noted content.
    pub(super) fn last_content(&self) -> ContentId {
        self.contents.last().copied().unwrap_or(BEGINNING)
    }

    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// All its tokens so far.
    #[must_use]
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Known tokens that are not computed yet.
    pub(super) fn num_uncomputed(&self) -> usize {
        self.tokens.len() - self.computed
    }
}
