//! The tokenizer of a model: special tokens are cut out, the rest goes through the vocabulary's
//! algorithm, and the flags add begin and end.

use thiserror::Error;

use super::bpe::ByteLevel;
use super::special::{Fragment, Specials, unmark};
use super::spm;
use super::vocabulary::{TokenType, Vocabulary, VocabularyError, VocabularyParts};

/// Text that cannot be put into tokens.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenizerError {
    /// Certainly more tokens than allowed, told from the length alone.
    #[error("the text has at least {at_least} tokens")]
    TooLong {
        /// A lower bound of its tokens.
        at_least: usize,
    },
}

/// How text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// Whether begin and end tokens are added as the vocabulary's flags say.
    pub add_special: bool,
    /// Whether the texts of control tokens are read as those tokens.
    pub parse_special: bool,
}

/// A model's tokenizer. It has no state: any number of threads may use it at once.
#[derive(Debug)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    specials: Specials,
    byte_level: Option<ByteLevel>,
}

impl Tokenizer {
    /// Builds a tokenizer.
    ///
    /// # Errors
    /// The key of the vocabulary that is at fault.
    pub fn new(parts: VocabularyParts) -> Result<Self, VocabularyError> {
        let vocabulary = Vocabulary::new(parts)?;
        let specials = Specials::new(&vocabulary);
        let byte_level = ByteLevel::new(&vocabulary)?;
        Ok(Self { vocabulary, specials, byte_level })
    }

    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Text to tokens.
    #[must_use]
    pub fn encode(&self, text: &str, encoding: Encoding) -> Vec<u32> {
        let vocabulary = &self.vocabulary;
        let mut out = Vec::with_capacity(text.len() / 3 + 2);
        let fragments = self.specials.split(text, encoding.parse_special);
        // A template that writes the begin token itself does not get a second one.
        let begins = vocabulary.bos().is_some_and(|bos| fragments.first() == Some(&Fragment::Token(bos)));
        if encoding.add_special && vocabulary.add_bos && !begins {
            out.extend(vocabulary.bos());
        }
        let mut after_special = true;
        for fragment in fragments {
            match fragment {
                Fragment::Token(id) => {
                    out.push(id);
                    after_special = true;
                }
                Fragment::Text(text) => {
                    let text = unmark(text);
                    match &self.byte_level {
                        Some(byte_level) => byte_level.encode(vocabulary, &text, &mut out),
                        None => {
                            let prefix = if vocabulary.add_space_prefix && after_special { "▁" } else { "" };
                            let text = format!("{prefix}{}", text.replace(' ', "▁"));
                            spm::encode(vocabulary, &text, &mut out);
                        }
                    }
                    after_special = false;
                }
            }
        }
        if encoding.add_special && vocabulary.add_eos {
            out.extend(vocabulary.eos());
        }
        out
    }

    /// Text to tokens, refused early where it certainly has more than `limit` of them: no token is
    /// longer than the longest piece, so a long text need not be read to know that it is too long.
    ///
    /// # Errors
    /// The text is too long.
    pub fn encode_within(&self, text: &str, encoding: Encoding, limit: usize) -> Result<Vec<u32>, TokenizerError> {
        let at_least = text.len() / self.vocabulary.longest().max(1);
        if at_least > limit {
            return Err(TokenizerError::TooLong { at_least });
        }
        Ok(self.encode(text, encoding))
    }

    /// Marks a message's text so that nothing in it can be read as a control token.
    pub(super) fn protect(&self, content: &str) -> String {
        self.specials.protect(content)
    }

    /// Appends the bytes of a token; control and unknown tokens have none.
    pub fn append_bytes(&self, token: u32, out: &mut Vec<u8>) {
        let (Some(piece), Some(kind)) = (self.vocabulary.piece(token), self.vocabulary.token_type(token)) else {
            return;
        };
        match (kind, &self.byte_level) {
            (TokenType::Control | TokenType::Unknown, _) => {}
            (TokenType::Byte, _) => out.extend(super::vocabulary::byte_of(piece)),
            (kind, Some(byte_level)) => byte_level.decode(piece, kind, out),
            (TokenType::UserDefined, None) => out.extend_from_slice(piece.as_bytes()),
            (_, None) => out.extend_from_slice(piece.replace(spm::SPACE, " ").as_bytes()),
        }
    }

    /// A token's bytes.
    #[must_use]
    pub fn bytes(&self, token: u32) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_bytes(token, &mut out);
        out
    }

    /// Tokens to text at once.
    #[must_use]
    pub fn decode(&self, tokens: &[u32]) -> String {
        let mut bytes = Vec::new();
        for token in tokens {
            self.append_bytes(*token, &mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
pub(crate) mod tests;
