//! Markdown that models and visitors wrote, as safe HTML.
//!
//! ```text
//! text ─▶ split (top-level blocks) ─▶ per block: delimiters ─▶ writer (code, mathematics) ─▶ sanitise
//!                                     fenced code: fence ─▶ per line: code ─▶ sanitise
//! ```
//!
//! Each top-level block is rendered from its own source and nothing else, so a block that is followed by another one
//! never changes while the text grows: [`Growing`] sends it once. The price is small: a reference link whose definition
//! stands in another block stays as it was written. Only such definitions can still move the border of a settled block
//! (a list goes on after one), which is seen to at the end.

mod code;
mod delimiters;
mod edit;
mod escape;
mod fence;
mod growing;
mod math;
mod sanitise;
mod split;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub use edit::Edit;
pub use growing::Growing;

use split::split;

/// Text beyond this many bytes is shown as plain text: nobody reads it, and rendering must stay quick.
const MAX_BYTES: usize = 256 * 1024;

/// One block of safe HTML.
pub type BlockHtml = String;

/// The blocks of a text.
pub fn blocks(text: &str) -> Vec<BlockHtml> {
    if text.len() > MAX_BYTES {
        return vec![format!("<p class=\"plain\">{}</p>", escape::escaped(text))];
    }
    split(text).ranges.into_iter().map(|range| block(&text[range])).collect()
}

/// The blocks of a text as one piece, for templates.
pub fn html(text: &str) -> String {
    blocks(text).concat()
}

/// One top-level block.
fn block(source: &str) -> BlockHtml {
    if let Some(code) = fence::block(source) {
        return code;
    }
    let source = delimiters::to_dollars(source);
    sanitise::clean(&writer::write(&source))
}
