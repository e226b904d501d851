//! Which board: whose votes on what, and how they are rated.

use super::filter::BallotFilter;
use crate::domain::{BattleKind, BoardCategory, TieRule};
use crate::store::ratings::ALL_LANGUAGES;

/// Which board.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BoardKey {
    /// Anonymous battles, named comparisons, direct chats, imported votes, or votes of judges.
    pub kind: BattleKind,
    /// A language that votes were cast in, or `None` for all.
    pub language: Option<String>,
    /// The group that voters must be in, or `None` for anybody.
    pub group: Option<String>,
    pub category: Option<BoardCategory>,
    /// The first day, in days since 1970 (UTC).
    pub first_day: Option<i32>,
    /// The last day; its votes are in.
    pub last_day: Option<i32>,
    /// Whether the effects of length and marks are taken out of the ratings.
    pub style_control: bool,
    /// How ties count. With style control they count half.
    pub ties: TieRule,
}

impl BoardKey {
    /// The board of all votes of a kind.
    #[must_use]
    pub fn of(kind: BattleKind) -> Self {
        let (ties, style_control) = (TieRule::Half, false);
        let (language, group, category, first_day, last_day) = (None, None, None, None, None);
        Self { kind, language, group, category, first_day, last_day, style_control, ties }
    }

    /// The board of all votes of a kind in a language, or in all.
    #[must_use]
    pub fn of_language(kind: BattleKind, language: Option<&str>) -> Self {
        Self { language: language.map(str::to_owned), ..Self::of(kind) }
    }

    /// What a board's version depends on: boards for which it is the same change together.
    pub(super) fn of_version(&self) -> Self {
        // Any category stands for all, which features decide alike.
        let category = self.category.map(|_| BoardCategory::ALL[0]);
        let all = Self::of_language(self.kind, self.language.as_deref());
        // A group stays: whether it may be looked at is asked with the version.
        let group = self.group.clone();
        Self { category, group, style_control: self.style_control && category.is_none(), ..all }
    }

    pub(super) fn language(&self) -> &str {
        self.language.as_deref().unwrap_or(ALL_LANGUAGES)
    }

    /// Which votes it is made of.
    #[must_use]
    pub fn filter(&self) -> BallotFilter {
        BallotFilter {
            language: self.language.clone(),
            group: self.group.clone(),
            category: self.category,
            first_day: self.first_day,
            last_day: self.last_day,
            described: self.style_control,
        }
    }
}
