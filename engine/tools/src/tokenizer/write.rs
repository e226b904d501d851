//! A vocabulary into Hugging Face's files.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use mixtral_engine::error::{Error, Result};
use mixtral_engine::formats::gguf::Metadata;
use mixtral_engine::text::pattern;
use mixtral_engine::text::{Kind, TokenType, VocabularyParts};

/// Every file, by name, of the tokenizer that a GGUF's metadata describe.
///
/// # Errors
/// The metadata describe none, or one that Hugging Face's files cannot tell.
pub fn files(metadata: &Metadata, context: usize) -> Result<Vec<(&'static str, String)>> {
    let parts = VocabularyParts::from_gguf(metadata)?;
    let template = metadata.opt_str("tokenizer.chat_template")?;
    let token = |id: Option<u32>| id.and_then(|id| parts.tokens.get(id as usize));
    let mut config = json!({
        "add_bos_token": adds_bos(&parts),
        "add_eos_token": parts.add_eos.unwrap_or(false),
        "bos_token": token(parts.bos),
        "eos_token": token(parts.eos),
        "unk_token": token(parts.unknown),
        "clean_up_tokenization_spaces": false,
        "model_max_length": context,
        // The one class that takes tokenizer.json as it is; the Llama classes change it while they read it.
        "tokenizer_class": "PreTrainedTokenizerFast",
    });
    if let Some(template) = template {
        config["chat_template"] = template.into();
    }
    let mut out = vec![
        ("tokenizer.json", format!("{:#}\n", tokenizer_json(&parts)?)),
        ("tokenizer_config.json", format!("{config:#}\n")),
    ];
    out.extend(template.map(|template| ("chat_template.jinja", template.to_owned())));
    Ok(out)
}

/// Hugging Face's `tokenizer.json` of a vocabulary.
///
/// # Errors
/// An entry is damaged, or stands twice in the vocabulary.
pub fn tokenizer_json(parts: &VocabularyParts) -> Result<Json> {
    let fault = |id: usize, what: &str| Error::Text(format!("tokenizer.ggml.tokens: entry {id} {what}"));
    let mut vocabulary = Map::new();
    for (id, token) in parts.tokens.iter().enumerate() {
        if vocabulary.insert(token.clone(), id.into()).is_some() {
            return Err(fault(id, &format!("is {token:?} once more, which tokenizer.json cannot tell")));
        }
    }
    if parts.kind == Kind::SentencePiece && [parts.types.len(), parts.scores.len()] != [parts.tokens.len(); 2] {
        return Err(Error::Text("tokenizer.ggml.scores: not one score and one type a token".into()));
    }
    let kind = |id: usize| parts.types.get(id).and_then(|number| TokenType::from_number(*number));
    let added: Vec<Json> = (0..parts.tokens.len())
        .filter(|&id| matches!(kind(id), Some(TokenType::Unknown | TokenType::Control | TokenType::UserDefined)))
        .map(|id| {
            let special = kind(id) != Some(TokenType::UserDefined);
            json!({"id": id, "content": parts.tokens[id], "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false, "special": special})
        })
        .collect();
    let unknown = parts.unknown.and_then(|id| parts.tokens.get(id as usize));
    let mut out = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "post_processor": post_processor(parts),
    });
    let mut model = json!({
        "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "vocab": vocabulary,
    });
    match &parts.kind {
        Kind::SentencePiece => {
            let prefix = parts.add_space_prefix.unwrap_or(true);
            out["normalizer"] = spaces_to_marks(prefix);
            out["pre_tokenizer"] = Json::Null;
            out["decoder"] = marks_to_spaces(prefix);
            model["fuse_unk"] = true.into();
            model["byte_fallback"] = true.into();
            model["ignore_merges"] = false.into();
            model["merges"] = written(&merges(parts));
        }
        Kind::ByteLevel { pre, merges } => {
            let words = pattern::pattern(pre).ok_or_else(|| Error::Text(format!("tokenizer.ggml.pre: {pre:?}")))?;
            out["normalizer"] = Json::Null;
            out["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": words}, "behavior": "Isolated", "invert": false},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}]});
            out["decoder"] =
                json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true});
            let pair = |merge: &String| merge.split_once(' ').map(|(left, right)| [left.to_owned(), right.to_owned()]);
            model["merges"] = written(&merges.iter().filter_map(pair).collect::<Vec<_>>());
            model["fuse_unk"] = false.into();
            model["byte_fallback"] = false.into();
            model["ignore_merges"] = pattern::takes_whole_words(pre).into();
        }
    }
    out["model"] = model;
    Ok(out)
}

fn adds_bos(parts: &VocabularyParts) -> bool {
    let usual = match &parts.kind {
        Kind::SentencePiece => true,
        Kind::ByteLevel { pre, .. } => pattern::adds_bos(pre),
    };
    parts.bos.is_some() && parts.add_bos.unwrap_or(usual)
}

/// Begin and end tokens around a text, and around the second of a pair.
fn post_processor(parts: &VocabularyParts) -> Json {
    let token = |id: Option<u32>, adds: bool| {
        let id = id.filter(|_| adds)?;
        Some((id, parts.tokens.get(id as usize)?))
    };
    let bos = token(parts.bos, adds_bos(parts));
    let eos = token(parts.eos, parts.add_eos.unwrap_or(false));
    let template = |type_id: u32, letter: &str| {
        let special = |token: Option<(u32, &String)>| {
            token.map(|(_, token)| json!({"SpecialToken": {"id": token, "type_id": type_id}}))
        };
        let text = json!({"Sequence": {"id": letter, "type_id": type_id}});
        special(bos).into_iter().chain([text]).chain(special(eos)).collect::<Vec<_>>()
    };
    let specials: Map<String, Json> = [bos, eos]
        .into_iter()
        .flatten()
        .map(|(id, token)| (token.clone(), json!({"id": token, "ids": [id], "tokens": [token]})))
        .collect();
    let single = template(0, "A");
    let pair: Vec<Json> = single.iter().cloned().chain(template(1, "B")).collect();
    json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": specials})
}

fn spaces_to_marks(prefix: bool) -> Json {
    let mut steps = vec![json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})];
    if prefix {
        steps.insert(0, json!({"type": "Prepend", "prepend": "▁"}));
    }
    json!({"type": "Sequence", "normalizers": steps})
}

fn marks_to_spaces(prefix: bool) -> Json {
    let mut steps = vec![
        json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        steps.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    json!({"type": "Sequence", "decoders": steps})
}

/// Merges as text, which every version of `tokenizers` reads; only pieces with a space in them need the newer form.
fn written(merges: &[[String; 2]]) -> Json {
    if merges.iter().flatten().any(|piece| piece.contains(' ')) {
        return json!(merges);
    }
    merges.iter().map(|pair| Json::String(pair.join(" "))).collect()
}

/// Every way to put a piece together from two others, the best scores first: what `transformers`
/// makes of a SentencePiece model.
fn merges(parts: &VocabularyParts) -> Vec<[String; 2]> {
    let normal = |id: usize| TokenType::from_number(parts.types[id]) == Some(TokenType::Normal);
    let all = || parts.tokens.iter().enumerate().filter(|(id, _)| normal(*id));
    let known: HashMap<&str, usize> = all().map(|(id, token)| (token.as_str(), id)).collect();
    let mut out = Vec::new();
    for (id, token) in all() {
        let cuts = token.char_indices().skip(1).map(|(at, _)| token.split_at(at));
        let mut pairs: Vec<_> =
            cuts.filter_map(|(left, right)| Some(((*known.get(left)?, *known.get(right)?), [left, right]))).collect();
        pairs.sort_unstable();
        out.extend(pairs.into_iter().map(|(_, pair)| (parts.scores[id], pair.map(str::to_owned))));
    }
    out.sort_by(|a, b| b.0.total_cmp(&a.0));
    out.into_iter().map(|(_, pair)| pair).collect()
}
