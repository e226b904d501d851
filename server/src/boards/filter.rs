//! Which votes a board is made of.

use crate::domain::BoardCategory;

/// Which of a kind's votes; by default all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BallotFilter {
    /// The language that votes were cast in, or all.
    pub language: Option<String>,
    /// The group that voters must be in, or anybody.
    pub group: Option<String>,
    pub category: Option<BoardCategory>,
    /// The first day, in days since 1970 (UTC).
    pub first_day: Option<i32>,
    /// The last day; its votes are in.
    pub last_day: Option<i32>,
    /// Only votes whose style is known.
    pub described: bool,
}

impl BallotFilter {
    /// Whether it asks for no more than a language, which the database's own counts know.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        Self { language: None, ..self.clone() } == Self::default()
    }

    /// Whether features of votes decide which of them it lets through.
    #[must_use]
    pub fn needs_features(&self) -> bool {
        self.category.is_some() || self.described
    }
}
