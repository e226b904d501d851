//! Finding control and user-defined tokens in text, and keeping what people say from becoming one.
//!
//! A chat template writes control tokens as text (`</s>`), so a rendered conversation must be read
//! with control tokens parsed; but a person may type the same characters. Before a template sees a
//! message, [`Specials::protect`] puts a mark, a character that no text may contain, behind the first
//! character of everything in the message that is, or could grow at a border into, the text of a
//! control token (or a user-defined one that reads like markup, such as `[INST]`). Marked text
//! matches no token. After the search, [`unmark`] takes the marks out,
//! so the person's characters reach the tokenizer as plain text, unchanged.

use std::borrow::Cow;

use super::vocabulary::{TokenType, Vocabulary};

/// U+FDD0 is a noncharacter: valid UTF-8, reserved by Unicode for uses like this one.
const MARK: char = '\u{FDD0}';

/// A stretch of text, or a token that was written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fragment<'t> {
    Text(&'t str),
    Token(u32),
}

/// The tokens that are looked for in text, longest first.
#[derive(Debug)]
pub(super) struct Specials {
    tokens: Vec<Special>,
}

#[derive(Debug)]
struct Special {
    id: u32,
    text: String,
    /// Whether it only counts where control tokens are parsed.
    control: bool,
    /// Whether a message may not contain it.
    guarded: bool,
}

impl Specials {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut tokens: Vec<Special> = vocabulary
            .entries()
            .filter(|(_, text, kind)| {
                let special = matches!(kind, TokenType::Control | TokenType::Unknown | TokenType::UserDefined);
                special && !text.is_empty()
            })
            .map(|(id, text, kind)| {
                let control = kind != TokenType::UserDefined;
                Special { id, text: text.to_owned(), control, guarded: control || is_markup(text) }
            })
            .collect();
        // A stable sort: of equally long ones the smaller id comes first, as in llama.cpp.
        tokens.sort_by_key(|t| std::cmp::Reverse(t.text.len()));
        Self { tokens }
    }

    /// Cuts text at the tokens in it: the longest token is looked for everywhere first, then the
    /// next. Control tokens count only with `parse_special`; user-defined ones always.
    pub(super) fn split<'t>(&self, text: &'t str, parse_special: bool) -> Vec<Fragment<'t>> {
        let mut fragments = vec![Fragment::Text(text)];
        for Special { id, text: special, control, .. } in &self.tokens {
            if (*control && !parse_special) || !text.contains(special.as_str()) {
                continue;
            }
            let mut cut = Vec::with_capacity(fragments.len() + 2);
            for fragment in fragments {
                let Fragment::Text(text) = fragment else {
                    cut.push(fragment);
                    continue;
                };
                let mut rest = text;
                while let Some((before, after)) = rest.split_once(special.as_str()) {
                    if !before.is_empty() {
                        cut.push(Fragment::Text(before));
                    }
                    cut.push(Fragment::Token(*id));
                    rest = after;
                }
                if !rest.is_empty() {
                    cut.push(Fragment::Text(rest));
                }
            }
            fragments = cut;
        }
        fragments.retain(|f| *f != Fragment::Text(""));
        fragments
    }

    /// Marks a message so that no part of it can be read as a control token.
    pub(super) fn protect(&self, content: &str) -> String {
        // A mark of the person's own would be taken out later; say that something stood there.
        let content = content.replace(MARK, "\u{FFFD}");
        let guarded: Vec<&str> = self.tokens.iter().filter(|t| t.guarded).map(|t| t.text.as_str()).collect();
        let mut firsts: Vec<char> = guarded.iter().filter_map(|t| t.chars().next()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        let mut out = String::with_capacity(content.len() + 16);
        // The template may have written the beginning of a token just before this message: one that
        // could be the end of a token starts with a mark, behind the space that may be trimmed off.
        let start = content.trim();
        let ends_one = |tail: &str| start.starts_with(tail) || tail.starts_with(start);
        let ends = guarded.iter().any(|t| t.char_indices().skip(1).any(|(at, _)| ends_one(&t[at..])));
        let mark_at = if !start.is_empty() && ends { content.len() - content.trim_start().len() } else { usize::MAX };
        for (at, c) in content.char_indices() {
            if at == mark_at {
                out.push(MARK);
            }
            out.push(c);
            if firsts.binary_search(&c).is_ok() {
                let rest = &content[at..];
                let trimmed = rest.trim_end();
                if guarded.iter().any(|t| rest.starts_with(t) || t.starts_with(rest) || t.starts_with(trimmed)) {
                    out.push(MARK);
                }
            }
        }
        out
    }
}

/// Whether a user-defined token reads like markup. Such a token steers the model as a control token
/// does, and some files only list it under the wrong type; others, like a run of spaces, are text.
fn is_markup(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    let inner = inner.or_else(|| text.strip_prefix('[').and_then(|t| t.strip_suffix(']')));
    inner.is_some_and(|t| !t.is_empty())
}

/// Takes the marks out again.
pub(super) fn unmark(text: &str) -> Cow<'_, str> {
    if text.contains(MARK) { Cow::Owned(text.replace(MARK, "")) } else { Cow::Borrowed(text) }
}
