//! A template's text before it is parsed: what of it is bounded, and the one tag that is rewritten.
//!
//! The parser, and what compiles and frees its tree, call themselves once for each operator of a chain and for each
//! `elif`; a long enough chain would overflow the stack, which ends the process. So the length of a tag and the number of
//! `elif` are bounded here, with far more room than any published template takes.

use super::error::TemplateError;

/// Bytes that a template's text may have.
pub(super) const MAX_SOURCE: usize = 1 << 18;
/// Words, numbers, strings and signs that one tag may have.
const MAX_TAG: usize = 1000;
/// `elif` that a template may have.
const MAX_ELIF: usize = 500;

/// Checks a template's bounds, and turns the tags that Hugging Face's `transformers` adds to Jinja into Jinja's own:
/// `{% generation %}` marks what the assistant said, for training, and otherwise only groups.
pub(super) fn prepare(text: &str) -> Result<String, TemplateError> {
    let refuse = |what: String| Err(TemplateError::Source(what));
    if text.len() > MAX_SOURCE {
        return refuse(format!("has {} bytes, and {MAX_SOURCE} are allowed", text.len()));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut elifs = 0;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let len = match tag.as_bytes()[1] {
            b'#' => tag.find("#}").map_or(tag.len(), |end| end + 2),
            closing => {
                let closing = if closing == b'{' { "}}" } else { "%}" };
                let Tag { len, tokens } = measure(tag, closing);
                if tokens > MAX_TAG {
                    let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
                    return refuse(format!("a tag has more than {MAX_TAG} parts (line {line})"));
                }
                len
            }
        };
        let (tag, after) = tag.split_at(len);
        if keyword(tag) == "raw" {
            let end = end_of_raw(after);
            out.push_str(tag);
            out.push_str(&after[..end]);
            rest = &after[end..];
            continue;
        }
        elifs += usize::from(keyword(tag) == "elif");
        match replacement(tag) {
            Some((word, jinja)) => out.push_str(&tag.replacen(word, jinja, 1)),
            None => out.push_str(tag),
        }
        rest = after;
    }
    if elifs > MAX_ELIF {
        return refuse(format!("has {elifs} elif, and {MAX_ELIF} are allowed"));
    }
    out.push_str(rest);
    Ok(out)
}

struct Tag {
    /// Bytes up to behind its end.
    len: usize,
    tokens: usize,
}

/// A tag's length and its tokens. Its end does not stand in a string.
fn measure(tag: &str, closing: &str) -> Tag {
    let bytes = tag.as_bytes();
    let (mut at, mut tokens) = (2, 0);
    // `{{ {"a": {}}}}`: a brace that closes a map does not end the tag.
    let mut braces = 0usize;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' | b'"' => {
                let quote = bytes[at];
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b if b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80;
                at += bytes[at..].iter().take_while(|b| word(b)).count();
            }
            _ if braces == 0 && bytes[at..].starts_with(closing.as_bytes()) => {
                return Tag { len: at + 2, tokens };
            }
            b => {
                match b {
                    b'{' => braces += 1,
                    b'}' => braces = braces.saturating_sub(1),
                    _ => {}
                }
                at += 1;
            }
        }
        tokens += 1;
    }
    Tag { len: tag.len(), tokens }
}

/// The first word of a `{% tag %}`, else nothing.
fn keyword(tag: &str) -> &str {
    let Some(inner) = tag.strip_prefix("{%") else { return "" };
    let inner = inner.trim_start_matches(['-', '+']).trim_start();
    inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Where a `{% endraw %}` begins; what stands before it is text.
fn end_of_raw(text: &str) -> usize {
    let ends = text.match_indices("{%").map(|(at, _)| at);
    ends.into_iter().find(|at| keyword(&text[*at..]) == "endraw").unwrap_or(text.len())
}

fn replacement(tag: &str) -> Option<(&'static str, &'static str)> {
    match keyword(tag) {
        "generation" => Some(("generation", "if true")),
        "endgeneration" => Some(("endgeneration", "endif")),
        _ => None,
    }
}
