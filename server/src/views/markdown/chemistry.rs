//! Chemical formulas as the LaTeX package mhchem writes them (`\ce{2H2 + O2 -> 2H2O}`), in commands for mathematics.
//!
//! What its manual (version 4) calls the usual: formulas, charges, amounts, states, arrows with texts, isotopes, bonds, gases and
//! precipitates. Whatever else stands there is handed on.

use super::braces::argument;

/// The longer ones first.
const ARROWS: &[(&str, &str)] = &[
    ("<=>>", "\\rightleftharpoons"),
    ("<<=>", "\\rightleftharpoons"),
    ("<=>", "\\rightleftharpoons"),
    ("<->", "\\longleftrightarrow"),
    ("->", "\\longrightarrow"),
    ("<-", "\\longleftarrow"),
    ("→", "\\longrightarrow"),
    ("⇌", "\\rightleftharpoons"),
];

/// The content of `\ce{…}` as LaTeX.
pub(super) fn latex(source: &str) -> String {
    let mut writer = Writer { out: String::with_capacity(4 * source.len()), last: Last::Start };
    let mut rest = source.trim();
    while let Some(c) = rest.chars().next() {
        rest = writer.take(c, rest);
    }
    writer.out
}

/// What stands to the left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing, a space or a sign: a number is an amount.
    Start,
    /// An element, or a bracket that has closed: a number counts it.
    Atom,
    /// What stands above or below before an element, of an isotope.
    Isotope,
    /// A number or something else.
    Other,
}

struct Writer {
    out: String,
    last: Last,
}

impl Writer {
    /// Takes the next part; gives what follows.
    fn take<'a>(&mut self, c: char, rest: &'a str) -> &'a str {
        if let Some(after) = self.arrow(rest) {
            return after;
        }
        let after = &rest[c.len_utf8()..];
        match c {
            ' ' | '\n' => self.space(after),
            'A'..='Z' | 'a'..='z' => {
                let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                self.put(&format!("\\mathrm{{{}}}", &rest[..length]), Last::Atom);
                &rest[length..]
            }
            '0'..='9' => {
                // What counts atoms is whole; an amount may have a dot or a stroke.
                let more = if self.last == Last::Atom { "" } else { ".,/" };
                let length = rest.find(|c: char| !c.is_ascii_digit() && !more.contains(c)).unwrap_or(rest.len());
                // A dot or a stroke at the end belongs to what follows.
                let number = rest[..length].trim_end_matches(['.', ',', '/']);
                match (self.last, number.split_once('/')) {
                    (Last::Atom, _) => self.put(&format!("_{{{number}}}"), Last::Other),
                    (_, Some((above, below))) => self.put(&format!("\\tfrac{{{above}}}{{{below}}}\\,"), Last::Start),
                    (_, None) => self.put(&format!("{number}\\,"), Last::Start),
                }
                &rest[number.len()..]
            }
            '^' | '_' => self.script(c, after),
            '+' | '-' if self.last != Last::Start && ends_here(after) => {
                self.put(&format!("^{{{c}}}"), Last::Other);
                after
            }
            '-' => self.put_and(after, "{-}"),
            '=' => self.put_and(after, "{=}"),
            '#' => self.put_and(after, "{\\equiv}"),
            '.' | '*' | '·' => self.put_and(after, "\\cdot "),
            '(' | '[' => self.put_and(after, if c == '(' { "(" } else { "[" }),
            ')' | ']' => {
                self.put(if c == ')' { ")" } else { "]" }, Last::Atom);
                after
            }
            '{' => match argument(rest) {
                Some((inner, after)) => {
                    self.put(&format!("\\mathrm{{{inner}}}"), Last::Atom);
                    after
                }
                None => after,
            },
            '$' => {
                let (inner, after) = after.split_once('$').unwrap_or((after, ""));
                self.put(inner, Last::Other);
                after
            }
            '\\' => {
                let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
                let length = if letters == 0 { after.chars().next().map_or(0, char::len_utf8) } else { letters };
                self.put(&format!("{} ", &rest[..=length]), Last::Other);
                &after[length..]
            }
            other => {
                self.put(&other.to_string(), Last::Other);
                after
            }
        }
    }

    fn put(&mut self, latex: &str, last: Last) {
        self.out.push_str(latex);
        self.last = last;
    }

    fn put_and<'a>(&mut self, after: &'a str, latex: &str) -> &'a str {
        self.put(latex, Last::Start);
        after
    }

    /// What stands between spaces: a sum, a gas, a precipitate.
    fn space<'a>(&mut self, after: &'a str) -> &'a str {
        let rest = after.trim_start();
        for (sign, latex) in [("+", "{}+{}"), ("^", "\\uparrow "), ("v", "\\downarrow ")] {
            if let Some(behind) = rest.strip_prefix(sign)
                && (behind.is_empty() || behind.starts_with(' '))
            {
                return self.put_and(behind, latex);
            }
        }
        // Not between a formula and its state.
        let gap = if rest.starts_with('(') || self.last == Last::Start { "" } else { "\\;" };
        self.put_and(rest, gap)
    }

    /// `^{2-}`, `^2-`, `_2`: what stands above or below.
    fn script<'a>(&mut self, mark: char, after: &'a str) -> &'a str {
        if after.is_empty() || (mark == '^' && after.starts_with(' ')) {
            return self.put_and(after, "\\uparrow ");
        }
        let (inner, behind) = if after.starts_with('{') {
            argument(after).unwrap_or((after, ""))
        } else {
            let length = after.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(after.len());
            if length == 0 { argument(after).unwrap_or((after, "")) } else { after.split_at(length) }
        };
        // Before an element it is an isotope's, and stands on nothing.
        let (base, last) = match self.last {
            Last::Start => ("{}", Last::Isotope),
            Last::Isotope => ("", Last::Isotope),
            Last::Atom | Last::Other => ("", Last::Other),
        };
        self.put(&format!("{base}{mark}{{{inner}}}"), last);
        behind
    }

    /// An arrow, with what stands above and below it in brackets.
    fn arrow<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        let (sign, arrow) = ARROWS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        let mut after = &rest[sign.len()..];
        let mut texts = Vec::new();
        while texts.len() < 2
            && let Some((text, behind)) = after.strip_prefix('[').and_then(|inner| inner.split_once(']'))
        {
            texts.push(if text.starts_with('\\') { text.to_owned() } else { latex(text) });
            after = behind;
        }
        let mut drawn = (*arrow).to_owned();
        if let Some(above) = texts.first().filter(|text| !text.is_empty()) {
            drawn = format!("\\overset{{{above}}}{{{drawn}}}");
        }
        if let Some(below) = texts.get(1).filter(|text| !text.is_empty()) {
            drawn = format!("\\underset{{{below}}}{{{drawn}}}");
        }
        self.put(&format!("\\;{drawn}\\;"), Last::Start);
        Some(after.trim_start())
    }
}

/// Whether a formula ends here: what stands before is its charge and no bond.
fn ends_here(after: &str) -> bool {
    after.is_empty() || after.starts_with([' ', ')', ']', '}', ','])
}
