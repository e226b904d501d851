//! What a model file says of its vocabulary, before it is checked.

/// What sort of token an entry is; the numbers are those of `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// A piece of text.
    Normal,
    /// Stands for what the vocabulary cannot say.
    Unknown,
    /// Means something to the model and has no text: `<s>`, `</s>`.
    Control,
    /// A piece of text that is always one token.
    UserDefined,
    /// An empty place.
    Unused,
    /// One byte, for what has no piece.
    Byte,
}

impl TokenType {
    /// Reads the number in a GGUF; `None` for one that has no meaning.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            0 | 1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }

    /// Its number in a GGUF.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Normal => 1,
            Self::Unknown => 2,
            Self::Control => 3,
            Self::UserDefined => 4,
            Self::Unused => 5,
            Self::Byte => 6,
        }
    }
}

/// The algorithm that a vocabulary is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// SentencePiece BPE: merges by score, spaces written as `▁`.
    SentencePiece,
    /// GPT-2's byte-level BPE: merges by rank, after a split by the named pattern.
    ByteLevel {
        /// `tokenizer.ggml.pre`.
        pre: String,
        /// `tokenizer.ggml.merges`, best first.
        merges: Vec<String>,
    },
}

/// What a model file says of its vocabulary, before it is checked.
#[derive(Debug, Clone)]
pub struct VocabularyParts {
    /// The algorithm.
    pub kind: Kind,
    /// The pieces by id.
    pub tokens: Vec<String>,
    /// A score each; may be empty for `ByteLevel`.
    pub scores: Vec<f32>,
    /// A type each; empty means all are normal.
    pub types: Vec<i64>,
    /// Begin of text.
    pub bos: Option<u32>,
    /// End of text.
    pub eos: Option<u32>,
    /// End of turn.
    pub eot: Option<u32>,
    pub unknown: Option<u32>,
    /// Whether text starts with `bos`; the kind decides where the file does not.
    pub add_bos: Option<bool>,
    /// Whether text ends with `eos`.
    pub add_eos: Option<bool>,
    /// Whether text starts with a space of its own.
    pub add_space_prefix: Option<bool>,
}
