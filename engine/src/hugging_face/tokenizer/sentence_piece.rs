//! `tokenizer.model`: SentencePiece's own file, for folders that have no `tokenizer.json`, as Chinese-Mixtral's.

use std::path::Path;

use prost::Message;

use super::beside::Beside;
use super::model::Model;
use crate::error::{ConversionFault, Error, Fault, LayoutFault, Place, Result};
use crate::text::{Kind, TokenType, VocabularyParts};

/// No real file is longer, in bytes.
const MAX_BYTES: u64 = 1 << 26;
/// `TrainerSpec.ModelType`
const BPE: i32 = 2;

/// The fields that matter of `sentencepiece_model.proto`, by their numbers there.
#[derive(Clone, PartialEq, Message)]
struct ModelProto {
    #[prost(message, repeated, tag = "1")]
    pieces: Vec<Piece>,
    #[prost(message, optional, tag = "2")]
    trainer: Option<Trainer>,
    #[prost(message, optional, tag = "3")]
    normalizer: Option<Normalizer>,
}

#[derive(Clone, PartialEq, Message)]
struct Piece {
    #[prost(string, optional, tag = "1")]
    piece: Option<String>,
    #[prost(float, optional, tag = "2")]
    score: Option<f32>,
    /// As GGUF numbers them, which took the numbers from here.
    #[prost(int32, optional, tag = "3")]
    kind: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Trainer {
    #[prost(int32, optional, tag = "3")]
    model_type: Option<i32>,
    #[prost(bool, optional, tag = "35")]
    byte_fallback: Option<bool>,
    #[prost(int32, optional, tag = "41")]
    bos_id: Option<i32>,
    #[prost(int32, optional, tag = "42")]
    eos_id: Option<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Normalizer {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(bool, optional, tag = "3")]
    add_dummy_prefix: Option<bool>,
    #[prost(bool, optional, tag = "4")]
    remove_extra_whitespaces: Option<bool>,
    #[prost(bool, optional, tag = "5")]
    escape_whitespaces: Option<bool>,
}

/// Reads the file, with the tokens that were added beside it.
pub(super) fn read(path: &Path, beside: &Beside, model: Model) -> Result<VocabularyParts> {
    let whole = |fault: Fault| Error::file(path, Place::Whole, fault);
    let key = |key: &str, fault: ConversionFault| Error::file(path, Place::Key(key.to_owned()), fault);
    let length = std::fs::metadata(path).map_err(Error::io(path))?.len();
    if length > MAX_BYTES {
        return Err(whole(LayoutFault::TooLong { bytes: length.to_string(), most: MAX_BYTES.to_string() }.into()));
    }
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let proto = ModelProto::decode(&*bytes)
        .map_err(|error| whole(ConversionFault::NotSentencePiece { why: error.to_string() }.into()))?;
    let (trainer, normalizer) = (proto.trainer.unwrap_or_default(), proto.normalizer.unwrap_or_default());
    // Unigram is SentencePiece's default.
    if trainer.model_type != Some(BPE) {
        return Err(key("trainer_spec.model_type", ConversionFault::NotSentencePieceBpe));
    }
    if trainer.byte_fallback != Some(true) {
        return Err(key("trainer_spec.byte_fallback", ConversionFault::NoByteFallback));
    }
    if let Some(name) = normalizer.name.as_deref().filter(|name| !name.is_empty() && *name != "identity") {
        return Err(key("normalizer_spec.name", ConversionFault::ChangesTexts { name: name.to_owned() }));
    }
    if normalizer.remove_extra_whitespaces.unwrap_or(true) || !normalizer.escape_whitespaces.unwrap_or(true) {
        return Err(key("normalizer_spec", ConversionFault::ChangesSpaces));
    }

    let size = model.vocabulary;
    if proto.pieces.len() > size {
        let (count, size) = (proto.pieces.len().to_string(), size.to_string());
        return Err(whole(ConversionFault::Pieces { count, size }.into()));
    }
    let mut tokens: Vec<String> = (0..size).map(|id| format!("[PAD{id}]")).collect();
    let mut types = vec![TokenType::Unused.number(); size];
    let mut scores = vec![0.0; size];
    for (id, piece) in proto.pieces.into_iter().enumerate() {
        let kind = i64::from(piece.kind.unwrap_or(1));
        if TokenType::from_number(kind).is_none() {
            return Err(whole(ConversionFault::PieceType { id: id.to_string(), kind: kind.to_string() }.into()));
        }
        tokens[id] = piece.piece.unwrap_or_default();
        (types[id], scores[id]) = (kind, piece.score.unwrap_or(0.0));
    }
    for (token, id, special) in beside.added() {
        let place = usize::try_from(id).ok().filter(|id| *id < size);
        let place = place.ok_or_else(|| {
            let (token, id, size) = (token.clone(), id.to_string(), size.to_string());
            whole(ConversionFault::TokenOutside { token, id, size }.into())
        })?;
        // The file itself knows best what its own tokens are.
        if types[place] == TokenType::Unused.number() {
            tokens[place] = token;
            types[place] = if special { TokenType::Control } else { TokenType::UserDefined }.number();
        }
    }
    let id = |key: &str, own: Option<i32>, told: Option<u32>| {
        let named = beside.token(key).and_then(|token| tokens.iter().position(|t| t == token));
        let named = named.and_then(|id| u32::try_from(id).ok());
        named.or(told).or_else(|| own?.try_into().ok()).filter(|id| (*id as usize) < size)
    };
    let bos = id("bos_token", trainer.bos_id.or(Some(1)), model.bos);
    let eos = id("eos_token", trainer.eos_id.or(Some(2)), model.eos);
    let unknown = types.iter().position(|kind| *kind == TokenType::Unknown.number());
    Ok(VocabularyParts {
        kind: Kind::SentencePiece,
        tokens,
        scores,
        types,
        bos,
        eos,
        eot: None,
        unknown: unknown.and_then(|id| id.try_into().ok()),
        // What the Llama classes of transformers do, which read such files.
        add_bos: Some(beside.llama_switch("add_bos_token").unwrap_or(true)),
        add_eos: Some(beside.llama_switch("add_eos_token").unwrap_or(false)),
        add_space_prefix: Some(normalizer.add_dummy_prefix.unwrap_or(true)),
    })
}
