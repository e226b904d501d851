//! A vocabulary's parts in the metadata of a GGUF file.

use super::Tokenizer;
use super::vocabulary::{Kind, VocabularyParts};
use crate::error::{Fault, Result};
use crate::formats::gguf::{Array, Metadata, Value};

impl Tokenizer {
    /// The tokenizer that a GGUF file describes.
    ///
    /// # Errors
    /// The key that is missing, damaged or not supported.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        Self::new(VocabularyParts::from_gguf(metadata)?).map_err(|error| metadata.fault(error.key(), error.fault()))
    }
}

impl VocabularyParts {
    /// What a GGUF file says, unchecked but for its types.
    ///
    /// # Errors
    /// The key that is missing or of another type.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self> {
        Ok(Self {
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
        })
    }
}

/// The keys of a GGUF file.
pub fn gguf_values(parts: &VocabularyParts, template: Option<&str>) -> Vec<(String, Value)> {
    let texts = |list: &[String]| Value::Array(Array::String(list.to_vec()));
    let (model, pre) = match &parts.kind {
        Kind::SentencePiece => ("llama", "default"),
        Kind::ByteLevel { pre, .. } => ("gpt2", pre.as_str()),
    };
    let mut out = vec![
        ("model", Value::String(model.into())),
        ("pre", Value::String(pre.into())),
        ("tokens", texts(&parts.tokens)),
        ("token_type", Value::Array(Array::I32(parts.types.iter().map(|t| *t as i32).collect()))),
    ];
    match &parts.kind {
        Kind::SentencePiece => out.push(("scores", Value::Array(Array::F32(parts.scores.clone())))),
        Kind::ByteLevel { merges, .. } => out.push(("merges", texts(merges))),
    }
    let ids = [
        ("bos_token_id", parts.bos),
        ("eos_token_id", parts.eos),
        ("eot_token_id", parts.eot),
        ("unknown_token_id", parts.unknown),
    ];
    out.extend(ids.into_iter().filter_map(|(key, id)| Some((key, Value::U32(id?)))));
    let flags = [
        ("add_bos_token", parts.add_bos),
        ("add_eos_token", parts.add_eos),
        ("add_space_prefix", parts.add_space_prefix),
    ];
    out.extend(flags.into_iter().filter_map(|(key, flag)| Some((key, Value::Bool(flag?)))));
    let mut out: Vec<(String, Value)> =
        out.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect();
    out.extend(template.map(|t| ("tokenizer.chat_template".to_owned(), Value::String(t.to_owned()))));
    out
}

fn kind(metadata: &Metadata) -> Result<Kind> {
    const MODEL: &str = "tokenizer.ggml.model";
    match metadata.str(MODEL)? {
        "llama" => Ok(Kind::SentencePiece),
        "gpt2" => Ok(Kind::ByteLevel {
            pre: metadata.str("tokenizer.ggml.pre")?.to_owned(),
            merges: metadata.strings("tokenizer.ggml.merges")?.to_vec(),
        }),
        other => {
            Err(metadata.fault(MODEL, Fault::UnknownChoice { found: other.to_owned(), known: &["llama", "gpt2"] }))
        }
    }
}
