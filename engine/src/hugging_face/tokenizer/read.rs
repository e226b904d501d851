//! Hugging Face's files into a vocabulary. What our tokenizers would do differently is refused by name.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::beside::Beside;
use super::model::Model;
use super::sentence_piece;
use super::tokens::Tokens;
use crate::error::{ConversionFault, Error, Fault, Place, Result, TokenizerFault};
use crate::formats::json::{Object, bounded_object};
use crate::text::pattern;
use crate::text::{Kind, VocabularyParts};

/// No real tokenizer.json is longer, in bytes.
const MAX_BYTES: u64 = 1 << 28;
/// What stands for a space inside pieces.
const SPACE: &str = "▁";

/// A tokenizer that was read.
#[derive(Clone, Debug)]
pub struct Found {
    /// The vocabulary, as long as the model's.
    pub parts: VocabularyParts,
    /// The chat template.
    pub template: Option<String>,
    /// The file it was read from.
    pub path: PathBuf,
}

/// Reads the tokenizer of a model's folder.
///
/// # Errors
/// A file is missing or damaged, or asks for what our tokenizers do not do; the key is named.
pub fn read(folder: &Path, model: Model) -> Result<Found> {
    let path = folder.join("tokenizer.json");
    if !path.is_file() {
        let path = folder.join("tokenizer.model");
        if !path.is_file() {
            return Err(Error::file(
                folder,
                Place::Whole,
                ConversionFault::Neither { one: "tokenizer.json".to_owned(), other: "tokenizer.model".to_owned() },
            ));
        }
        let beside = Beside::read(folder)?;
        let parts = sentence_piece::read(&path, &beside, model)?;
        return Ok(Found { parts, template: beside.template, path });
    }
    let json = bounded_object(&path, MAX_BYTES)?;
    let beside = Beside::read(folder)?;
    let reader = Reader(Object { path: &path, json: &json });
    let parts = reader.parts(&beside, model)?;
    Ok(Found { parts, template: beside.template, path })
}

struct Reader<'a>(Object<'a>);

/// The steps of a normalizer, a pre-tokenizer or a post-processor, `Sequence`s opened.
fn steps<'j>(value: Option<&'j Json>, list: &str) -> Vec<&'j Json> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Vec::new() };
    match value.get(list).and_then(Json::as_array) {
        Some(inner) => inner.iter().flat_map(|one| steps(Some(one), list)).collect(),
        None => vec![value],
    }
}

fn kind_of(step: &Json) -> &str {
    step.get("type").and_then(Json::as_str).unwrap_or("of no type")
}

impl Reader<'_> {
    fn parts(&self, beside: &Beside, model: Model) -> Result<VocabularyParts> {
        let bpe =
            self.0.json.get("model").and_then(Json::as_object).ok_or_else(|| self.0.fault("model", Fault::Missing))?;
        match bpe.get("type").and_then(Json::as_str) {
            // Older files do not say.
            Some("BPE") | None => {}
            Some(other) => {
                let fault = Fault::UnknownChoice { found: other.to_owned(), known: &["BPE"] };
                return Err(self.0.fault("model", fault));
            }
        }
        let tokens = Tokens::read(self.0.path, self.0.json, bpe, model.vocabulary)?;
        let byte_level = steps(self.0.json.get("pre_tokenizer"), "pretokenizers")
            .into_iter()
            .any(|step| kind_of(step) == "ByteLevel");
        let (kind, prefix) =
            if byte_level { (self.byte_level(&tokens)?, None) } else { (Kind::SentencePiece, Some(self.marks(bpe)?)) };
        let id = |key: &str, told: Option<u32>| {
            let named = beside.token(key).and_then(|token| tokens.id(token));
            named.or(told).filter(|id| (*id as usize) < model.vocabulary)
        };
        let (bos, eos) = (id("bos_token", model.bos), id("eos_token", model.eos));
        let unknown = bpe.get("unk_token").and_then(Json::as_str).and_then(|token| tokens.id(token));
        let (starts, ends) = self.surroundings(&tokens, bos, eos)?;
        let sentence_piece = kind == Kind::SentencePiece;
        let types = tokens.types(unknown, sentence_piece);
        let scores = if sentence_piece { tokens.scores() } else { Vec::new() };
        Ok(VocabularyParts {
            kind,
            tokens: tokens.texts,
            scores,
            types,
            bos,
            eos,
            eot: None,
            unknown,
            add_bos: Some(beside.llama_switch("add_bos_token").unwrap_or(starts)),
            add_eos: Some(beside.llama_switch("add_eos_token").unwrap_or(ends)),
            add_space_prefix: prefix,
        })
    }

    /// A SentencePiece vocabulary in Hugging Face's form: whether a space comes before a text.
    fn marks(&self, bpe: &Map<String, Json>) -> Result<bool> {
        if bpe.get("byte_fallback") != Some(&Json::Bool(true)) {
            return Err(self.0.fault("model", TokenizerFault::NoBytes));
        }
        let (mut prefix, mut marked) = (false, false);
        for step in steps(self.0.json.get("normalizer"), "normalizers") {
            let spaces = step.pointer("/pattern/String").and_then(Json::as_str) == Some(" ");
            match kind_of(step) {
                "Prepend" if step.get("prepend").and_then(Json::as_str) == Some(SPACE) => prefix = true,
                "Replace" if spaces && step.get("content").and_then(Json::as_str) == Some(SPACE) => marked = true,
                other => return Err(self.0.fault("normalizer", TokenizerFault::Step { step: other.to_owned() })),
            }
        }
        for step in steps(self.0.json.get("pre_tokenizer"), "pretokenizers") {
            match kind_of(step) {
                "Metaspace" if step.get("replacement").and_then(Json::as_str) == Some(SPACE) => {
                    marked = true;
                    let scheme = step.get("prepend_scheme").and_then(Json::as_str);
                    let older = step.get("add_prefix_space").and_then(Json::as_bool).unwrap_or(true);
                    prefix |= scheme.map_or(older, |scheme| scheme != "never");
                }
                other => return Err(self.0.fault("pre_tokenizer", TokenizerFault::Step { step: other.to_owned() })),
            }
        }
        if !marked {
            return Err(self.0.fault("normalizer", TokenizerFault::SpaceMark));
        }
        Ok(prefix)
    }

    /// GPT-2's byte-level BPE: the pattern must be one that has a name in GGUF.
    fn byte_level(&self, tokens: &Tokens) -> Result<Kind> {
        let mut found = None;
        if let Some(step) = steps(self.0.json.get("normalizer"), "normalizers").first() {
            return Err(self.0.fault("normalizer", TokenizerFault::Step { step: kind_of(step).to_owned() }));
        }
        for step in steps(self.0.json.get("pre_tokenizer"), "pretokenizers") {
            match kind_of(step) {
                "Split" => found = step.pointer("/pattern/Regex").and_then(Json::as_str),
                "ByteLevel" if step.get("add_prefix_space") == Some(&Json::Bool(true)) => {
                    return Err(self.0.fault("pre_tokenizer", TokenizerFault::SpaceBefore));
                }
                "ByteLevel" => {}
                other => return Err(self.0.fault("pre_tokenizer", TokenizerFault::Step { step: other.to_owned() })),
            }
        }
        let pre = match found {
            None => "gpt-2",
            Some(words) => {
                let unknown = || self.0.fault("pre_tokenizer", TokenizerFault::Pattern { pattern: words.to_owned() });
                pattern::name_of(words).ok_or_else(unknown)?
            }
        };
        let merges = tokens.merges.iter().map(|(left, right)| format!("{left} {right}")).collect();
        Ok(Kind::ByteLevel { pre: pre.to_owned(), merges })
    }

    /// Whether a text gets its begin token, and its end token.
    fn surroundings(&self, tokens: &Tokens, bos: Option<u32>, eos: Option<u32>) -> Result<(bool, bool)> {
        let (mut starts, mut ends) = (false, false);
        for step in steps(self.0.json.get("post_processor"), "processors") {
            match kind_of(step) {
                // It only mends offsets.
                "ByteLevel" => {}
                "TemplateProcessing" => {
                    let single = step.get("single").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
                    let mut met = false;
                    for item in single {
                        let special = item.pointer("/SpecialToken/id").and_then(Json::as_str);
                        let Some(special) = special else {
                            met = true;
                            continue;
                        };
                        let id = tokens.id(special);
                        match (met, id.is_some() && id == bos, id.is_some() && id == eos) {
                            (false, true, _) => starts = true,
                            (true, _, true) => ends = true,
                            _ => {
                                let fault = TokenizerFault::SpecialToken { token: special.to_owned() };
                                return Err(self.0.fault("post_processor", fault));
                            }
                        }
                    }
                }
                other => return Err(self.0.fault("post_processor", TokenizerFault::Step { step: other.to_owned() })),
            }
        }
        Ok((starts, ends))
    }
}
