//! The tokenizers against their originals: small vocabularies with real merges, trained and
//! encoded by Google's `sentencepiece` 0.2.3 and Hugging Face's `tokenizers` 0.23.3
//! (`tokenizers.json` beside this file).

use std::path::Path;

use mixtral_engine::text::{Encoding, Kind, Tokenizer, VocabularyParts};
use serde_json::Value;

use crate::files;

fn all() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole/tokenizers.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON")
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn tokenizer(peer: &Value, kind: Kind) -> Tokenizer {
    let numbers = |key: &str| peer[key].as_array().into_iter().flatten();
    let control = (kind == Kind::SentencePiece).then_some(1);
    Tokenizer::new(VocabularyParts {
        kind,
        tokens: strings(&peer["tokens"]),
        scores: numbers("scores").filter_map(Value::as_f64).map(|s| s as f32).collect(),
        types: numbers("types").filter_map(Value::as_i64).collect(),
        bos: control,
        eos: control.map(|id| id + 1),
        eot: None,
        unknown: None,
        add_bos: None,
        add_eos: None,
        add_space_prefix: None,
    })
    .expect("a vocabulary")
}

/// Compares every case, and that the text comes back.
fn compare(name: &str, peer: &Value, kind: Kind) {
    let prefix = if kind == Kind::SentencePiece { " " } else { "" };
    let tokenizer = tokenizer(peer, kind);
    let cases = peer["cases"].as_array().expect("cases");
    assert!(cases.len() > 60, "{name}");
    for case in cases {
        let text = case["text"].as_str().expect("text");
        let ids = tokenizer.encode(text, Encoding { add_special: false, parse_special: false });
        assert_eq!(ids, files::ids(case, "ids"), "{name}: {text:?}");
        assert_eq!(tokenizer.decode(&ids), format!("{prefix}{text}"), "{name}");
    }
}

#[test]
fn sentence_piece_ids_equal_googles() {
    compare("sentence_piece", &all()["sentence_piece"], Kind::SentencePiece);
}

#[test]
fn byte_level_ids_equal_hugging_faces_for_every_pattern() {
    let all = all();
    for pre in ["gpt-2", "llama-bpe", "qwen2", "tekken"] {
        let kind = Kind::ByteLevel { pre: pre.to_owned(), merges: strings(&all[pre]["merges"]) };
        compare(pre, &all[pre], kind);
    }
}
