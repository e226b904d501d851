//! A vocabulary with byte fallback, learnt from texts.

use std::collections::HashSet;

use tokenizers::Trainer as _;
use tokenizers::models::bpe::{BPE, BpeTrainer};

use mixtral_engine::error::{Error, Result};
use mixtral_engine::text::Kind;
use mixtral_engine::text::VocabularyParts;

/// The tokens before the bytes: unknown, begin, end.
const CONTROLS: [&str; 3] = ["<unk>", "<s>", "</s>"];
/// What the instruct template writes, as one token each.
pub const INSTRUCT: [&str; 2] = ["[INST]", "[/INST]"];

/// The instruct format of Mixtral, several turns, for a vocabulary without space prefix.
pub const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}\
{{ '[INST] ' + message['content'] + ' [/INST] ' }}{% elif message['role'] == 'assistant' %}\
{{ message['content'] + eos_token }}{% endif %}{% endfor %}";

/// Learns a vocabulary of `size` tokens whose pieces have at most `longest` characters.
///
/// # Errors
/// The size leaves no room, or the trainer fails.
pub fn learn<'a>(texts: impl Iterator<Item = &'a str> + Send, size: usize, longest: usize) -> Result<VocabularyParts> {
    let fixed = CONTROLS.len() + INSTRUCT.len() + 256;
    if size < fixed + 2 || longest == 0 {
        return Err(Error::Training(format!(
            "a vocabulary needs more than {} tokens, and pieces a character",
            fixed + 1
        )));
    }
    let room = size - fixed;
    let mut trainer = BpeTrainer::builder()
        .show_progress(false)
        .vocab_size(room)
        // With merges, a part of the room is theirs.
        .limit_alphabet(if longest == 1 { room } else { room * 3 / 4 })
        .initial_alphabet(HashSet::from(['▁']))
        .max_token_length(Some(longest))
        .build();
    let fault = |e: Box<dyn std::error::Error + Send + Sync>| Error::Training(format!("vocabulary: {e}"));
    // Pieces do not cross punctuation, lines or spaces.
    // The trainer's own bound does not hold for pairs of single characters, so these come apart here.
    let words = |text: &str| {
        if longest == 1 {
            return Ok(text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect());
        }
        let marks = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || "，。！？；：、《》“”".contains(c);
        let mut words: Vec<String> = text.split(marks).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        words.extend(text.chars().filter(|c| marks(*c) && !c.is_whitespace()).map(String::from));
        Ok(words)
    };
    trainer.feed(texts, words).map_err(fault)?;
    let mut model = BPE::default();
    trainer.train(&mut model).map_err(fault)?;
    let mut pieces: Vec<(u32, String)> = model.get_vocab().into_iter().map(|(piece, id)| (id, piece)).collect();
    pieces.sort();
    let mut tokens: Vec<String> = CONTROLS.iter().chain(&INSTRUCT).map(|t| (*t).to_owned()).collect();
    let mut types: Vec<i64> = vec![2, 3, 3, 4, 4];
    tokens.extend((0..=255u8).map(|b| format!("<0x{b:02X}>")));
    types.extend([6; 256]);
    tokens.extend(pieces.into_iter().map(|(_, piece)| piece));
    types.resize(tokens.len(), 1);
    // The order of merging is the order of learning.
    let scores = (0..tokens.len()).map(|at| if at < fixed { 0.0 } else { -((at - fixed) as f32) }).collect();
    Ok(VocabularyParts {
        kind: Kind::SentencePiece,
        tokens,
        scores,
        types,
        bos: Some(1),
        eos: Some(2),
        eot: None,
        unknown: Some(0),
        add_bos: Some(true),
        add_eos: Some(false),
        add_space_prefix: Some(false),
    })
}

#[cfg(test)]
mod tests {
    use mixtral_tools::tokenizer::tokenizer_json;

    use super::*;
    use mixtral_engine::text::{Encoding, Tokenizer};

    const TEXT: &str = "春风春风又春风，明月明月何明月。不知春风明月";

    #[test]
    fn both_forms_of_a_vocabulary_give_the_same_tokens() {
        for (size, longest) in [(261 + 20, 1), (261 + 20, 2)] {
            let parts = learn([TEXT; 4].into_iter(), size, longest).expect("a vocabulary");
            assert!(parts.tokens.len() <= size && parts.tokens.len() > 261 + 8, "{}", parts.tokens.len());
            assert_eq!(parts.tokens.iter().any(|t| t == "春风"), longest > 1);
            let json = tokenizer_json(&parts).expect("a tokenizer").to_string();
            let theirs = tokenizers::Tokenizer::from_bytes(json.as_bytes()).expect("Hugging Face's form");
            let ours = Tokenizer::new(parts).expect("a vocabulary");
            for text in ["春风明月", "[INST] 春风 [/INST] 明月</s>", "不认识的字😀\n又", "", "春 风"]
            {
                let a = ours.encode(text, Encoding { add_special: true, parse_special: true });
                let b = theirs.encode(text, true).expect("encodes");
                assert_eq!(a, b.get_ids(), "{text:?}");
                assert_eq!(ours.decode(&a), theirs.decode(&a, true).expect("decodes"), "{text:?}");
            }
        }
        assert!(learn([TEXT].into_iter(), 262, 1).is_err());
    }
}
