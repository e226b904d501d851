//! Hugging Face's files into a vocabulary. What our tokenizers would do differently is refused by name.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::tokens::Tokens;
use crate::error::{Error, Place, Result};
use crate::text::pattern;
use crate::text::vocabulary::{Kind, VocabularyParts};
use crate::weights::safetensors::read_config::{bounded_object, object};

/// No real tokenizer.json is longer, in bytes.
const MAX_BYTES: u64 = 1 << 28;
/// What stands for a space inside pieces.
const SPACE: &str = "▁";

/// What `config.json` says of the model that the tokenizer is for.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How many tokens it knows.
    pub vocabulary: usize,
    /// The begin token, where the tokenizer's files name none.
    pub bos: Option<u32>,
    /// The end token.
    pub eos: Option<u32>,
}

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
        let message = if folder.join("tokenizer.model").is_file() {
            "tokenizer.model alone is not read: save the tokenizer with transformers (AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)), which makes tokenizer.json"
        } else {
            "no tokenizer.json"
        };
        return Err(Error::file(folder, Place::Whole, message));
    }
    let json = bounded_object(&path, MAX_BYTES)?;
    let beside = Beside::read(folder)?;
    let reader = Reader { path: &path, json: &json };
    let parts = reader.parts(&beside, model)?;
    Ok(Found { parts, template: beside.template, path })
}

/// What stands in the files beside `tokenizer.json`.
struct Beside {
    config: Map<String, Json>,
    special: Map<String, Json>,
    template: Option<String>,
}

impl Beside {
    fn read(folder: &Path) -> Result<Self> {
        let optional = |name: &str| {
            let path = folder.join(name);
            if path.is_file() { object(&path) } else { Ok(Map::new()) }
        };
        let config = optional("tokenizer_config.json")?;
        let own = folder.join("chat_template.jinja");
        let template = if own.is_file() {
            Some(std::fs::read_to_string(&own).map_err(Error::io(&own))?)
        } else {
            let config = config.get("chat_template").and_then(template);
            config.or(optional("chat_template.json")?.get("chat_template").and_then(template))
        };
        Ok(Self { special: optional("special_tokens_map.json")?, config, template })
    }

    /// The text of `bos_token` and its like.
    fn token(&self, key: &str) -> Option<&str> {
        [&self.config, &self.special].into_iter().find_map(|json| {
            let value = json.get(key)?;
            value.as_str().or_else(|| value.get("content")?.as_str())
        })
    }

    /// A switch that only the Llama classes of transformers obey.
    fn llama_switch(&self, key: &str) -> Option<bool> {
        let class = self.config.get("tokenizer_class").and_then(Json::as_str).unwrap_or_default();
        self.config.get(key).and_then(Json::as_bool).filter(|_| class.starts_with("Llama"))
    }
}

/// A template alone, or the one called `default` among several.
fn template(value: &Json) -> Option<String> {
    let several = |list: &Vec<Json>| {
        let default = list.iter().find(|one| one.get("name").and_then(Json::as_str) == Some("default"))?;
        Some(default.get("template")?.as_str()?.to_owned())
    };
    value.as_str().map(str::to_owned).or_else(|| value.as_array().and_then(several))
}

struct Reader<'a> {
    path: &'a Path,
    json: &'a Map<String, Json>,
}

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

impl<'a> Reader<'a> {
    fn fault(&self, key: &str, message: impl Into<String>) -> Error {
        Error::file(self.path, Place::Key(key.to_owned()), message)
    }

    fn parts(&self, beside: &Beside, model: Model) -> Result<VocabularyParts> {
        let bpe = self.json.get("model").and_then(Json::as_object).ok_or_else(|| self.fault("model", "is missing"))?;
        match bpe.get("type").and_then(Json::as_str) {
            // Older files do not say.
            Some("BPE") | None => {}
            Some(other) => return Err(self.fault("model", format!("{other} is not supported; BPE is"))),
        }
        let tokens = Tokens::read(self.path, self.json, bpe, model.vocabulary)?;
        let byte_level =
            steps(self.json.get("pre_tokenizer"), "pretokenizers").into_iter().any(|step| kind_of(step) == "ByteLevel");
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
            return Err(self.fault("model", "is a BPE that spells nothing in bytes; it has no form in GGUF"));
        }
        let (mut prefix, mut marked) = (false, false);
        for step in steps(self.json.get("normalizer"), "normalizers") {
            let spaces = step.pointer("/pattern/String").and_then(Json::as_str) == Some(" ");
            match kind_of(step) {
                "Prepend" if step.get("prepend").and_then(Json::as_str) == Some(SPACE) => prefix = true,
                "Replace" if spaces && step.get("content").and_then(Json::as_str) == Some(SPACE) => marked = true,
                other => return Err(self.fault("normalizer", format!("{other} has no form in GGUF"))),
            }
        }
        for step in steps(self.json.get("pre_tokenizer"), "pretokenizers") {
            match kind_of(step) {
                "Metaspace" if step.get("replacement").and_then(Json::as_str) == Some(SPACE) => {
                    marked = true;
                    let scheme = step.get("prepend_scheme").and_then(Json::as_str);
                    let older = step.get("add_prefix_space").and_then(Json::as_bool).unwrap_or(true);
                    prefix |= scheme.map_or(older, |scheme| scheme != "never");
                }
                other => return Err(self.fault("pre_tokenizer", format!("{other} has no form in GGUF"))),
            }
        }
        if !marked {
            return Err(self.fault("normalizer", "does not write spaces as ▁; the vocabulary has no form in GGUF"));
        }
        Ok(prefix)
    }

    /// GPT-2's byte-level BPE: the pattern must be one that has a name in GGUF.
    fn byte_level(&self, tokens: &Tokens) -> Result<Kind> {
        let mut found = None;
        if let Some(step) = steps(self.json.get("normalizer"), "normalizers").first() {
            return Err(self.fault("normalizer", format!("{} has no form in GGUF", kind_of(step))));
        }
        for step in steps(self.json.get("pre_tokenizer"), "pretokenizers") {
            match kind_of(step) {
                "Split" => found = step.pointer("/pattern/Regex").and_then(Json::as_str),
                "ByteLevel" if step.get("add_prefix_space") == Some(&Json::Bool(true)) => {
                    return Err(self.fault("pre_tokenizer", "a space before every text has no form in GGUF"));
                }
                "ByteLevel" => {}
                other => return Err(self.fault("pre_tokenizer", format!("{other} has no form in GGUF"))),
            }
        }
        let pre = match found {
            None => "gpt-2",
            Some(words) => {
                let unknown = || self.fault("pre_tokenizer", format!("the pattern {words:?} has no name in GGUF"));
                pattern::name_of(words).ok_or_else(unknown)?
            }
        };
        let merges = tokens.merges.iter().map(|(left, right)| format!("{left} {right}")).collect();
        Ok(Kind::ByteLevel { pre: pre.to_owned(), merges })
    }

    /// Whether a text gets its begin token, and its end token.
    fn surroundings(&self, tokens: &Tokens, bos: Option<u32>, eos: Option<u32>) -> Result<(bool, bool)> {
        let (mut starts, mut ends) = (false, false);
        for step in steps(self.json.get("post_processor"), "processors") {
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
                                let message = format!("puts {special:?} where GGUF has no word for it");
                                return Err(self.fault("post_processor", message));
                            }
                        }
                    }
                }
                other => return Err(self.fault("post_processor", format!("{other} has no form in GGUF"))),
            }
        }
        Ok((starts, ends))
    }
}
