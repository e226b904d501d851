//! A vocabulary's parts from the metadata of a GGUF file.

use super::vocabulary::{Kind, VocabularyParts};
use super::{Tokenizer, VocabularyError};
use crate::error::Result;
use crate::weights::gguf::Metadata;

impl Tokenizer {
    /// The tokenizer that a GGUF file describes.
    ///
    /// # Errors
    /// The key that is missing, damaged or not supported.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        let parts = VocabularyParts {
            kind: kind(metadata)?,
            tokens: metadata.strings("tokenizer.ggml.tokens")?.to_vec(),
            scores: metadata.opt_f32s("tokenizer.ggml.scores")?.unwrap_or_default().to_vec(),
            types: metadata
                .opt_i32s("tokenizer.ggml.token_type")?
                .unwrap_or_default()
                .iter()
                .map(|t| i64::from(*t))
                .collect(),
            bos: metadata.opt_u32("tokenizer.ggml.bos_token_id")?,
            eos: metadata.opt_u32("tokenizer.ggml.eos_token_id")?,
            eot: metadata.opt_u32("tokenizer.ggml.eot_token_id")?,
            unknown: metadata.opt_u32("tokenizer.ggml.unknown_token_id")?,
            add_bos: metadata.opt_bool("tokenizer.ggml.add_bos_token")?,
            add_eos: metadata.opt_bool("tokenizer.ggml.add_eos_token")?,
            add_space_prefix: metadata.opt_bool("tokenizer.ggml.add_space_prefix")?,
        };
        Self::new(parts).map_err(|e| fault(metadata, &e))
    }
}

fn kind(metadata: &Metadata) -> Result<Kind> {
    const MODEL: &str = "tokenizer.ggml.model";
    match metadata.str(MODEL)? {
        "llama" => Ok(Kind::SentencePiece),
        "gpt2" => Ok(Kind::ByteLevel {
            pre: metadata.str("tokenizer.ggml.pre")?.to_owned(),
            merges: metadata.strings("tokenizer.ggml.merges")?.to_vec(),
        }),
        other => Err(metadata.fault(MODEL, format!("{other:?} is not supported (known: llama, gpt2)"))),
    }
}

/// The error's own text begins with the key; the file's error says it once more properly.
fn fault(metadata: &Metadata, error: &VocabularyError) -> crate::Error {
    let key = error.key();
    let text = error.to_string();
    metadata.fault(key, text.strip_prefix(key).unwrap_or(&text).trim_start_matches(": "))
}
