//! Code blocks: coloured by classes, so that the style sheet decides for light and dark and no inline style is needed.

use std::sync::LazyLock;

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::escape::escape;

/// Grammars are data that never changes; reading them takes some milliseconds, so it is done once.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);

/// Longer code stays uncoloured: a growing block is coloured again with every step.
const MAX_COLOURED: usize = 16 * 1024;
/// Grammars take long on long lines.
const MAX_LINE: usize = 1000;

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
    let label: String = language.chars().filter(|c| c.is_alphanumeric() || "+-#._".contains(*c)).take(24).collect();
    let mut out = String::with_capacity(text.len() * 2 + 80);
    out.push_str("<div class=\"code\">");
    if !label.is_empty() {
        out.push_str("<div class=\"code-name\">");
        escape(&mut out, &label);
        out.push_str("</div>");
    }
    out.push_str("<pre tabindex=\"0\"><code>");
    let coloured = grammar(&label)
        .filter(|_| text.len() <= MAX_COLOURED && text.lines().all(|line| line.len() <= MAX_LINE))
        .and_then(|grammar| coloured(grammar, text));
    match coloured {
        Some(html) => out.push_str(&html),
        None => escape(&mut out, text),
    }
    out.push_str("</code></pre></div>");
    out
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

/// `None` where the grammar gives up: the code is then shown uncoloured.
fn coloured(grammar: &SyntaxReference, text: &str) -> Option<String> {
    let mut state = ParseState::new(grammar);
    let mut scopes = ScopeStack::new();
    let mut out = Spans::default();
    for line in text.split_inclusive('\n') {
        let mut from = 0;
        for (at, operation) in state.parse_line(line, &SYNTAXES).ok()? {
            out.push(class(&scopes), line.get(from..at)?);
            from = at;
            scopes.apply(&operation).ok()?;
        }
        out.push(class(&scopes), line.get(from..)?);
    }
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
