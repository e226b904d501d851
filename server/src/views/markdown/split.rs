//! Where the top-level blocks of a text begin and end, and which of them are settled.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

use super::formulas::masked;
use super::links::Definitions;
use super::writer::OPTIONS;

/// The blocks of a text.
pub(super) struct Blocks {
    /// Where they stand, in order; together they cover all that is not white space.
    pub(super) ranges: Vec<Range<usize>>,
    /// How many at the beginning will stay as they are whatever follows.
    pub(super) settled: usize,
}

/// Splits a text that may still grow.
///
/// A block is settled when another one follows whose first line is complete: until its line ends, a beginning such as
/// `#` or `1.` may turn out to belong to the paragraph or list before it. A link definition settles nothing: a list may
/// go on after it. What definitions there are is noted.
pub(super) fn split(text: &str, definitions: &mut Definitions) -> Blocks {
    // A formula's lines are no list, whatever they begin with.
    let text = masked(text);
    let text = text.as_str();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    // Where the blocks begin that the parser tells of, and where the line begins that makes them what they are.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut covered = 0;
    let parser = Parser::new_ext(text, OPTIONS);
    definitions.add(&parser);
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    // Not the head makes a table but the line below it.
                    let lines = usize::from(matches!(tag, Tag::Table(_)));
                    let start = add(text, &mut ranges, &mut covered, range);
                    starts.extend(start.map(|start| (start, after_lines(text, start, lines))));
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ if depth == 0 => {
                let start = add(text, &mut ranges, &mut covered, range);
                starts.extend(start.map(|start| (start, start)));
            }
            _ => {}
        }
    }
    fill(text, &mut ranges, covered, text.len());
    let last_line = text.rfind('\n').map_or(0, |end| end + 1);
    let settled = starts.iter().rfind(|(_, line)| *line < last_line);
    let settled = settled.map_or(0, |(start, _)| ranges.iter().take_while(|range| range.start < *start).count());
    Blocks { ranges, settled }
}

fn add(text: &str, ranges: &mut Vec<Range<usize>>, covered: &mut usize, range: Range<usize>) -> Option<usize> {
    if range.end <= *covered {
        return None;
    }
    // The parser leaves the indentation out; without it, indented code would read as a paragraph.
    let line = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let start = if text[line..range.start].trim().is_empty() { line } else { range.start };
    let mut start = start.max(*covered);
    let gap = &text[*covered..start];
    let blank_line =
        gap.trim_end_matches([' ', '\t']).ends_with("\n\n") || gap.ends_with('\n') && gap.trim().is_empty();
    if gap.trim().is_empty() || blank_line {
        fill(text, ranges, *covered, start);
    } else {
        // A definition right above: the two are read as one, or the second would mean something else.
        start = *covered + (gap.len() - gap.trim_start().len());
    }
    *covered = range.end;
    ranges.push(start..range.end);
    Some(start)
}

/// Where the line begins that stands so many lines below.
fn after_lines(text: &str, start: usize, lines: usize) -> usize {
    text[start..].match_indices('\n').map(|(at, _)| start + at + 1).take(lines).last().unwrap_or(start)
}

/// What the parser passes over without an event, link definitions, is a block too: nothing of an answer disappears.
fn fill(text: &str, ranges: &mut Vec<Range<usize>>, from: usize, to: usize) {
    let Some(gap) = text.get(from..to) else { return };
    let lead = gap.len() - gap.trim_start().len();
    if lead == gap.len() {
        return;
    }
    let first = from + lead;
    let line = text[..first].rfind('\n').map_or(0, |end| end + 1).max(from);
    ranges.push(line..to);
}
