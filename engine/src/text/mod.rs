//! Text to tokens and back: the vocabulary, the two tokenizers, chat templates, incremental
//! decoding and stop strings.

mod bpe;
mod decode;
mod gguf;
mod grammar;
pub mod pattern;
mod special;
mod spm;
mod stop;
mod template;
mod tokenizer;
mod vocabulary;

pub use decode::Decoder;
pub use gguf::gguf_values;
pub use grammar::{Grammar, GrammarCompiler, GrammarError};
pub use stop::{StopMatcher, Stopped};
pub use template::{ChatTemplate, CompileTemplate, LocalTemplate, RenderTemplate, TemplateError, TemplateInput, Turn};
pub use tokenizer::{Encoding, Tokenizer, TokenizerError};
pub use vocabulary::{Kind, TokenType, Vocabulary, VocabularyError, VocabularyParts, byte_of};

/// A vocabulary of bytes alone, for the tests of other modules: byte `b` is token `b + 3`.
#[cfg(test)]
pub(crate) fn test_bytes_only() -> Tokenizer {
    tokenizer::tests::bytes_only()
}
