//! The letter that a free answer means, by the patterns of Chinese-Mixtral's scripts in their order.

use regex::Regex;

use super::question::{CHOICES, Letter, Question};

/// What was found in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Letter(Letter),
    /// No letter, nor the text of a choice. The scripts draw one at random here; it is counted as wrong.
    Nothing,
}

/// The patterns, compiled.
#[derive(Debug)]
pub struct Extractor {
    last: Regex,
    patterns: Vec<Regex>,
}

impl Extractor {
    /// Compiles them.
    ///
    /// # Errors
    /// A pattern is none: a fault of this crate, which its tests would find.
    pub fn new() -> Result<Self, regex::Error> {
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
        let patterns = patterns.iter().map(|pattern| Regex::new(pattern)).collect::<Result<_, _>>()?;
        Ok(Self { last: Regex::new("所以答案是(.+?)。")?, patterns })
    }

    /// Which choice an answer names.
    #[must_use]
    pub fn extract(&self, question: &Question, answer: &str) -> Found {
        if let Some(letter) = self.last.captures_iter(answer).last().and_then(|found| found[1].parse().ok()) {
            return Found::Letter(letter);
        }
        let by_pattern = self.patterns.iter().find_map(|pattern| pattern.captures(answer)?[1].parse().ok());
        let first_letter = || answer.chars().filter(|c| "ABCD".contains(*c)).find_map(|c| c.to_string().parse().ok());
        let by_text = || {
            let of = |(letter, text): (&Letter, &String)| Some((answer.find(text.as_str())?, *letter));
            let texts = CHOICES.iter().zip(&question.choices).filter(|(_, text)| !text.is_empty());
            texts.filter_map(of).min().map(|(_, letter)| letter)
        };
        by_pattern.or_else(first_letter).or_else(by_text).map_or(Found::Nothing, Found::Letter)
    }
}
