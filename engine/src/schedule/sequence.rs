//! One sequence of tokens: what is known of it, what is computed, and where that lies.

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
}

impl Sequence {
    pub(super) fn new(id: Id, prompt: Vec<u32>) -> Self {
        Self { id, tokens: prompt, computed: 0, blocks: Vec::new() }
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
