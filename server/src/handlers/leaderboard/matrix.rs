//! The two matrices as heat maps that are tables.

use super::named_board::NamedBoard;
use crate::i18n::{grouped, percent};
use crate::store::model_names::ModelName;
use arena_rating::Tally;

/// Rows that a page shows; the files hold all.
const SHOWN: usize = 40;
/// A win rate of fewer votes than this is marked as one to take lightly.
const FEW: u64 = 10;

/// A matrix, its models in the leaderboard's order.
pub(super) struct Matrix {
    pub rows: Vec<MatrixRow>,
    /// How many models there are besides those shown.
    pub left_out: usize,
}

/// One model against all.
pub(super) struct MatrixRow {
    pub number: usize,
    pub slug: String,
    pub name: String,
    pub cells: Vec<Cell>,
}

/// One model against another.
pub(super) struct Cell {
    /// `None` where the pair never met, or on the diagonal.
    pub text: Option<String>,
    pub class: String,
}

impl Matrix {
    /// How often the row's model won against the column's, in percent.
    pub fn win_rates(named: &NamedBoard) -> Option<Self> {
        Self::of(named, |tally| {
            let rate = tally.win_rate()?;
            let few = if tally.battles() < FEW { " few" } else { "" };
            // Twenty-one shades, from every battle lost to every battle won.
            Some(Cell { text: Some(percent(rate)), class: format!("w{:.0}{few}", rate * 20.0) })
        })
    }

    /// How often the two met.
    pub fn counts(named: &NamedBoard) -> Option<Self> {
        let most = named.read.board.pairs.met().map(|(_, _, tally)| tally.battles()).max()?;
        Self::of(named, |tally| {
            let share = (tally.battles() as f64 / most as f64).sqrt();
            let met = tally.battles() > 0;
            // By the square root: else one frequent pair would leave all others pale.
            met.then(|| Cell { text: Some(grouped(tally.battles())), class: format!("c{:.0}", (share * 10.0).ceil()) })
        })
    }

    fn of(named: &NamedBoard, cell: impl Fn(Tally) -> Option<Cell>) -> Option<Self> {
        let board = &named.read.board;
        let shown = board.entries.len().min(SHOWN);
        let row = |(number, model): (usize, &ModelName)| MatrixRow {
            number: number + 1,
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            cells: (0..shown)
                .map(|column| {
                    let none = if column == number { "self" } else { "none" };
                    cell(board.pairs.get(number, column)).unwrap_or(Cell { text: None, class: none.into() })
                })
                .collect(),
        };
        let rows: Vec<MatrixRow> = named.in_order().take(shown).enumerate().map(row).collect();
        (!rows.is_empty()).then(|| Self { left_out: board.entries.len() - rows.len(), rows })
    }
}
