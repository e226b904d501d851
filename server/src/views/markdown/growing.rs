//! A text that grows, and what changes in its HTML.
//!
//! Rendering a block takes as long as the block is, so a block that is rendered with each word costs the square of its length.
//! Here it is rendered anew only when it has grown by a part of itself ([`COST`]); what comes in between is appended as plain
//! text, or line by line in code. At the end the whole text is rendered once: what is there then is what [`blocks`] says.

#[cfg(test)]
mod tests;

use super::edit::{Edit, open_elements, tail, utf16};
use super::escape::text_html;
use super::fence::{Grown, OpenCode};
use super::links::Definitions;
use super::split::split;
use super::{MAX_BYTES, block, blocks, code};

/// A text is rendered as often as sums up to so many times its length, and once more at its end.
const COST: usize = 16;
/// A block up to this many bytes is rendered whenever it grows.
const SMALL: usize = 256;

/// A growing text.
#[derive(Debug, Default)]
pub struct Growing {
    /// As its readers have them.
    blocks: Vec<String>,
    /// How many elements at the end of the last block are open.
    open: usize,
    /// How many of `blocks` will not change any more before the end.
    settled: usize,
    /// Where in the text the first block begins that may still change.
    base: usize,
    /// How much of the text is shown.
    shown: usize,
    /// How much of it stands as it should.
    rendered: usize,
    /// The last block where it is code whose end has not come.
    code: Option<OpenCode>,
    /// The links that the text has defined.
    definitions: Definitions,
}

impl Growing {
    /// Takes the whole text as it is by now; what was given before must be its beginning.
    pub fn grow(&mut self, text: &str) -> Option<Edit> {
        let more = text.get(self.shown..).filter(|more| !more.is_empty())?;
        self.shown = text.len();
        if text.len() > MAX_BYTES {
            self.code = None;
            return self.append(more);
        }
        match self.code.as_mut().map(|code| code.grow(more)) {
            Some(Grown::Line(html)) => {
                self.rendered = text.len();
                self.insert(html)
            }
            Some(Grown::Lines { instead_of, html }) => {
                self.rendered = text.len();
                self.replace_line(&instead_of, &html)
            }
            Some(Grown::Closed) => self.render(text),
            None => {
                let (length, grown) = (text.len() - self.base, text.len() - self.rendered);
                let is_due = length <= SMALL || length <= COST * grown;
                if is_due || self.blocks.is_empty() { self.render(text) } else { self.append(more) }
            }
        }
    }

    /// Takes the text as it stays.
    pub fn finish(&mut self, text: &str) -> Option<Edit> {
        (self.shown, self.rendered, self.code) = (text.len(), text.len(), None);
        // All of it: a link definition may have moved the border of a block that was settled.
        self.take(0, blocks(text))
    }

    /// The blocks, and how many elements at the end of the last one are open.
    pub fn whole(&self) -> Edit {
        Edit::Replace { from: 0, cut: None, blocks: self.blocks.clone(), open: self.open }
    }

    pub fn blocks(&self) -> &[String] {
        &self.blocks
    }

    fn render(&mut self, text: &str) -> Option<Edit> {
        let settled = self.settled;
        let rest = &text[self.base..];
        let parts = split(rest, &mut self.definitions);
        self.code = None;
        let mut new = Vec::with_capacity(parts.ranges.len());
        for range in &parts.ranges {
            let source = &rest[range.clone()];
            let is_open = new.len() == parts.settled && new.len() + 1 == parts.ranges.len();
            // To the end of the text, where the next piece goes on.
            self.code = if is_open { OpenCode::read(&rest[range.start..]) } else { None };
            new.push(self.code.as_ref().map_or_else(|| block(source, &self.definitions), OpenCode::shown));
        }
        self.settled += parts.settled;
        if let Some(open) = parts.ranges.get(parts.settled) {
            self.base += open.start;
        } else if parts.settled > 0 {
            self.base = text.len();
        }
        self.rendered = text.len();
        self.take(settled, new)
    }

    /// Puts new blocks in the place of those from one on.
    fn take(&mut self, from: usize, new: Vec<String>) -> Option<Edit> {
        let edit = Edit::between(&self.blocks[from..], &new, self.open);
        self.blocks.truncate(from);
        self.blocks.extend(new);
        self.open = self.blocks.last().map_or(0, |html| open_elements(html));
        let open = self.open;
        edit.map(|edit| match edit {
            Edit::Replace { from: after, cut, blocks, .. } => Edit::Replace { from: from + after, cut, blocks, open },
            insert @ Edit::Insert(_) => insert,
        })
    }

    /// Appends plain text.
    fn append(&mut self, more: &str) -> Option<Edit> {
        // A line that a model ends is a line that the reader sees, as in what is rendered.
        let html = text_html(more);
        let is_code = self.blocks.last().is_some_and(|html| html.ends_with(code::TAIL));
        self.insert(if is_code { html } else { html.replace('\n', "<br>\n") })
    }

    fn insert(&mut self, html: String) -> Option<Edit> {
        if html.is_empty() {
            return None;
        }
        let Some(last) = self.blocks.last_mut() else {
            return self.take(0, vec![format!("<p>{html}</p>")]);
        };
        last.insert_str(last.len() - tail(last, self.open).len(), &html);
        Some(Edit::Insert(html))
    }

    /// Puts complete lines of code in the place of the one that was incomplete.
    fn replace_line(&mut self, instead_of: &str, html: &str) -> Option<Edit> {
        let last = self.blocks.last_mut()?;
        let kept = last.len() - instead_of.len() - code::TAIL.len();
        let cut = utf16(&last[kept..]);
        last.truncate(kept);
        last.push_str(html);
        last.push_str(code::TAIL);
        let blocks = vec![format!("{html}{}", code::TAIL)];
        Some(Edit::Replace { from: self.blocks.len() - 1, cut: Some(cut), blocks, open: self.open })
    }
}
