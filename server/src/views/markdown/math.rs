//! Mathematics: LaTeX to MathML, which browsers set without any script.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

use super::escape::escape;

/// Longer formulas are shown as they are written.
const MAX_FORMULA: usize = 4096;
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

/// MathML, or the source as code where it is not understood (yet: a growing formula is mostly incomplete).
pub(super) fn formula(source: &str, display: bool) -> String {
    if let Some(mathml) = mathml(source, display) {
        return mathml;
    }
    let mut out = String::with_capacity(source.len() + 40);
    out.push_str(if display { "<code class=\"formula display\">" } else { "<code class=\"formula\">" });
    escape(&mut out, source);
    out.push_str("</code>");
    out
}

fn mathml(source: &str, display: bool) -> Option<String> {
    if source.len() > MAX_FORMULA || FORBIDDEN.iter().any(|name| source.contains(name)) || nesting(source) > 40 {
        return None;
    }
    let config = RenderConfig {
        display_mode: if display { DisplayMode::Block } else { DisplayMode::Inline },
        ..RenderConfig::default()
    };
    // The parser is young and its input hostile: should it panic, the formula is shown as it is written.
    catch_unwind(AssertUnwindSafe(|| {
        let storage = Storage::new();
        let events: Result<Vec<_>, _> = Parser::new(source, &storage).collect();
        let events = events.ok()?;
        let mut out = String::new();
        push_mathml(&mut out, events.into_iter().map(Ok::<_, std::convert::Infallible>), config).ok()?;
        Some(out)
    }))
    .ok()
    .flatten()
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
