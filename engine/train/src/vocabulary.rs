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

/// The same for a vocabulary with space prefix, which puts the space before a text by itself.
pub const TEMPLATE_OF_WORDS: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}\
{{ '[INST]' + message['content'] + '[/INST]' }}{% elif message['role'] == 'assistant' %}\
{{ message['content'] + eos_token }}{% endif %}{% endfor %}";

/// The instruct format for a vocabulary whose pieces have at most `longest` characters.
pub fn template(longest: usize) -> &'static str {
    if longest > 1 { TEMPLATE_OF_WORDS } else { TEMPLATE }
}

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
    // Pieces do not cross punctuation nor lines. A space belongs to the word after it, as SentencePiece has it.
    // The trainer's own bound does not hold for pairs of single characters, so these come apart here.
    let words = |text: &str| {
        if longest == 1 {
            return Ok(text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect());
        }
        Ok(words_of(text))
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
        // Where pieces are words, the first word of a text is the piece that it is elsewhere.
        add_space_prefix: Some(longest > 1),
    })
}

/// The parts of a text within which pieces may grow: words and runs of one mark, each with the space before it.
fn words_of(text: &str) -> Vec<String> {
    let is_mark = |c: char| c.is_ascii_punctuation() || "，。！？；：、《》“”".contains(c);
    let mut words: Vec<String> = Vec::new();
    // The last character of the word that may still grow; none after a line's end.
    let mut last = None;
    for c in text.chars() {
        let joins = match last {
            None => false,
            Some(' ') => !c.is_whitespace(),
            Some(before) if is_mark(before) || is_mark(c) => before == c,
            Some(_) => !c.is_whitespace(),
        };
        last = Some(c).filter(|c| *c == ' ' || !c.is_whitespace());
        let Some(c) = last else { continue };
        let shown = if c == ' ' { '▁' } else { c };
        match words.last_mut() {
            Some(word) if joins => word.push(shown),
            _ => words.push(shown.into()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use mixtral_tools::tokenizer::tokenizer_json;

    use super::*;
    use mixtral_engine::text::{Decoder, Encoding, Tokenizer};

    #[test]
    fn a_space_belongs_to_the_word_after_it() {
        assert_eq!(
            words_of("Use **ember**  in a\nsentence."),
            ["Use", "▁**", "ember", "**", "▁", "▁in", "▁a", "sentence", "."]
        );
        assert_eq!(words_of("春风，明月"), ["春风", "，", "明月"]);
        assert_eq!(words_of(" \n "), ["▁", "▁"]);
    }

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
                // As answers are read: without the space that a vocabulary with space prefix begins them with.
                let mut decoder = if longest > 1 { Decoder::without_first_space() } else { Decoder::new() };
                let mut read: String = a.iter().map(|token| decoder.push(&ours, *token)).collect();
                read += &decoder.finish();
                assert_eq!(read, theirs.decode(&a, true).expect("decodes"), "{text:?}");
            }
        }
        assert!(learn([TEXT].into_iter(), 262, 1).is_err());
        let english = "a lantern is a light, and a light is a lantern";
        let parts = learn([english; 4].into_iter(), 261 + 40, 16).expect("a vocabulary");
        assert!(parts.tokens.iter().any(|t| t == "▁lantern") && !parts.tokens.iter().any(|t| t == "lantern"));
    }
}
