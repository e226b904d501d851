//! The letter that a free answer means, by the patterns of Chinese-Mixtral's scripts in their order.

use std::sync::LazyLock;

use regex::Regex;

use super::question::{CHOICES, Letter, Question};

/// What was found in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Letter(Letter),
    /// No letter, nor the text of a choice. The scripts draw one at random here; it is counted as wrong.
    Nothing,
}

static LAST: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("所以答案是(.+?)。").ok());
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let patterns = [
        "([ABCD])是正确的",
        "选项([ABCD])正确",
        "答案为([ABCD])",
        "答案是([ABCD])",
        "答案([ABCD])",
        "选择([ABCD])",
        "答案：([ABCD])",
        "选择答案([ABCD])",
        // The same in English, for MMLU.
        r"(?i:answer is):? ?\(?([ABCD])\b",
        r"(?i:answer):? ?\(?([ABCD])\b",
    ];
    patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
});

/// Which choice an answer names.
#[must_use]
pub fn extract(question: &Question, answer: &str) -> Found {
    let last = LAST.as_ref().and_then(|last| last.captures_iter(answer).last());
    if let Some(letter) = last.and_then(|found| found[1].parse().ok()) {
        return Found::Letter(letter);
    }
    let by_pattern = PATTERNS.iter().find_map(|pattern| pattern.captures(answer)?[1].parse().ok());
    let first_letter = || answer.chars().find_map(|c| c.to_string().parse().ok().filter(|_| "ABCD".contains(c)));
    let by_text = || {
        let of = |(letter, text): (&Letter, &String)| Some((answer.find(text.as_str())?, *letter));
        let texts = CHOICES.iter().zip(&question.choices).filter(|(_, text)| !text.is_empty());
        texts.filter_map(of).min().map(|(_, letter)| letter)
    };
    by_pattern.or_else(first_letter).or_else(by_text).map_or(Found::Nothing, Found::Letter)
}
