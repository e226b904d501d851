//! The tokenizers on small vocabularies made by hand; the golden files test them on a real one.

use proptest::prelude::*;

use super::*;
use crate::text::Kind;

fn parts(kind: Kind, entries: &[(&str, f32, i64)]) -> VocabularyParts {
    VocabularyParts {
        kind,
        tokens: entries.iter().map(|e| e.0.to_owned()).collect(),
        scores: entries.iter().map(|e| e.1).collect(),
        types: entries.iter().map(|e| e.2).collect(),
        bos: Some(1),
        eos: Some(2),
        eot: None,
        unknown: Some(0),
        add_bos: None,
        add_eos: None,
        add_space_prefix: Some(false),
    }
}

fn with_bytes(more: &[(&str, f32, i64)]) -> VocabularyParts {
    let bytes: Vec<String> = (0..=255).map(|b| format!("<0x{b:02X}>")).collect();
    let mut entries = vec![("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)];
    entries.extend(bytes.iter().map(|b| (b.as_str(), 0.0, 6)));
    entries.extend_from_slice(more);
    parts(Kind::SentencePiece, &entries)
}

/// A vocabulary of bytes alone: byte `b` is token `b + 3`.
pub(crate) fn bytes_only() -> Tokenizer {
    Tokenizer::new(with_bytes(&[])).expect("valid")
}

const PLAIN: Encoding = Encoding { add_special: false, parse_special: false };
const PARSED: Encoding = Encoding { add_special: false, parse_special: true };

/// Pieces of 259 and on.
pub(crate) fn small() -> Tokenizer {
    Tokenizer::new(with_bytes(&[
        ("a", -10.0, 1),
        ("b", -11.0, 1),
        ("ab", -1.0, 1),
        ("ba", -2.0, 1),
        ("aba", -3.0, 1),
        ("▁", -12.0, 1),
        ("</", -0.5, 1),
        ("s>", -0.6, 1),
        ("<", -20.0, 1),
        ("/", -20.0, 1),
        ("s", -20.0, 1),
        (">", -20.0, 1),
        ("[IMG]", 0.0, 4),
    ]))
    .expect("valid")
}

#[test]
fn the_best_score_is_merged_first_and_of_equals_the_leftmost() {
    let t = small();
    assert_eq!(t.encode("ab", PLAIN), [261]);
    // "ab" beats "ba" by score, then "ab"+"a" is "aba".
    assert_eq!(t.encode("aba", PLAIN), [263]);
    assert_eq!(t.encode("abab", PLAIN), [261, 261], "ab ab, for abab is no piece, and aba would need a lone b");
    assert_eq!(t.encode("bab", PLAIN), [260, 261]);
}

#[test]
fn what_has_no_piece_is_spelt_in_bytes() {
    assert_eq!(small().encode("a春 ", PLAIN), [259, 3 + 0xE6, 3 + 0x98, 3 + 0xA5, 264]);
}

#[test]
fn a_space_prefix_comes_at_the_start_and_after_each_control_token() {
    let mut p = with_bytes(&[("a", -1.0, 1), ("▁", -2.0, 1), ("▁a", -0.5, 1)]);
    p.add_space_prefix = Some(true);
    let t = Tokenizer::new(p).expect("valid");
    assert_eq!(t.encode("aa", PLAIN), [261, 259]);
    assert_eq!(t.encode("a</s>a", PARSED), [261, 2, 261]);
    assert_eq!(t.encode("a", Encoding { add_special: true, parse_special: false }), [1, 261]);
}

#[test]
fn control_tokens_are_read_only_when_asked_for_and_user_defined_ones_always() {
    let t = small();
    assert_eq!(t.encode("a</s>[IMG]", PARSED), [259, 2, 271]);
    // `</` and `s>` are pieces, and their join is the text of a control token: it stays two pieces.
    assert_eq!(t.encode("a</s>[IMG]", PLAIN), [259, 265, 266, 271]);
}

#[test]
fn a_begin_token_in_the_text_is_not_doubled() {
    let both = Encoding { add_special: true, parse_special: true };
    assert_eq!(small().encode("<s>a", both), [1, 259]);
    assert_eq!(small().encode("a", both), [1, 259]);
}

#[test]
fn a_text_too_long_to_fit_is_refused_without_reading_it() {
    let t = small();
    let long = "ab".repeat(10_000);
    assert!(matches!(t.encode_within(&long, PLAIN, 100), Err(TokenizerError::TooLong { at_least }) if at_least > 100));
    assert_eq!(t.encode_within("ab", PLAIN, 1), Ok(vec![261]));
}

#[test]
fn a_damaged_vocabulary_is_refused_by_key() {
    let mut p = with_bytes(&[]);
    p.bos = Some(9999);
    assert!(Tokenizer::new(p).expect_err("bos").to_string().starts_with("tokenizer.ggml.bos_token_id"));
    let mut p = with_bytes(&[]);
    p.scores.pop();
    assert!(Tokenizer::new(p).expect_err("scores").to_string().starts_with("tokenizer.ggml.scores"));
    let mut p = with_bytes(&[]);
    p.types[5] = 77;
    assert!(Tokenizer::new(p).expect_err("types").to_string().contains("entry 5"));
    let p = with_bytes(&[("<0xZZ>", 0.0, 6)]);
    assert!(Tokenizer::new(p).expect_err("byte").to_string().contains("<0xZZ>"));
    let p = parts(
        Kind::ByteLevel { pre: "strange".to_owned(), merges: vec![] },
        &[("a", 0.0, 1), ("b", 0.0, 1), ("c", 0.0, 1)],
    );
    assert!(Tokenizer::new(p).expect_err("pre").to_string().contains("\"strange\""));
}

#[test]
fn byte_level_merges_by_rank_within_words() {
    let mut entries = vec![("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)];
    entries.extend(["a", "b", "Ġ", "ab", "Ġab", "bb"].map(|t| (t, 0.0, 1)));
    let merges = ["a b", "b b", "Ġ ab"].map(str::to_owned).to_vec();
    let t = Tokenizer::new(parts(Kind::ByteLevel { pre: "gpt-2".to_owned(), merges }, &entries)).expect("valid");
    assert_eq!(t.encode("ab ab", PLAIN), [6, 7]);
    assert_eq!(t.encode("abb", PLAIN), [6, 4], "rank 0 goes before rank 1");
    assert_eq!(t.decode(&[6, 7]), "ab ab");
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(text in "[ab</s> 春😀\\n]{0,30}") {
        let t = small();
        prop_assert_eq!(t.decode(&t.encode(&text, PLAIN)), text);
    }

    #[test]
    fn a_protected_text_makes_no_control_token_whatever_stands_around_it(
        before in "(a|b|<|</|</s|<s|)", text in "(</s>|<s>|<unk>|\\[IMG\\]|<|/|s|>|u|n|k|a|x| ){1,12}", after in "(a|b|>|s>|/s>|)",
    ) {
        let t = small();
        let rendered = format!("{before}{}{after}", t.protect(&text));
        let tokens = t.encode(&rendered, PARSED);
        prop_assert!(!tokens.iter().any(|id| *id < 3 || *id == 271), "{:?} gave {:?}", rendered, tokens);
        prop_assert_eq!(t.decode(&tokens), format!("{before}{text}{after}"));
    }
}
