//! The tokens and merges of a `tokenizer.json`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value as Json};

use crate::error::{ConversionFault, Error, Fault, Place, Result, TokenizerFault};
use crate::text::{TokenType, byte_of};

/// Every token by id, and the merges in their order.
pub(super) struct Tokens {
    pub texts: Vec<String>,
    pub merges: Vec<(String, String)>,
    ids: HashMap<String, u32>,
    /// added tokens, and whether text becomes them only where control tokens are read
    added: HashMap<u32, bool>,
    /// places that the tokenizer leaves empty
    unused: Vec<bool>,
}

impl Tokens {
    /// Reads them for a model of `size` tokens. Places that stay empty are named as llama.cpp names them.
    pub fn read(path: &Path, json: &Map<String, Json>, bpe: &Map<String, Json>, size: usize) -> Result<Self> {
        let fault = |key: &str, fault: Fault| Error::file(path, Place::Key(key.to_owned()), fault);
        let mut places: Vec<Option<String>> = vec![None; size];
        let mut put = |key: &str, token: &str, id: Option<u64>| {
            let place = id.and_then(|id| places.get_mut(usize::try_from(id).ok()?));
            let place = place.ok_or_else(|| {
                let id = id.map_or_else(|| "?".to_owned(), |id| id.to_string());
                fault(key, ConversionFault::TokenOutside { token: token.to_owned(), id, size: size.to_string() }.into())
            })?;
            match place.as_deref() {
                Some(other) if other != token => Err(fault(
                    key,
                    ConversionFault::SameNumber { token: token.to_owned(), other: other.to_owned() }.into(),
                )),
                _ => {
                    *place = Some(token.to_owned());
                    Ok(())
                }
            }
        };
        let vocabulary = bpe.get("vocab").and_then(Json::as_object);
        for (token, id) in vocabulary.ok_or_else(|| fault("model", ConversionFault::NoVocabulary.into()))? {
            put("model", token, id.as_u64())?;
        }
        let mut added = HashMap::new();
        for token in json.get("added_tokens").and_then(Json::as_array).into_iter().flatten() {
            let id = token.get("id").and_then(Json::as_u64);
            let text = token.get("content").and_then(Json::as_str).unwrap_or_default();
            put("added_tokens", text, id)?;
            let special = token.get("special").and_then(Json::as_bool).unwrap_or(false);
            added.extend(id.map(|id| (id as u32, special)));
        }
        let unused: Vec<bool> = places.iter().map(Option::is_none).collect();
        let texts: Vec<String> =
            places.into_iter().enumerate().map(|(id, token)| token.unwrap_or_else(|| format!("[PAD{id}]"))).collect();
        let ids = (0u32..).zip(&texts).map(|(id, token)| (token.clone(), id)).collect();
        let mut merges = Vec::new();
        for (at, merge) in bpe.get("merges").and_then(Json::as_array).into_iter().flatten().enumerate() {
            let pair = match merge {
                Json::String(text) => text.split_once(' '),
                Json::Array(pair) => match &pair[..] {
                    [Json::String(left), Json::String(right)] => Some((left.as_str(), right.as_str())),
                    _ => None,
                },
                _ => None,
            };
            let (left, right) = pair.ok_or_else(|| {
                let text = merge.as_str().map_or_else(|| merge.to_string(), str::to_owned);
                fault("model", TokenizerFault::NotAPair { index: at.to_string(), merge: text }.into())
            })?;
            merges.push((left.to_owned(), right.to_owned()));
        }
        Ok(Self { texts, merges, ids, added, unused })
    }

    /// The token of this text.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.ids.get(token).copied()
    }

    /// The types as GGUF numbers them.
    pub fn types(&self, unknown: Option<u32>, sentence_piece: bool) -> Vec<i64> {
        let kind = |(id, token): (u32, &String)| match self.added.get(&id) {
            _ if Some(id) == unknown => TokenType::Unknown,
            Some(true) => TokenType::Control,
            Some(false) => TokenType::UserDefined,
            None if self.unused[id as usize] => TokenType::Unused,
            None if sentence_piece && byte_of(token).is_some() => TokenType::Byte,
            None => TokenType::Normal,
        };
        (0u32..).zip(&self.texts).map(|token| kind(token).number()).collect()
    }

    /// Scores that make SentencePiece merge in the order of the merges: a piece is as good as its best merge is early.
    pub fn scores(&self) -> Vec<f32> {
        let never = -(self.merges.len() as f32);
        let mut scores = vec![never; self.texts.len()];
        for (rank, (left, right)) in self.merges.iter().enumerate().rev() {
            if let Some(id) = self.id(&format!("{left}{right}")) {
                scores[id as usize] = -(rank as f32);
            }
        }
        for (id, score) in scores.iter_mut().enumerate() {
            if self.added.contains_key(&(id as u32)) || byte_of(&self.texts[id]).is_some() {
                *score = 0.0;
            }
        }
        scores
    }
}
