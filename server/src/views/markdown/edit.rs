//! What changes in the HTML of a growing text, as its readers are told it.

use serde_json::{Value, json};

/// A change of the blocks that a reader has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// This HTML comes at the end of the last block, inside of its elements that are open.
    Insert(String),
    /// Blocks are replaced.
    Replace {
        /// Which is the first one; those after it go.
        from: usize,
        /// Of that one so many characters at the end of its HTML, in UTF-16 as scripts count, where the rest of it stays.
        cut: Option<usize>,
        /// What comes instead; the first one follows what stays.
        blocks: Vec<String>,
        /// How many elements at the end of the last block are open for what is inserted.
        open: usize,
    },
}

impl Edit {
    /// As readers get it: HTML to insert, or an object.
    pub fn json(self) -> Value {
        match self {
            Self::Insert(html) => Value::String(html),
            Self::Replace { from, cut: None, blocks, open } => json!({ "from": from, "blocks": blocks, "open": open }),
            Self::Replace { from, cut: Some(cut), blocks, open } => {
                json!({ "from": from, "cut": cut, "blocks": blocks, "open": open })
            }
        }
    }

    /// From some blocks to others; `None` where they are alike. `open` is how many elements were open for insertion.
    pub(super) fn between(old: &[String], new: &[String], open: usize) -> Option<Self> {
        let from = old.iter().zip(new).take_while(|(old, new)| old == new).count();
        if from == old.len() && from == new.len() {
            return None;
        }
        let now_open = new.last().map_or(0, |html| open_elements(html));
        if let (Some(before), Some(after)) = (old.get(from), new.get(from)) {
            let is_last = from + 1 == old.len() && from + 1 == new.len() && now_open == open;
            if let Some(inserted) = inserted(before, after, open).filter(|_| is_last) {
                return Some(Self::Insert(inserted.to_owned()));
            }
            let kept = common(before, after);
            if kept > 0 {
                let mut blocks = new[from..].to_vec();
                blocks[0] = after[kept..].to_owned();
                return Some(Self::Replace { from, cut: Some(utf16(&before[kept..])), blocks, open: now_open });
            }
        }
        Some(Self::Replace { from, cut: None, blocks: new[from..].to_vec(), open: now_open })
    }
}

/// What stands in `new` before the elements that are open in `old` are closed, if that is all that is new.
fn inserted<'a>(old: &str, new: &'a str, open: usize) -> Option<&'a str> {
    let (before, tail) = old.split_at(old.len() - tail(old, open).len());
    let inserted = new.strip_prefix(before)?.strip_suffix(tail)?;
    is_balanced(inserted).then_some(inserted)
}

/// Whether a piece of sanitised HTML closes exactly the elements that it opens.
fn is_balanced(html: &str) -> bool {
    let (mut depth, mut rest) = (0_usize, html);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let mut is_quoted = false;
        let end = rest.find(|c| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        });
        let Some(end) = end else { return false };
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        match tag.strip_prefix('/') {
            Some(_) if depth == 0 => return false,
            Some(_) => depth -= 1,
            None if matches!(tag, "br" | "hr") => {}
            None => depth += 1,
        }
    }
    depth == 0
}

/// How many elements at the end of a block are open for more text: those that hold text of their own, not the emphasis, code
/// or formula that a text ends with.
pub(super) fn open_elements(html: &str) -> usize {
    let (mut count, mut inner) = (0, "");
    let mut rest = html;
    while let Some((before, name)) = last_tag(rest) {
        let is_code = name == "code" && inner == "pre";
        if !is_code && !OPEN.contains(&name) {
            break;
        }
        (count, inner, rest) = (count + 1, name, before);
    }
    count
}

const OPEN: &[&str] = &[
    "p",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "pre",
    "div",
];

/// The closing tags of so many elements at the end of a block.
pub(super) fn tail(html: &str, open: usize) -> &str {
    let rest = (0..open).try_fold(html, |rest, _| last_tag(rest).map(|(before, _)| before));
    &html[rest.unwrap_or(html).len()..]
}

/// The closing tag at the end: what stands before it, and its name.
fn last_tag(html: &str) -> Option<(&str, &str)> {
    let (before, name) = html.strip_suffix('>')?.rsplit_once("</")?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some((before, name))
}

/// How much of two texts is alike at the beginning, in bytes.
fn common(a: &str, b: &str) -> usize {
    let alike = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    a.floor_char_boundary(alike).min(b.floor_char_boundary(alike))
}

pub(super) fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
