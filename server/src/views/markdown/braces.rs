//! The arguments of LaTeX's commands.

/// What the next braces hold, or the next character, and what follows them.
pub(super) fn argument(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let Some(inner) = text.strip_prefix('{') else {
        let length = text.chars().next()?.len_utf8();
        return Some(text.split_at(length));
    };
    let mut depth = 1_usize;
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            '{' if !is_escaped => depth += 1,
            '}' if !is_escaped => depth -= 1,
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}
