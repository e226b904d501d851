//! Mathematics: LaTeX to MathML, which browsers set without any script.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

use super::escape::escape;
use super::latex::{self, BOX_BEGINS, BOX_ENDS};

/// Longer formulas are shown as they are written.
const MAX_FORMULA: usize = 4096;
/// A longer one may be wider than a phone.
const MAX_SHORT: usize = 50;
/// Definitions may expand without end.
const FORBIDDEN: &[&str] = &[
    "\\def",
    "\\gdef",
    "\\edef",
    "\\xdef",
    "\\let",
    "\\futurelet",
    "\\newcommand",
    "\\renewcommand",
    "\\providecommand",
];

/// MathML, or what is written as code where it is not understood.
pub(super) fn formula(latex: &str, written: &str, display: bool) -> String {
    if let Some(mathml) = mathml(latex, display) {
        if latex.len() <= MAX_SHORT {
            return mathml;
        }
        // It scrolls by itself instead of widening the page, by keyboard too.
        return format!(
            "<span class=\"{}\" tabindex=\"0\">{mathml}</span>",
            if display { "long display" } else { "long" }
        );
    }
    let mut out = String::with_capacity(written.len() + 40);
    out.push_str(if display { "<code class=\"formula display\">" } else { "<code class=\"formula\">" });
    escape(&mut out, written);
    out.push_str("</code>");
    out
}

fn mathml(latex: &str, display: bool) -> Option<String> {
    if latex.len() > MAX_FORMULA || FORBIDDEN.iter().any(|name| latex.contains(name)) || nesting(latex) > 40 {
        return None;
    }
    let latex = latex::known(latex)?;
    // What stands for less than itself may stand for more.
    if latex.len() > 4 * MAX_FORMULA || nesting(&latex) > 80 {
        return None;
    }
    let config = RenderConfig {
        display_mode: if display { DisplayMode::Block } else { DisplayMode::Inline },
        ..RenderConfig::default()
    };
    // The parser is young and its input hostile: should it panic, the formula is shown as it is written.
    let mathml = catch_unwind(AssertUnwindSafe(|| {
        let storage = Storage::new();
        let events: Result<Vec<_>, _> = Parser::new(&latex, &storage).collect();
        let events = events.ok()?;
        let mut out = String::new();
        push_mathml(&mut out, events.into_iter().map(Ok::<_, std::convert::Infallible>), config).ok()?;
        Some(out)
    }));
    mathml.ok().flatten().map(boxed)
}

/// Draws the boxes: their ends are letters so far.
fn boxed(mathml: String) -> String {
    if !mathml.contains(BOX_BEGINS) {
        return mathml;
    }
    let begin = format!("<mi>{BOX_BEGINS}</mi>");
    let end = format!("<mi>{BOX_ENDS}</mi>");
    mathml.replace(&begin, "<mrow class=\"boxed\">").replace(&end, "</mrow>")
}

/// How deep braces are nested: the parser recurses on them.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in source.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
