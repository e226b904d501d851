//! Text as the parser reads it: formulas are single letters there, and emphasis beside Chinese punctuation is emphasis.
//!
//! CommonMark decides by the characters beside a run of `*` whether it opens or closes, and takes every punctuation mark alike.
//! Next to a full-width mark, which no space follows, that finds no end: `**注意：**请`. As the amendment for Chinese,
//! Japanese and Korean has it (github.com/tats-u/markdown-cjk-friendly), such a mark counts as a letter; a letter that nobody
//! sees beside it says so to the parser.

use std::borrow::Cow;

use super::formulas::{self, Formula};

/// Noncharacters of Unicode, which are for such use inside of a program and for nothing else.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';
const LETTER: char = '\u{fdd2}';

/// A text for the parser, and what it stands for.
#[derive(Debug)]
pub(super) struct Protected {
    pub(super) text: String,
    /// With each its own source.
    formulas: Vec<(Formula, String)>,
}

/// A part of the parser's text.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    Formula(&'a Formula, &'a str),
}

impl Protected {
    pub(super) fn new(source: &str) -> Self {
        let source: Cow<'_, str> = if source.contains([OPEN, CLOSE, LETTER]) {
            source.replace([OPEN, CLOSE, LETTER], "\u{fffd}").into()
        } else {
            source.into()
        };
        let mut text = String::with_capacity(source.len());
        let mut formulas = Vec::new();
        let mut from = 0;
        for formula in formulas::find(&source) {
            emphasis(&source, from..formula.range.start, &mut text);
            text.push_str(&format!("{OPEN}{}{CLOSE}", formulas.len()));
            from = formula.range.end;
            let own = source[formula.range.clone()].to_owned();
            formulas.push((formula, own));
        }
        emphasis(&source, from..source.len(), &mut text);
        Self { text, formulas }
    }

    /// What a part of the parser's text is made of.
    pub(super) fn pieces<'a>(&'a self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find([OPEN, LETTER]) {
            pieces.push(Piece::Text(&rest[..at]));
            let inner = &rest[at..];
            let number = inner.strip_prefix(OPEN).and_then(|inner| inner.split_once(CLOSE));
            let found =
                number.and_then(|(number, after)| Some((self.formulas.get(number.parse::<usize>().ok()?)?, after)));
            rest = match found {
                Some(((formula, source), after)) => {
                    pieces.push(Piece::Formula(formula, source));
                    after
                }
                None => inner.strip_prefix([OPEN, LETTER]).unwrap_or_default(),
            };
        }
        pieces.push(Piece::Text(rest));
        pieces
    }

    /// A part of the parser's text as it was written: code, addresses.
    pub(super) fn written<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !text.contains([OPEN, LETTER]) {
            return Cow::Borrowed(text);
        }
        let own = |piece: Piece<'_>| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Formula(_, source) => source.to_owned(),
        };
        Cow::Owned(self.pieces(text).into_iter().map(own).collect())
    }
}

/// Appends a part of a text outside of formulas, with letters where emphasis needs them.
fn emphasis(source: &str, part: std::ops::Range<usize>, out: &mut String) {
    let mut at = part.start;
    while let Some(next) = source[at..part.end].find(['*', '~', '`', '<', '\\']) {
        let start = at + next;
        out.push_str(&source[at..start]);
        let mark = source.as_bytes()[start];
        if let Some(end) = formulas::verbatim(source, start) {
            let end = end.min(part.end);
            out.push_str(&source[start..end]);
            at = end;
            continue;
        }
        if mark == b'\\' {
            at = (start + source[start..].chars().take(2).map(char::len_utf8).sum::<usize>()).min(part.end);
            out.push_str(&source[start..at]);
            continue;
        }
        let run = source[start..part.end].bytes().take_while(|byte| *byte == mark).count();
        at = start + run;
        let (before, after) = (source[..start].chars().next_back(), source[at..].chars().next());
        let (opens, closes) = if mark == b'*' || mark == b'~' { letters(before, after) } else { (false, false) };
        if closes {
            out.push(LETTER);
        }
        out.push_str(&source[start..at]);
        if opens {
            out.push(LETTER);
        }
    }
    out.push_str(&source[at..part.end]);
}

/// Whether a letter must stand after a run, so that it may open, and before it, so that it may close.
fn letters(before: Option<char>, after: Option<char>) -> (bool, bool) {
    let (Some(before), Some(after)) = (before, after) else {
        // At the beginning or the end of a text CommonMark finds what is meant.
        return (false, false);
    };
    let opens = is_wide_mark(after) || (is_mark(after) && is_wide(before));
    let closes = is_wide_mark(before) || (is_mark(before) && is_wide(after));
    (opens, closes)
}

/// Letters and marks of Chinese, Japanese and Korean.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

fn is_wide_mark(c: char) -> bool {
    is_wide(c) && !c.is_alphanumeric()
}

fn is_mark(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace() && !"*~".contains(c)
}
