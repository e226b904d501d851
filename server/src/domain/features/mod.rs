//! What a vote was about: the style of both answers and the categories of the conversation, decided by the rules in this
//! folder from the texts that were judged. They are computed once and outlive the texts.

mod category;
mod patterns;
mod style;
#[cfg(test)]
mod tests;
mod tokens;

pub use category::{BoardCategory, Categories, Category};
pub use style::Style;
pub use tokens::token_count;

use patterns::{is_about_code, is_about_mathematics, is_creative_writing, is_refusal, sets_constraints};

/// Grows when a rule changes: what was decided by an older one is decided again while the texts are there.
pub const RULES_VERSION: i16 = 1;

/// Messages that are together at least this long, in tokens, make a longer query, as on LMArena.
const LONGER_QUERY_TOKENS: u32 = 500;

/// The texts that a vote judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedTexts {
    /// The visitor's messages, in their order.
    pub prompts: Vec<String>,
    /// The left side's answers.
    pub answers_a: Vec<String>,
    /// The right side's; none in a direct chat.
    pub answers_b: Option<Vec<String>>,
}

/// What a vote was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoteFeatures {
    /// The left side's answers together.
    pub style_a: Style,
    /// The right side's; none in a direct chat.
    pub style_b: Option<Style>,
    pub categories: Categories,
}

impl VoteFeatures {
    /// Decides all of it.
    #[must_use]
    pub fn of(texts: &JudgedTexts) -> Self {
        let style = |answers: &[String]| answers.iter().map(|answer| Style::of(answer)).sum();
        let prompts = texts.prompts.join("\n");
        let answers = || texts.answers_a.iter().chain(texts.answers_b.iter().flatten());
        let length: u32 = texts.prompts.iter().map(|prompt| token_count(prompt)).sum();
        let found = [
            (Category::Coding, is_about_code(&prompts)),
            (Category::Math, is_about_mathematics(&prompts)),
            (Category::LongerQuery, length >= LONGER_QUERY_TOKENS),
            (Category::MultiTurn, texts.prompts.len() > 1),
            (Category::CreativeWriting, is_creative_writing(&prompts)),
            (Category::InstructionFollowing, sets_constraints(&prompts)),
            (Category::Refusal, answers().any(|answer| is_refusal(answer))),
        ];
        Self {
            style_a: style(&texts.answers_a),
            style_b: texts.answers_b.as_deref().map(style),
            categories: found.into_iter().filter_map(|(category, is)| is.then_some(category)).collect(),
        }
    }
}
