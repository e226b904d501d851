//! A block that is nothing but fenced code, line by line: what stands in a line that is complete never changes.
//!
//! The rules are CommonMark's (0.31, section 4.5): a fence is three or more backticks or tildes, indented by at most three
//! spaces; as many at least of the same kind, alone on their line, close it; without them it reaches to the end.

use super::code::{self, Painter, TAIL};
use super::escape::text_html;
use super::sanitise;

/// The line that opens fenced code.
#[derive(Debug)]
struct Fence<'a> {
    mark: u8,
    count: usize,
    indent: usize,
    language: &'a str,
    /// What follows the line.
    rest: &'a str,
    is_complete: bool,
}

impl<'a> Fence<'a> {
    fn open(source: &'a str) -> Option<Self> {
        let indent = source.len() - source.trim_start_matches(' ').len();
        let mark = *source.as_bytes().get(indent)?;
        let count = source.bytes().skip(indent).take_while(|byte| *byte == mark).count();
        if indent > 3 || !matches!(mark, b'`' | b'~') || count < 3 {
            return None;
        }
        let after = &source[indent + count..];
        let (info, rest, is_complete) = match after.split_once('\n') {
            Some((info, rest)) => (info, rest, true),
            None => (after, "", false),
        };
        if mark == b'`' && info.contains('`') {
            return None;
        }
        let language = info.trim().split([' ', '\t', ',', '{']).next().unwrap_or("");
        Some(Self { mark, count, indent, language, rest, is_complete })
    }
}

/// Code whose end has not come yet, as far as it has.
#[derive(Debug)]
pub(super) struct OpenCode {
    mark: u8,
    count: usize,
    indent: usize,
    painter: Painter,
    line: Line,
    /// The HTML of the incomplete line, uncoloured.
    line_html: String,
    /// The HTML up to it.
    html: String,
}

/// A line that is not complete.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Spaces at its beginning that were left out: code is indented as its fence is.
    left_out: usize,
}

/// What growing did to the HTML.
#[derive(Debug)]
pub(super) enum Grown {
    /// The incomplete line goes on with this.
    Line(String),
    /// This stands in the place of the incomplete line.
    Lines { instead_of: String, html: String },
    /// This may be the end of the block.
    Closed,
}

impl OpenCode {
    /// Reads a block; `None` where it is something else, or where its end is in it.
    pub(super) fn read(source: &str) -> Option<Self> {
        let fence = Fence::open(source).filter(|fence| fence.is_complete && !source.contains('\r'))?;
        let mut code = Self::new(&fence);
        match code.grow(fence.rest) {
            Grown::Closed => None,
            Grown::Line(_) | Grown::Lines { .. } => Some(code),
        }
    }

    fn new(fence: &Fence<'_>) -> Self {
        Self {
            mark: fence.mark,
            count: fence.count,
            indent: fence.indent,
            painter: Painter::new(fence.language),
            line: Line::default(),
            line_html: String::new(),
            html: code::head(fence.language),
        }
    }

    /// Takes what follows. After the end has come, this is of no use any more.
    pub(super) fn grow(&mut self, more: &str) -> Grown {
        if more.contains('\r') {
            return Grown::Closed;
        }
        let Some((complete, partial)) = more.rsplit_once('\n') else {
            let html = text_html(self.push(more));
            self.line_html.push_str(&html);
            return Grown::Line(html);
        };
        let instead_of = std::mem::take(&mut self.line_html);
        let from = self.html.len();
        for line in complete.split('\n') {
            self.push(line);
            if self.closes() {
                return Grown::Closed;
            }
            self.end_line("\n");
        }
        self.line_html = text_html(self.push(partial));
        Grown::Lines { instead_of, html: format!("{}{}", &self.html[from..], self.line_html) }
    }

    /// The HTML of the block as it is, the incomplete line uncoloured.
    pub(super) fn shown(&self) -> String {
        format!("{}{}{TAIL}", self.html, self.line_html)
    }

    /// Appends to the incomplete line; says what of it shows.
    fn push<'a>(&mut self, more: &'a str) -> &'a str {
        let spaces = more.len() - more.trim_start_matches(' ').len();
        let left_out = if self.line.text.is_empty() { spaces.min(self.indent - self.line.left_out) } else { 0 };
        self.line.left_out += left_out;
        self.line.text.push_str(&more[left_out..]);
        &more[left_out..]
    }

    /// Colours the line, which is complete.
    fn end_line(&mut self, end: &str) {
        let text = std::mem::take(&mut self.line).text + end;
        let mut html = String::new();
        self.painter.line(&mut html, &text);
        self.html.push_str(&sanitise::clean(&html));
    }

    fn closes(&self) -> bool {
        let line = self.line.text.trim_start_matches(' ');
        let indent = self.line.left_out + self.line.text.len() - line.len();
        let marks = line.bytes().take_while(|byte| *byte == self.mark).count();
        indent <= 3 && marks >= self.count && line[marks..].trim_matches([' ', '\t']).is_empty()
    }
}

/// The HTML of a block that is fenced code and nothing else.
pub(super) fn block(source: &str) -> Option<String> {
    let fence = Fence::open(source).filter(|_| !source.contains('\r'))?;
    let mut code = OpenCode::new(&fence);
    let mut rest = fence.rest;
    loop {
        let (line, after, end) = match rest.split_once('\n') {
            Some((line, after)) => (line, after, "\n"),
            None => (rest, "", ""),
        };
        code.push(line);
        if code.closes() {
            // What follows the end belongs to something else.
            return after.trim().is_empty().then_some(code.html + TAIL);
        }
        code.end_line(end);
        if end.is_empty() {
            return Some(code.html + TAIL);
        }
        rest = after;
    }
}
