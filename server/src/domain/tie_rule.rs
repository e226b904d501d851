//! How a board counts ties.

use super::text_enum::text_enum;
use arena_rating::Ties;

text_enum!(
    /// How ties count in a board's ratings.
    #[derive(Default)]
    TieRule, "tie rule" {
        /// As half a win for each.
        #[default]
        Half = "half",
        /// As an outcome of their own, with a rate that is estimated (Davidson).
        Davidson = "davidson",
    }
);

impl From<TieRule> for Ties {
    fn from(rule: TieRule) -> Self {
        match rule {
            TieRule::Half => Self::Half,
            TieRule::Davidson => Self::Modelled,
        }
    }
}
