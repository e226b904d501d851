//! Markdown that models and visitors wrote, as safe HTML.
//!
//! ```text
//! text ─▶ split (top-level blocks) ─▶ per block: delimiters ─▶ writer (code, mathematics) ─▶ sanitise
//! ```
//!
//! Each top-level block is rendered from its own source and nothing else, so a block that is followed by another one
//! never changes while the text grows: a stream sends it once. The price is small: a reference link whose definition
//! stands in another block stays as it was written. Only such definitions can still move the border of a settled block
//! (a list goes on after one), so whoever sent blocks while the text grew sends [`may_shift`] texts once more at the end.

mod code;
mod delimiters;
mod escape;
mod math;
mod sanitise;
mod split;
#[cfg(test)]
mod tests;
mod writer;

use split::split;

/// Text beyond this many bytes is shown as plain text: nobody reads it, and rendering must stay quick.
const MAX_BYTES: usize = 256 * 1024;

/// One block of safe HTML.
pub type BlockHtml = String;

/// The blocks of a text.
pub fn blocks(text: &str) -> Vec<BlockHtml> {
    let mut rendered = Rendered::default();
    rendered.grow(text);
    rendered.into_blocks()
}

/// The blocks of a text as one piece, for templates.
pub fn html(text: &str) -> String {
    blocks(text).concat()
}

/// Whether a text may hold link definitions, so that its blocks may have shifted while it grew.
pub fn may_shift(text: &str) -> bool {
    text.contains("]:")
}

/// A growing text, rendered so far. Settled blocks are rendered once.
#[derive(Debug, Default)]
pub struct Rendered {
    blocks: Vec<BlockHtml>,
    /// How many of `blocks` will not change any more.
    settled: usize,
    /// Where in the text the first block begins that may still change.
    base: usize,
}

impl Rendered {
    /// Takes the whole text as it is by now; what was given before must be its beginning. Says from which block on the
    /// HTML may have changed.
    pub fn grow(&mut self, text: &str) -> usize {
        let changed_from = self.settled;
        self.blocks.truncate(self.settled);
        if text.len() > MAX_BYTES {
            // The part that was rendered stays; the rest is plain.
            let rest = text.get(self.base..).unwrap_or("");
            self.blocks.push(format!("<p class=\"plain\">{}</p>", escape::escaped(rest)));
            return changed_from;
        }
        let Some(rest) = text.get(self.base..) else {
            return changed_from;
        };
        let parts = split(rest);
        for range in &parts.ranges {
            self.blocks.push(block(&rest[range.clone()]));
        }
        self.settled += parts.settled;
        if let Some(open) = parts.ranges.get(parts.settled) {
            self.base += open.start;
        } else if parts.settled > 0 {
            self.base = text.len();
        }
        changed_from
    }

    pub fn blocks(&self) -> &[BlockHtml] {
        &self.blocks
    }

    /// The blocks, taken out.
    pub fn into_blocks(self) -> Vec<BlockHtml> {
        self.blocks
    }
}

/// One top-level block.
fn block(source: &str) -> BlockHtml {
    let source = delimiters::to_dollars(source);
    sanitise::clean(&writer::write(&source))
}
