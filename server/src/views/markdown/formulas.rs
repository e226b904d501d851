//! Where formulas stand in Markdown: `$ … $`, `$$ … $$`, `\( … \)`, `\[ … \]`, and the environments of LaTeX on their own.
//!
//! A formula is found before anything else is read, as Markdown would take its lines for list items, its underscores for
//! emphasis and its bars for table cells. What a dollar means is decided as Pandoc's `tex_math_dollars` does, and then by
//! whether what stands between two of them reads as amounts of money.

use std::ops::Range;

/// How far the other end of a formula is looked for, in bytes.
const LONGEST: usize = 4096;

/// The environments that stand without delimiters, as models write them.
const ENVIRONMENTS: &[&str] = &["equation", "align", "gather", "multline", "eqnarray", "alignat", "aligned", "cases"];

/// A formula in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Formula {
    /// Where it stands, its delimiters with it.
    pub(super) range: Range<usize>,
    /// What stands between them, as LaTeX.
    pub(super) latex: String,
    pub(super) is_display: bool,
    /// Whether its end has not come: the text may still grow.
    pub(super) is_open: bool,
}

/// The formulas of a text outside of its code, in their order.
pub(super) fn find(text: &str) -> Vec<Formula> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['`', '~', '\\', '$', '<']) {
        at += next;
        at = match verbatim(text, at) {
            Some(end) => end,
            None => match formula(text, at) {
                Some(formula) => {
                    let end = formula.range.end;
                    found.push(formula);
                    end
                }
                None => at + skipped(&text[at..]),
            },
        };
    }
    found
}

/// The text with its formulas as letters, byte for byte as long: what makes blocks reads past them.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for formula in find(text) {
        out.push_str(&text[from..formula.range.start]);
        out.extend(std::iter::repeat_n('x', formula.range.len()));
        from = formula.range.end;
    }
    out.push_str(&text[from..]);
    out
}

/// How much is passed over of what is no formula: a backslash takes what it escapes with it, dollars their like.
fn skipped(rest: &str) -> usize {
    match rest.as_bytes()[0] {
        b'\\' => rest.chars().take(2).map(char::len_utf8).sum(),
        b'$' => rest.len() - rest.trim_start_matches('$').len(),
        mark => rest.bytes().take_while(|byte| *byte == mark).count(),
    }
}

/// The end of the code or the address in angle brackets that begins here.
pub(super) fn verbatim(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    match rest.as_bytes()[0] {
        b'<' => {
            let is_address =
                rest.starts_with("<http://") || rest.starts_with("<https://") || rest.starts_with("<mailto:");
            let end = rest.find(['>', '\n', ' '])?;
            (is_address && rest[end..].starts_with('>')).then_some(at + end + 1)
        }
        mark @ (b'`' | b'~') => {
            let run = rest.bytes().take_while(|byte| *byte == mark).count();
            if run >= 3 && begins_line(text, at) {
                return Some(at + fence(rest, mark, run));
            }
            if mark == b'~' { None } else { code_span(rest, run).map(|taken| at + taken) }
        }
        _ => None,
    }
}

/// The length of the fenced block that begins here; without an end it reaches to the end of the text.
fn fence(rest: &str, mark: u8, run: usize) -> usize {
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let is_first = at == 0;
        at += line.len();
        let line = line.trim();
        let marks = line.bytes().take_while(|byte| *byte == mark).count();
        if !is_first && marks >= run && marks == line.len() {
            return at;
        }
    }
    rest.len()
}

/// The length of the code span that begins here, which ends in its own paragraph.
fn code_span(rest: &str, run: usize) -> Option<usize> {
    let mut at = run;
    // The end of the paragraph is looked for no further than where the span would close: a text of many spans without a blank
    // line is not walked through once for each of them.
    while let Some(next) = rest[at..].find('`') {
        let start = at + next;
        let length = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        if paragraph_end(&rest[at..start]).is_some() {
            return None;
        }
        at = start + length;
        if length == run {
            return Some(at);
        }
    }
    None
}

fn formula(text: &str, at: usize) -> Option<Formula> {
    let rest = &text[at..];
    if rest.starts_with("\\(") {
        return delimited(text, at, "\\(", "\\)", false);
    }
    if rest.starts_with("\\[") {
        return delimited(text, at, "\\[", "\\]", true);
    }
    if rest.starts_with("$$") {
        return delimited(text, at, "$$", "$$", true);
    }
    if rest.starts_with("\\begin{") {
        return environment(text, at);
    }
    if rest.starts_with('$') { inline(text, at) } else { None }
}

/// A formula between two delimiters. One over several lines must begin a line, or it would swallow what are lists.
fn delimited(text: &str, at: usize, open: &str, close: &str, is_display: bool) -> Option<Formula> {
    let inner = &text[at + open.len()..];
    let inner = &inner[..inner.floor_char_boundary(LONGEST)];
    let paragraph = &inner[..paragraph_end(inner).unwrap_or(inner.len())];
    let has_lines = is_display && begins_line(text, at) && opens_lines(paragraph, open);
    let found = if open == close {
        paragraph.find(close)
    } else {
        // Not over the beginning of another one.
        let limit = paragraph.find(open).unwrap_or(paragraph.len());
        paragraph[..limit].find(close)
    };
    if let Some(end) = found {
        let content = &paragraph[..end];
        let fits = has_lines || !is_display || !content.trim().contains('\n');
        let is_text = content.trim().is_empty() || content.contains('$') || (open == "$$" && is_prose(content));
        if is_text || !fits {
            return None;
        }
        let range = at..at + open.len() + end + close.len();
        return Some(Formula { range, latex: unquoted(content), is_display, is_open: false });
    }
    // Its end may still come. A paragraph that ends without it, or is too long, holds no formula.
    let reaches_end = at + open.len() + paragraph.len() == text.len();
    (has_lines && reaches_end).then(|| Formula {
        range: at..text.len(),
        latex: unquoted(paragraph),
        is_display,
        is_open: true,
    })
}

/// Whether what follows a delimiter is the first line of a formula of several ones.
fn opens_lines(inner: &str, open: &str) -> bool {
    let first = inner.split('\n').next().unwrap_or("");
    let begins_at_once = !first.starts_with(char::is_whitespace) && !is_prose(first);
    open != "$$" || first.trim().is_empty() || begins_at_once || first.contains(['\\', '^', '_', '{', '='])
}

fn environment(text: &str, at: usize) -> Option<Formula> {
    if !begins_line(text, at) {
        return None;
    }
    let rest = &text[at..];
    let rest = &rest[..rest.floor_char_boundary(LONGEST)];
    let name = rest.strip_prefix("\\begin{")?.split_once('}')?.0;
    if !ENVIRONMENTS.contains(&name.trim_end_matches('*')) {
        return None;
    }
    let paragraph = &rest[..paragraph_end(rest).unwrap_or(rest.len())];
    let close = format!("\\end{{{name}}}");
    let (end, is_open) = match paragraph.find(&close) {
        Some(end) => (end + close.len(), false),
        None if at + paragraph.len() == text.len() => (paragraph.len(), true),
        None => return None,
    };
    Some(Formula { range: at..at + end, latex: unquoted(&paragraph[..end]), is_display: true, is_open })
}

/// `$ … $` on one line, or over a line's end where it is plainly LaTeX.
fn inline(text: &str, at: usize) -> Option<Formula> {
    let before = text[..at].chars().next_back();
    let rest = &text[at + 1..];
    let rest = &rest[..rest.floor_char_boundary(LONGEST)];
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) || rest.starts_with(|c: char| c.is_whitespace()) {
        return None;
    }
    let end = unescaped_dollar(&rest[..paragraph_end(rest).unwrap_or(rest.len())])?;
    let content = &rest[..end];
    let after = rest[end + 1..].chars().next();
    let is_closed = !content.is_empty()
        && !content.ends_with(char::is_whitespace)
        && !after.is_some_and(|c| c.is_ascii_alphanumeric() || c == '$');
    let goes_over = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic() || "\\{(".contains(c));
    let is_in_line = match content.split_once('\n') {
        None => true,
        Some((_, next)) => !next.contains('\n') && goes_over(next) && content.contains(['\\', '^', '_']),
    };
    if !is_closed || !is_in_line || is_prose(content) {
        return None;
    }
    let latex = content.to_owned();
    Some(Formula { range: at..at + end + 2, latex, is_display: false, is_open: false })
}

fn unescaped_dollar(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '$' if !is_escaped => return Some(at),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}

/// Whether something between dollars is words, as between two amounts of money: `5 or 10`, `100，我有50`.
fn is_prose(content: &str) -> bool {
    if content.contains(['\\', '^', '_', '{', '=']) {
        return false;
    }
    let has_words = content.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() >= 2).count() > 0;
    let has_chinese = content
        .chars()
        .any(|c| matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{ff00}'..='\u{ffef}'));
    let begins_as_amount = content.starts_with(|c: char| c.is_ascii_digit());
    let is_text = content.trim().contains([' ', '\n']);
    has_chinese || (has_words && (begins_as_amount || is_text))
}

/// Whether nothing stands before on its line but what makes quotes and lists.
fn begins_line(text: &str, at: usize) -> bool {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = text[line..at].trim_start_matches([' ', '\t', '>', '-', '*', '+']);
    before.trim_start_matches(|c: char| c.is_ascii_digit()).trim_matches([' ', '\t', '.', ')']).is_empty()
}

/// Where a paragraph ends: before the first line that is blank.
fn paragraph_end(text: &str) -> Option<usize> {
    text.match_indices('\n').map(|(at, _)| at).find(|at| {
        let line = text[at + 1..].trim_start_matches([' ', '\t', '>', '\r']);
        line.starts_with('\n')
    })
}

/// Without the marks of a quote at the beginning of its lines.
fn unquoted(content: &str) -> String {
    let content = content.trim();
    let is_quoted = content.contains('\n') && content.lines().skip(1).all(|line| line.trim_start().starts_with('>'));
    if !is_quoted {
        return content.to_owned();
    }
    let lines: Vec<&str> = content.lines().map(|line| line.trim_start().trim_start_matches('>').trim()).collect();
    lines.join("\n").trim().to_owned()
}
