//! `\( … \)` and `\[ … \]`, which many models write, as the `$ … $` and `$$ … $$` that the parser knows.

use std::borrow::Cow;

/// How far the other end of a formula is looked for, in bytes.
const LONGEST: usize = 4096;

/// Rewrites the delimiters outside of code.
pub(super) fn to_dollars(source: &str) -> Cow<'_, str> {
    if !source.contains("\\(") && !source.contains("\\[") {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(['`', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('`') {
            let taken = code_span(rest);
            out.push_str(&rest[..taken]);
            taken
        } else if let Some((formula, taken)) = delimited(rest, "\\(", "\\)") {
            out.push_str(&format!("${formula}$"));
            taken
        } else if let Some((formula, taken)) = delimited(rest, "\\[", "\\]") {
            out.push_str(&format!("$${formula}$$"));
            taken
        } else {
            // The backslash and what it escapes.
            let taken = rest.chars().take(2).map(char::len_utf8).sum();
            out.push_str(&rest[..taken]);
            taken
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn delimited<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, usize)> {
    let inner = text.strip_prefix(open)?;
    let inner = &inner[..inner.floor_char_boundary(LONGEST)];
    // A formula does not run over an empty line or into another one.
    let limit = [inner.find("\n\n"), inner.find(open)].into_iter().flatten().min().unwrap_or(inner.len());
    let end = inner[..limit].find(close)?;
    let formula = inner[..end].trim();
    (!formula.is_empty() && !formula.contains('$')).then_some((formula, open.len() + end + close.len()))
}

/// The length of the code span or fenced block that begins here.
fn code_span(text: &str) -> usize {
    let run = text.len() - text.trim_start_matches('`').len();
    let mut at = run;
    while let Some(next) = text[at..].find('`') {
        let start = at + next;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        at = start + length;
        if length == run {
            return at;
        }
    }
    // An unclosed fence reaches to the end; an unclosed single backtick is a character.
    if run >= 3 { text.len() } else { run }
}
