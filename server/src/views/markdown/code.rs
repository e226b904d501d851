//! Code, coloured by classes, so that the style sheet decides for light and dark and no inline style is needed.
//!
//! Each line becomes HTML of its own, by what the grammar knows from the lines above it. So code that grows is coloured line
//! by line and never again.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::escape::escape;

/// Grammars are data that never changes; reading them takes some milliseconds, so it is done once.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Code beyond this many bytes stays uncoloured: a page colours all of it whenever it is asked for.
const MAX_COLOURED: usize = 16 * 1024;
/// Grammars take long on long lines: from the first one on, code stays uncoloured.
const MAX_LINE: usize = 1000;

/// What stands behind the last line.
pub(super) const TAIL: &str = "</code></pre></div>";

/// The beginnings of scope names and the class they get; the first that fits decides.
const CLASSES: &[(&str, &str)] = &[
    ("comment", "hl-c"),
    ("string", "hl-s"),
    ("constant.character.escape", "hl-n"),
    ("constant", "hl-n"),
    ("entity.name.function", "hl-f"),
    ("support.function", "hl-f"),
    ("variable.function", "hl-f"),
    ("entity.name.tag", "hl-k"),
    ("entity.other.attribute-name", "hl-t"),
    ("entity.name", "hl-t"),
    ("support.type", "hl-t"),
    ("storage", "hl-k"),
    ("keyword.operator", "hl-o"),
    ("keyword", "hl-k"),
    ("variable.language", "hl-k"),
    ("markup.deleted", "hl-d"),
    ("markup.inserted", "hl-i"),
];

/// The HTML of a code block.
pub(super) fn block(language: &str, text: &str) -> String {
    let mut painter = Painter::new(language);
    let mut out = head(language);
    for line in text.split_inclusive('\n') {
        painter.line(&mut out, line);
    }
    out.push_str(TAIL);
    out
}

/// What stands before the first line.
pub(super) fn head(language: &str) -> String {
    let label = label(language);
    if label.is_empty() {
        return "<div class=\"code\"><pre tabindex=\"0\"><code>".to_owned();
    }
    // A label needs no escaping: see below.
    format!("<div class=\"code\"><div class=\"code-name\">{label}</div><pre tabindex=\"0\"><code>")
}

fn label(language: &str) -> String {
    language.chars().filter(|c| c.is_alphanumeric() || "+-#._".contains(*c)).take(24).collect()
}

fn grammar(label: &str) -> Option<&'static SyntaxReference> {
    let name = match label.to_lowercase().as_str() {
        "" | "text" | "txt" | "plain" | "plaintext" => return None,
        "typescript" | "ts" | "tsx" | "jsx" => "js".to_owned(),
        "shell" | "console" | "zsh" => "sh".to_owned(),
        "c#" => "cs".to_owned(),
        "golang" => "go".to_owned(),
        other => other.to_owned(),
    };
    SYNTAXES.find_syntax_by_token(&name)
}

/// Colours the lines of one block, in their order.
#[derive(Debug)]
pub(super) struct Painter {
    /// What the grammar knows from the lines before; nothing where the rest stays uncoloured.
    known: Option<(ParseState, ScopeStack)>,
    bytes: usize,
}

impl Painter {
    pub(super) fn new(language: &str) -> Self {
        let known = grammar(&label(language)).map(|grammar| (ParseState::new(grammar), ScopeStack::new()));
        Self { known, bytes: 0 }
    }

    /// Appends the HTML of the next line.
    pub(super) fn line(&mut self, out: &mut String, line: &str) {
        self.bytes += line.len();
        if self.bytes > MAX_COLOURED || line.trim_end_matches('\n').len() > MAX_LINE {
            self.known = None;
        }
        match self.known.as_mut().and_then(|(state, scopes)| coloured(state, scopes, line)) {
            Some(html) => out.push_str(&html),
            None => {
                self.known = None;
                escape(out, line);
            }
        }
    }
}

/// `None` where the grammar gives up.
fn coloured(state: &mut ParseState, scopes: &mut ScopeStack, line: &str) -> Option<String> {
    let mut out = Spans::default();
    let mut from = 0;
    for (at, operation) in state.parse_line(line, &SYNTAXES).ok()? {
        out.push(class(scopes), line.get(from..at)?);
        from = at;
        scopes.apply(&operation).ok()?;
    }
    out.push(class(scopes), line.get(from..)?);
    Some(out.finish())
}

/// The class of the innermost scope that has one.
fn class(scopes: &ScopeStack) -> Option<&'static str> {
    scopes.as_slice().iter().rev().find_map(|scope| {
        let name = scope.build_string();
        CLASSES.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, class)| *class)
    })
}

/// Joins neighbours of one class.
#[derive(Default)]
struct Spans {
    out: String,
    open: Option<&'static str>,
}

impl Spans {
    fn push(&mut self, class: Option<&'static str>, text: &str) {
        if text.is_empty() {
            return;
        }
        if class != self.open {
            self.close();
            if let Some(class) = class {
                self.out.push_str("<span class=\"");
                self.out.push_str(class);
                self.out.push_str("\">");
            }
            self.open = class;
        }
        escape(&mut self.out, text);
    }

    fn close(&mut self) {
        if self.open.take().is_some() {
            self.out.push_str("</span>");
        }
    }

    fn finish(mut self) -> String {
        self.close();
        self.out
    }
}
