//! What can be wrong with a vocabulary; every message begins with the key at fault.

use thiserror::Error;

use crate::error::{Fault, TokenizerFault};

/// A vocabulary that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VocabularyError {
    /// No token at all.
    #[error("tokenizer.ggml.tokens: is empty")]
    Empty,
    /// A list that is not as long as the token list.
    #[error("{key}: has {found} entries for {tokens} tokens")]
    Length {
        key: &'static str,
        /// Its entries.
        found: usize,
        /// How many there should be.
        tokens: usize,
    },
    /// An id outside the vocabulary.
    #[error("{key}: {id} lies outside the vocabulary of {tokens} tokens")]
    OutOfRange {
        key: &'static str,
        id: u32,
        /// The vocabulary's size.
        tokens: usize,
    },
    /// An entry that makes no sense.
    #[error("{key}: {fault}")]
    Entry {
        key: &'static str,
        /// Which entry, and what is wrong.
        fault: TokenizerFault,
    },
    /// Something this engine does not know.
    #[error("{key}: {value:?} is not supported (known: {known})")]
    Unsupported { key: &'static str, value: String, known: &'static str },
}

impl VocabularyError {
    /// The metadata key at fault.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "tokenizer.ggml.tokens",
            Self::Length { key, .. }
            | Self::OutOfRange { key, .. }
            | Self::Entry { key, .. }
            | Self::Unsupported { key, .. } => key,
        }
    }

    /// What is wrong, for an error that names the key already.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Empty => Fault::Missing,
            Self::Length { found, tokens, .. } => Fault::ListLength { found: *found, tokens: *tokens },
            Self::OutOfRange { id, tokens, .. } => Fault::NoSuchToken { id: *id, tokens: *tokens },
            Self::Entry { fault, .. } => fault.clone().into(),
            Self::Unsupported { value, .. } => Fault::Unsupported(format!("{value:?}")),
        }
    }
}
