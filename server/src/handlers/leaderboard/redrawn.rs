//! The intervals beside those that come out where the votes are drawn anew.

use super::named_board::NamedBoard;
use crate::i18n::grouped;

/// The check of a board's intervals.
pub(super) struct RedrawnTable {
    pub rounds: String,
    /// Whether whole voters were drawn.
    pub is_by_voter: bool,
    pub lines: Vec<RedrawnLine>,
}

/// One model of the largest group.
pub(super) struct RedrawnLine {
    pub slug: String,
    pub name: String,
    /// By the formula: the interval, where it has an end, and the standard error.
    pub formula: Option<(String, String)>,
    pub formula_error: Option<String>,
    /// By the rounds: the same.
    pub redrawn: Option<(String, String)>,
    pub redrawn_error: String,
}

impl RedrawnTable {
    /// The table; nothing where no votes were drawn.
    pub fn of(named: &NamedBoard) -> Option<Self> {
        let board = &named.read.board;
        let (rounds, is_by_voter) = board.redrawn?;
        let line = |entry: &arena_rating::Entry<_>| {
            let (rated, redrawn) = (entry.standing.rated()?, entry.redrawn?);
            let model = named.models.get(entry.id)?;
            let ends = |(low, high): (f64, f64)| (format!("{low:.0}"), format!("{high:.0}"));
            Some(RedrawnLine {
                slug: model.slug.clone(),
                name: model.display_name.clone(),
                formula: rated.margin.is_finite().then(|| ends(rated.interval())),
                formula_error: rated.standard_error.is_finite().then(|| format!("{:.1}", rated.standard_error)),
                redrawn: redrawn.interval.map(ends),
                redrawn_error: format!("{:.1}", redrawn.standard_error),
            })
        };
        let lines = board.entries.iter().filter_map(line).collect();
        Some(Self { rounds: grouped(rounds as u64), is_by_voter, lines })
    }
}
