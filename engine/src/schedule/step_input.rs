//! What one step computes: a flat batch of tokens and where each of them lives. Plain data.

/// One step's work. All per-token lists have the same length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepInput {
    /// The token ids, sequence after sequence.
    pub tokens: Vec<u32>,
    /// The position of each token in its sequence, from 0.
    pub positions: Vec<u32>,
    /// Where each token's key and value go: `block * block_size + offset`.
    pub slots: Vec<u32>,
    /// The sequences that take part, in the order of their tokens in the batch.
    pub sequences: Vec<SequenceSlice>,
    /// The rows of the batch whose logits are wanted.
    pub outputs: Vec<u32>,
}

/// One sequence's share of a [`StepInput`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceSlice {
    /// The sequence's first row in the batch.
    pub start: usize,
    /// How many rows it has: its query tokens in this step.
    pub len: usize,
    /// How many of its tokens are in the cache once this step is done.
    pub context: usize,
    /// Its cache blocks, in order of position.
    pub blocks: Vec<u32>,
}
