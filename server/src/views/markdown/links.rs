//! Addresses that stand in a text as they are, and links whose address stands in another block.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use pulldown_cmark::{BrokenLink, CowStr, Parser};

use super::escape::escape;

/// An address with letters on both sides of a dot is worth a link.
const BEGINNINGS: &[&str] = &["https://", "http://", "www."];

/// Link definitions of a text: `[label]: address`.
#[derive(Debug, Clone, Default)]
pub(super) struct Definitions {
    addresses: HashMap<String, String>,
    used: RefCell<HashSet<String>>,
}

impl Definitions {
    /// Takes those of a part of the text; the first one with a label counts.
    pub(super) fn add<'a, F: pulldown_cmark::BrokenLinkCallback<'a>>(&mut self, parser: &Parser<'a, F>) {
        for (label, definition) in parser.reference_definitions().iter() {
            self.addresses.entry(normal(label)).or_insert_with(|| definition.dest.to_string());
        }
    }

    /// The address of a link that its own block does not define.
    pub(super) fn resolve(&self, link: &BrokenLink<'_>) -> Option<(CowStr<'static>, CowStr<'static>)> {
        let label = normal(&link.reference);
        let address = self.addresses.get(&label)?.clone();
        self.used.borrow_mut().insert(label);
        Some((address.into(), "".into()))
    }

    /// Whether a block is nothing but definitions that links refer to: they have said what they are for.
    pub(super) fn are_all_used(&self, source: &str) -> bool {
        let parser = Parser::new(source);
        let used = self.used.borrow();
        parser.reference_definitions().iter().all(|(label, _)| used.contains(&normal(label)))
    }
}

/// Labels match without regard to case and white space (CommonMark 0.31, section 6.3).
fn normal(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Appends text, with links where addresses stand in it.
pub(super) fn linked(out: &mut String, text: &str) {
    let mut from = 0;
    let mut at = 0;
    while let Some((start, end)) = next_address(text, at) {
        escape(out, &text[from..start]);
        let address = &text[start..end];
        out.push_str("<a href=\"");
        if address.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("www.")) {
            out.push_str("https://");
        }
        escape(out, address);
        out.push_str("\">");
        escape(out, address);
        out.push_str("</a>");
        (from, at) = (end, end);
    }
    escape(out, &text[from..]);
}

fn next_address(text: &str, from: usize) -> Option<(usize, usize)> {
    // Most texts hold none, and a search by bytes is quick.
    text[from..].match_indices([':', '.']).find_map(|(mark, _)| {
        let mark = from + mark;
        BEGINNINGS.iter().find_map(|beginning| {
            let head = beginning.find([':', '.'])?;
            let start = mark.checked_sub(head).filter(|start| *start >= from)?;
            let matches = text.get(start..start + beginning.len())?.eq_ignore_ascii_case(beginning);
            let is_alone = !text[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || "/@.-_".contains(c));
            if !matches || !is_alone {
                return None;
            }
            let end = start + address_length(&text[start..], beginning.len())?;
            Some((start, end))
        })
    })
}

/// How long the address is; `None` where it names no host.
fn address_length(text: &str, beginning: usize) -> Option<usize> {
    let rest = &text[beginning..];
    let mut end = rest.len();
    let mut is_in_host = true;
    let mut last = '\0';
    for (at, c) in rest.char_indices() {
        is_in_host &= !matches!(c, '/' | '?' | '#');
        // A Chinese path begins with its segment; a Chinese sentence goes on after the address.
        let continues = if c.is_ascii() {
            !c.is_ascii_whitespace() && !c.is_ascii_control() && !"<>\"`|\\^{}".contains(c)
        } else {
            c.is_alphanumeric() && !is_in_host && (matches!(last, '/' | '=' | '#' | '_' | '-') || !last.is_ascii())
        };
        if !continues {
            end = at;
            break;
        }
        last = c;
    }
    let mut address = &rest[..end];
    loop {
        let shorter = address.trim_end_matches(['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'']);
        let is_open = shorter.ends_with(')') && shorter.matches(')').count() > shorter.matches('(').count();
        let shorter = if is_open { &shorter[..shorter.len() - 1] } else { shorter };
        if shorter.len() == address.len() {
            break;
        }
        address = shorter;
    }
    let host = address.split(['/', '?', '#']).next().unwrap_or("");
    let has_host = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && (host.contains('.') || host.starts_with("localhost"))
        && !host.contains(['@', '(', ')', '[', '$', '!']);
    has_host.then_some(beginning + address.len())
}
