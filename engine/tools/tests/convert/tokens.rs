//! Vocabularies between the two forms: the same texts, the same tokens.

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::Folder;
use mixtral_engine::hugging_face::tokenizer::{self, Model};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::text::{Encoding, Kind, Tokenizer, VocabularyParts};
use mixtral_tools::tokenizer::{differs, tokenizer_json};
use serde_json::Value;

use crate::fixture::{converted, expected, folder, ids};

const BOTH: Encoding = Encoding { add_special: true, parse_special: true };

#[test]
fn the_converted_tokenizer_gives_the_tokens_of_transformers() {
    let out = tempfile::tempdir().expect("a folder");
    let path = out.path().join("a.gguf");
    converted(&Folder::open(&folder("base")).expect("a model"), &path, GgmlType::F16);
    let gguf = Gguf::open(&path).expect("a GGUF");
    let tokenizer = Tokenizer::from_gguf(gguf.metadata()).expect("a tokenizer");
    let told = expected();
    let texts = told["texts"].as_array().expect("texts");
    assert!(texts.len() >= 8);
    for pair in texts {
        let text = pair[0].as_str().expect("a text");
        let expected = ids(&pair[1]);
        // A begin token that is written in the text is not doubled here, as llama.cpp does not.
        let expected = if text.starts_with("<s>") { &expected[1..] } else { &expected };
        assert_eq!(tokenizer.encode(text, BOTH), expected, "{text:?}");
    }
    // A piece of several characters is used at all.
    assert!(tokenizer.encode("明月", BOTH).len() < 5);
}

/// The vocabularies of `tests/whole`, with the tokens that Google's `sentencepiece` and Hugging Face's `tokenizers` gave.
#[test]
fn a_vocabulary_survives_the_way_to_tokenizer_json_and_back() {
    let all: Value = serde_json::from_str(include_str!("../../../tests/whole/tokenizers.json")).expect("JSON");
    for name in ["sentence_piece", "gpt-2", "llama-bpe", "qwen2", "tekken"] {
        let peer = &all[name];
        let parts = parts(name, peer);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tokenizer.json");
        let json = tokenizer_json(&parts).expect("a form");
        std::fs::write(&path, json.to_string()).expect("written");
        let token = |id: Option<u32>| id.map(|id| parts.tokens[id as usize].clone());
        let config = serde_json::json!({"bos_token": token(parts.bos), "eos_token": {"content": token(parts.eos)}});
        std::fs::write(folder.path().join("tokenizer_config.json"), config.to_string()).expect("written");
        std::fs::write(folder.path().join("chat_template.jinja"), "{{ bos_token }}").expect("written");

        let model = Model { vocabulary: parts.tokens.len() + 2, bos: None, eos: None };
        let found = tokenizer::read(folder.path(), model).expect("reads");
        assert_eq!(found.template.as_deref(), Some("{{ bos_token }}"));
        let mut back = found.parts;
        assert_eq!(
            &back.tokens[parts.tokens.len()..],
            [parts.tokens.len(), parts.tokens.len() + 1].map(|id| format!("[PAD{id}]"))
        );
        back.tokens.truncate(parts.tokens.len());
        back.types.truncate(parts.tokens.len());
        back.scores.truncate(parts.tokens.len());
        assert_eq!(
            (&back.tokens, back.bos, back.eos, back.unknown),
            (&parts.tokens, parts.bos, parts.eos, parts.unknown)
        );
        if let (Kind::ByteLevel { merges: a, .. }, Kind::ByteLevel { merges: b, .. }) = (&back.kind, &parts.kind) {
            assert_eq!(a, b, "{name}");
        } else {
            assert_eq!((&back.kind, &back.types), (&parts.kind, &parts.types), "{name}");
        }
        assert_eq!(back.add_bos.unwrap_or(false), name == "sentence_piece");

        let theirs = tokenizers::Tokenizer::from_file(&path).expect("Hugging Face's form");
        let ours = Tokenizer::new(back).expect("a vocabulary");
        let mut compared = 0;
        for case in peer["cases"].as_array().expect("cases") {
            let text = case["text"].as_str().expect("a text");
            if text.contains("</s>") || text.contains("<unk>") {
                continue; // control tokens are always read there
            }
            let plain = Encoding { add_special: false, parse_special: false };
            assert_eq!(theirs.encode(text, false).expect("encodes").get_ids(), ids(&case["ids"]), "{name}: {text:?}");
            assert_eq!(ours.encode(text, plain), ids(&case["ids"]), "{name}: {text:?}");
            compared += 1;
        }
        assert!(compared > 60, "{name}: {compared}");
        assert_eq!(differs(&path, &ours).expect("compares"), None, "{name}");
    }
}

fn parts(name: &str, peer: &Value) -> VocabularyParts {
    let list = |key: &str| peer[key].as_array().into_iter().flatten();
    let strings = |key: &str| list(key).filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
    let sentence_piece = name == "sentence_piece";
    let kind = match sentence_piece {
        true => Kind::SentencePiece,
        false => Kind::ByteLevel { pre: name.to_owned(), merges: strings("merges") },
    };
    let control = |id: u32| sentence_piece.then_some(id);
    VocabularyParts {
        kind,
        tokens: strings("tokens"),
        scores: list("scores").filter_map(Value::as_f64).map(|s| s as f32).collect(),
        types: list("types").filter_map(Value::as_i64).collect(),
        bos: control(1),
        eos: control(2),
        eot: None,
        unknown: control(0),
        add_bos: Some(sentence_piece),
        add_eos: None,
        add_space_prefix: None,
    }
}

#[test]
fn a_tokenizer_that_gguf_cannot_tell_is_refused_by_what_is_in_the_way() {
    let text = std::fs::read_to_string(folder("base").join("tokenizer.json")).expect("a file");
    let spoilt = |change: &dyn Fn(&mut Value)| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut json: Value = serde_json::from_str(&text).expect("JSON");
        change(&mut json);
        std::fs::write(folder.path().join("tokenizer.json"), json.to_string()).expect("written");
        let model = Model { vocabulary: 400, bos: Some(1), eos: Some(2) };
        tokenizer::read(folder.path(), model).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(spoilt(&|_| {}), Ok(()));
    type Change = dyn Fn(&mut Value);
    let cases: [(&Change, &str); 8] = [
        (&|j| j["model"]["type"] = "Unigram".into(), "key model: \"Unigram\" is not supported (supported: BPE)"),
        (&|j| j["model"]["byte_fallback"] = false.into(), "spells nothing in bytes"),
        (&|j| j["normalizer"] = serde_json::json!({"type": "NFKC"}), "key normalizer: NFKC"),
        (&|j| j["pre_tokenizer"] = serde_json::json!({"type": "Whitespace"}), "key pre_tokenizer: Whitespace"),
        (&|j| j["model"]["vocab"]["far"] = 400.into(), "\"far\" is token 400, and the model knows 400"),
        (&|j| j["model"]["vocab"]["twin"] = 399.into(), "has the number of"),
        (&|j| j["model"]["merges"][0] = "one".into(), "entry 0 is \"one\", which is no pair"),
        (&|j| j["normalizer"] = Value::Null, "does not write spaces as ▁"),
    ];
    for (change, wanted) in cases {
        let message = spoilt(change).expect_err(wanted);
        assert!(message.contains(wanted), "{message}");
    }
    let empty = tempfile::tempdir().expect("a folder");
    let model = Model { vocabulary: 400, bos: None, eos: None };
    let refused = |bytes: Option<&[u8]>, model: Model| {
        bytes.into_iter().for_each(|b| std::fs::write(empty.path().join("tokenizer.model"), b).expect("written"));
        tokenizer::read(empty.path(), model).expect_err("no tokenizer").to_string()
    };
    assert!(refused(None, model).contains("neither tokenizer.json nor tokenizer.model"));
    let own = std::fs::read(folder("base").join("tokenizer.model")).expect("a file");
    assert!(
        refused(Some(&own), Model { vocabulary: 399, ..model }).contains("has 400 pieces, and the model knows 399")
    );
    assert!(refused(Some(b"{\"version\": 1}"), model).contains("is no SentencePiece model"));
    assert!(refused(Some(b""), model).contains("is not BPE"));
}

#[test]
fn sentence_pieces_own_file_gives_the_same_tokens_as_tokenizer_json() {
    let out = tempfile::tempdir().expect("a folder");
    for name in ["tokenizer.model", "tokenizer_config.json", "special_tokens_map.json"] {
        std::fs::copy(folder("base").join(name), out.path().join(name)).expect("copied");
    }
    std::fs::write(out.path().join("added_tokens.json"), r#"{"<tool>": 400}"#).expect("written");
    let found = tokenizer::read(out.path(), Model { vocabulary: 402, bos: None, eos: None }).expect("reads");
    assert!(found.path.ends_with("tokenizer.model"));
    assert_eq!(found.parts.tokens[400..], ["<tool>", "[PAD401]"]);
    assert_eq!(found.parts.types[399..], [1, 4, 5]);
    let model = Model { vocabulary: 400, bos: None, eos: None };
    let other = tokenizer::read(&folder("base"), model).expect("reads").parts;
    let own = &found.parts;
    assert_eq!((&own.tokens[..400], &own.types[..400]), (&other.tokens[..], &other.types[..]));
    assert_eq!((own.bos, own.eos, own.unknown), (other.bos, other.eos, other.unknown));
    assert_eq!(
        (own.add_bos, own.add_eos, own.add_space_prefix),
        (other.add_bos, other.add_eos, other.add_space_prefix)
    );
    let tokenizer = Tokenizer::new(found.parts).expect("a vocabulary");
    for pair in expected()["texts"].as_array().expect("texts") {
        let text = pair[0].as_str().expect("a text");
        let expected = ids(&pair[1]);
        let expected = if text.starts_with("<s>") { &expected[1..] } else { &expected };
        assert_eq!(tokenizer.encode(text, BOTH), expected, "{text:?}");
    }
    assert_eq!(tokenizer.encode("a<tool>", Encoding { add_special: false, parse_special: false }).last(), Some(&400));
}

/// Merges that no SentencePiece model has: "aaa" has a score, and no merge makes it out of "aa" and "a"; by score it would
/// be made all the same.
#[test]
fn a_tokenizer_that_would_cut_otherwise_in_gguf_is_found_out() {
    let text = std::fs::read_to_string(folder("base").join("tokenizer.json")).expect("a file");
    let mut json: Value = serde_json::from_str(&text).expect("JSON");
    let [vocabulary, merges] = ["vocab", "merges"].map(|key| json["model"][key].clone());
    let mut vocabulary = vocabulary.as_object().expect("a vocabulary").clone();
    let mut merges = merges.as_array().expect("merges").clone();
    let next = vocabulary.len();
    vocabulary.extend([("aa".to_owned(), next.into()), ("aaa".to_owned(), (next + 1).into())]);
    merges.insert(0, "a a".into());
    (json["model"]["vocab"], json["model"]["merges"]) = (vocabulary.into(), merges.into());
    let out = tempfile::tempdir().expect("a folder");
    std::fs::write(out.path().join("tokenizer.json"), json.to_string()).expect("written");
    let model = Model { vocabulary: next + 2, bos: Some(1), eos: Some(2) };
    let found = tokenizer::read(out.path(), model).expect("reads");
    let ours = Tokenizer::new(found.parts).expect("a vocabulary");
    let found = differs(&found.path, &ours).expect("compares");
    assert!(found.is_some_and(|text| text.contains("aaaa")), "{found:?}");
}
