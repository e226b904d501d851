//! A model file's vocabulary: the pieces, their kinds and scores, and the flags that go with them.

mod error;
mod parts;

use std::collections::HashMap;

use crate::error::TokenizerFault;

pub use error::VocabularyError;
pub use parts::{Kind, TokenType, VocabularyParts};

/// A checked vocabulary.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// The algorithm.
    pub(super) kind: Kind,
    tokens: Vec<String>,
    scores: Vec<f32>,
    types: Vec<TokenType>,
    /// The pieces that text can become; control, unknown and byte entries are not among them.
    ids: HashMap<String, u32>,
    bytes: Vec<Option<u32>>,
    longest: usize,
    bos: Option<u32>,
    eos: Option<u32>,
    unknown: Option<u32>,
    ends: Vec<u32>,
    pub(super) add_bos: bool,
    pub(super) add_eos: bool,
    pub(super) add_space_prefix: bool,
}

/// Control tokens that end an answer in models whose file names no end-of-turn token.
const END_NAMES: [&str; 7] =
    ["<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "</s>"];

impl Vocabulary {
    /// Checks the parts and builds the tables.
    ///
    /// # Errors
    /// The key that is at fault.
    pub fn new(parts: VocabularyParts) -> Result<Self, VocabularyError> {
        let count = parts.tokens.len();
        if count == 0 {
            return Err(VocabularyError::Empty);
        }
        let sentence_piece = parts.kind == Kind::SentencePiece;
        let length = |key, found: usize, optional: bool| {
            if found == count || (optional && found == 0) {
                Ok(())
            } else {
                Err(VocabularyError::Length { key, found, tokens: count })
            }
        };
        length("tokenizer.ggml.scores", parts.scores.len(), !sentence_piece)?;
        length("tokenizer.ggml.token_type", parts.types.len(), !sentence_piece)?;
        for (key, id) in [
            ("tokenizer.ggml.bos_token_id", parts.bos),
            ("tokenizer.ggml.eos_token_id", parts.eos),
            ("tokenizer.ggml.eot_token_id", parts.eot),
            ("tokenizer.ggml.unknown_token_id", parts.unknown),
        ] {
            if let Some(id) = id.filter(|id| *id as usize >= count) {
                return Err(VocabularyError::OutOfRange { key, id, tokens: count });
            }
        }
        let types = read_types(&parts.types, count)?;
        let mut ids = HashMap::with_capacity(count);
        let mut bytes = vec![None; 256];
        for (id, (token, kind)) in (0u32..).zip(parts.tokens.iter().zip(&types)) {
            match kind {
                // What a person types can never become one of these by merging: SentencePiece
                // keeps them apart in the same way.
                TokenType::Control | TokenType::Unknown => {}
                TokenType::Byte => {
                    let byte = byte_of(token).ok_or_else(|| VocabularyError::Entry {
                        key: "tokenizer.ggml.tokens",
                        fault: TokenizerFault::NotAByte { index: id.to_string(), token: token.clone() },
                    })?;
                    bytes[usize::from(byte)] = Some(id);
                }
                TokenType::Normal | TokenType::UserDefined | TokenType::Unused => {
                    ids.insert(token.clone(), id);
                }
            }
        }
        if let Some(index) = parts.scores.iter().position(|s| s.is_nan()) {
            return Err(VocabularyError::Entry {
                key: "tokenizer.ggml.scores",
                fault: TokenizerFault::Score { index: index.to_string() },
            });
        }
        let mut ends: Vec<u32> = parts.eos.into_iter().chain(parts.eot).collect();
        for (id, (token, kind)) in (0u32..).zip(parts.tokens.iter().zip(&types)) {
            if *kind == TokenType::Control && END_NAMES.contains(&token.as_str()) && !ends.contains(&id) {
                ends.push(id);
            }
        }
        // llama.cpp's defaults, for files that do not say.
        let adds_bos = match &parts.kind {
            Kind::SentencePiece => true,
            Kind::ByteLevel { pre, .. } => super::pattern::adds_bos(pre),
        };
        Ok(Self {
            add_bos: parts.add_bos.unwrap_or(adds_bos) && parts.bos.is_some(),
            add_eos: parts.add_eos.unwrap_or(false) && parts.eos.is_some(),
            add_space_prefix: sentence_piece && parts.add_space_prefix.unwrap_or(true),
            longest: parts.tokens.iter().map(String::len).max().unwrap_or(0),
            kind: parts.kind,
            tokens: parts.tokens,
            scores: parts.scores,
            types,
            ids,
            bytes,
            bos: parts.bos,
            eos: parts.eos,
            unknown: parts.unknown,
            ends,
        })
    }

    /// How many tokens there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none; a checked vocabulary never is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// A token's piece as the file writes it.
    #[must_use]
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.tokens.get(id as usize).map(String::as_str)
    }

    #[must_use]
    pub fn token_type(&self, id: u32) -> Option<TokenType> {
        self.types.get(id as usize).copied()
    }

    /// Begin of text.
    #[must_use]
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// End of text.
    #[must_use]
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// Whether an answer ends with this token.
    #[must_use]
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Whether text starts with a space of its own.
    #[must_use]
    pub fn adds_space_prefix(&self) -> bool {
        self.add_space_prefix
    }

    /// The token whose piece is exactly this text.
    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        if piece.len() > self.longest { None } else { self.ids.get(piece).copied() }
    }

    pub(super) fn score(&self, id: u32) -> f32 {
        self.scores.get(id as usize).copied().unwrap_or(0.0)
    }

    /// The token of a byte, else the one for the unknown.
    pub(super) fn byte(&self, byte: u8) -> Option<u32> {
        self.bytes.get(usize::from(byte)).copied().flatten().or(self.unknown)
    }

    /// Bytes of the longest piece.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Ids, pieces and types in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, &str, TokenType)> {
        (0u32..).zip(self.tokens.iter().zip(&self.types)).map(|(id, (token, kind))| (id, token.as_str(), *kind))
    }
}

fn read_types(types: &[i64], count: usize) -> Result<Vec<TokenType>, VocabularyError> {
    if types.is_empty() {
        return Ok(vec![TokenType::Normal; count]);
    }
    let read = |(index, number): (usize, &i64)| {
        TokenType::from_number(*number).ok_or_else(|| VocabularyError::Entry {
            key: "tokenizer.ggml.token_type",
            fault: TokenizerFault::UnknownType { index: index.to_string(), number: number.to_string() },
        })
    };
    types.iter().enumerate().map(read).collect()
}

/// Reads `<0x0A>`.
pub fn byte_of(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}
