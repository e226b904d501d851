//! How long a text is.

/// Letters of a word that a subword tokeniser makes one token of: with the space before it, about four or five characters
/// an English token.
const LETTERS: usize = 6;
/// Digits of one token.
const DIGITS: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Letters,
    Digits,
    Newlines,
    Nothing,
}

/// About as many tokens as a subword tokeniser of today makes of the text: one for each Han character, kana or hangul
/// syllable, for each six letters of a word, for each three digits, for each mark, and for line ends that follow each other.
/// The same rule measures both answers, which the counts that models report, each by its own tokeniser, would not.
#[must_use]
pub fn token_count(text: &str) -> u32 {
    let (mut tokens, mut run, mut length) = (0_u32, Run::Nothing, 0);
    for c in text.chars() {
        let (kind, limit) = match c {
            '\n' => (Run::Newlines, usize::MAX),
            c if c.is_whitespace() => (Run::Nothing, 0),
            c if c.is_numeric() => (Run::Digits, DIGITS),
            c if c.is_alphabetic() && (c as u32) < 0x2e80 => (Run::Letters, LETTERS),
            // Han, kana, hangul; marks and symbols.
            _ => (Run::Nothing, 1),
        };
        if limit == 0 {
            run = Run::Nothing;
            continue;
        }
        if kind == Run::Nothing || kind != run || length == limit {
            tokens = tokens.saturating_add(1);
            length = 0;
        }
        run = kind;
        length += 1;
    }
    tokens
}
