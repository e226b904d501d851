//! Markdown that models and visitors wrote, as safe HTML.
//!
//! ```text
//! text ─▶ split (top-level blocks) ─▶ per block: protect (formulas, emphasis) ─▶ writer (code, mathematics, links) ─▶ sanitise
//!                                     fenced code: fence ─▶ per line: code ─▶ sanitise
//! ```
//!
//! Each top-level block is rendered from its own source, so a block that is followed by another one never changes while the
//! text grows: [`Growing`] sends it once. Only link definitions, which mostly stand at the end, reach further: they make links
//! in other blocks, move a settled block's border (a list goes on after one), and go once a link has used them. All that is
//! seen to at the end.

mod braces;
mod chemistry;
mod code;
mod edit;
mod escape;
mod fence;
mod formulas;
mod growing;
mod latex;
mod links;
mod math;
mod protect;
mod sanitise;
mod split;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub use edit::Edit;
pub use growing::Growing;

use links::Definitions;
use split::split;

/// Text beyond this many bytes is shown as plain text: nobody reads it, and rendering must stay quick.
const MAX_BYTES: usize = 256 * 1024;

/// One block of safe HTML.
pub type BlockHtml = String;

/// The blocks of a text.
pub fn blocks(text: &str) -> Vec<BlockHtml> {
    if text.len() > MAX_BYTES {
        return vec![format!("<p class=\"plain\" dir=\"auto\">{}</p>", escape::escaped(text))];
    }
    let mut definitions = Definitions::default();
    let ranges = split(text, &mut definitions).ranges;
    let written: Vec<_> = ranges.iter().map(|range| defined(&text[range.clone()], &definitions)).collect();
    let whole = written.into_iter().zip(ranges).filter_map(|(html, range)| {
        let source = &text[range];
        html.or_else(|| (!definitions.are_all_used(source)).then(|| definition(source)))
    });
    whole.collect()
}

/// The blocks of a text as one piece, for templates.
pub fn html(text: &str) -> String {
    blocks(text).concat()
}

/// One top-level block.
fn block(source: &str, definitions: &Definitions) -> BlockHtml {
    defined(source, definitions).unwrap_or_else(|| definition(source))
}

/// One top-level block; `None` where it only defines links.
fn defined(source: &str, definitions: &Definitions) -> Option<BlockHtml> {
    fence::block(source).or_else(|| writer::write(source, definitions).map(|html| sanitise::clean(&html)))
}

/// Link definitions as they are written: nothing of an answer disappears.
fn definition(source: &str) -> BlockHtml {
    sanitise::clean(&format!("<p dir=\"auto\">{}</p>", escape::escaped(source.trim())))
}
