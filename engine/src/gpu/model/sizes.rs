//! How much a model has room for.

/// How much a model must have room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Blocks of the cache.
    pub blocks: usize,
    /// Tokens of a block.
    pub block_size: usize,
    /// Most tokens of a step.
    pub step_tokens: usize,
    /// Most sequences of a step.
    pub sequences: usize,
}
