//! What was measured, as a table or as JSON.

use serde::Serialize;

use crate::i18n::{Language, percent};

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What was done.
    pub work: Work,
    /// Conversations at once.
    pub conversations: usize,
    /// Tokens of each prompt; of a second turn, those that went before it.
    pub context: usize,
    /// Tokens a second, of all conversations together.
    pub tokens_per_second: f64,
    /// Milliseconds: for a token of each conversation, or to the first token.
    pub milliseconds: f64,
    /// The share of the memory's measured bandwidth that was needed; only of decoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_share: Option<f64>,
    /// Tokens of the prompt that were in the cache.
    pub cached_tokens: usize,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Decode,
    Prefill,
    SecondTurn,
}

impl Work {
    fn key(self) -> &'static str {
        match self {
            Self::Decode => "bench-decode",
            Self::Prefill => "bench-prefill",
            Self::SecondTurn => "bench-second-turn",
        }
    }
}

/// The rows in aligned columns, below a head.
pub fn text(rows: &[Row], language: Language) -> String {
    let head = ["bench-work", "bench-conversations", "bench-context", "bench-speed", "bench-time", "bench-bandwidth"];
    let mut lines = vec![head.map(|key| t!(language, key)).to_vec()];
    lines.extend(rows.iter().map(|row| {
        vec![
            t!(language, row.work.key()),
            row.conversations.to_string(),
            row.context.to_string(),
            format!("{:.1}", row.tokens_per_second),
            format!("{:.2}", row.milliseconds),
            row.bandwidth_share.map_or_else(|| "–".to_owned(), |share| percent(share, 1.0)),
        ]
    }));
    let widths: Vec<usize> = (0..head.len()).map(|i| lines.iter().map(|l| width(&l[i])).max().unwrap_or(0)).collect();
    let line = |cells: &Vec<String>| {
        let mut out = String::new();
        for (i, (cell, wide)) in cells.iter().zip(&widths).enumerate() {
            let space = " ".repeat(wide - width(cell));
            // Words stand at the left, numbers at the right.
            out += &if i == 0 { format!("{cell}{space}") } else { format!("  {space}{cell}") };
        }
        out.trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() || c == '–' { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_in_both_languages() {
        let row = |work, conversations, share| Row {
            work,
            conversations,
            context: 32,
            tokens_per_second: 1234.56,
            milliseconds: 3.4,
            bandwidth_share: share,
            cached_tokens: 0,
        };
        let rows = [row(Work::Decode, 16, Some(0.706)), row(Work::Prefill, 1, None)];
        for language in [Language::English, Language::Chinese] {
            let text = text(&rows, language);
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 3, "{text}");
            let places =
                |line: &str| -> Vec<usize> { line.match_indices('.').map(|(at, _)| width(&line[..at])).collect() };
            assert_eq!(places(lines[1])[..2], places(lines[2])[..2], "decimal points are below each other:\n{text}");
            assert!(lines[1].contains("1234.6") && lines[1].ends_with("70.6%") && lines[2].ends_with('–'), "{text}");
        }
    }
}
