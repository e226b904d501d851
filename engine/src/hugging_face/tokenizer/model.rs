//! What a tokenizer is asked for by the model that it belongs to.

/// What `config.json` says of the model that the tokenizer is for.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How many tokens it knows.
    pub vocabulary: usize,
    /// The begin token, where the tokenizer's files name none.
    pub bos: Option<u32>,
    /// The end token.
    pub eos: Option<u32>,
}
