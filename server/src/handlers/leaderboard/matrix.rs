//! The two matrices as heat maps that are tables, and the win rates as a picture.

use askama::Template;

use super::chart::fitting;
use super::named_board::NamedBoard;
use crate::i18n::{Locale, grouped, percent};
use crate::store::model_names::ModelName;
use arena_rating::Share;

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
    /// All that is known, in words.
    pub title: String,
    pub class: String,
}

impl Matrix {
    /// How often the row's model won against the column's, in percent, with its interval in words.
    pub fn win_rates(named: &NamedBoard, locale: Locale) -> Option<Self> {
        let board = &named.read.board;
        Self::of(named, |row, column, names| {
            let share = board.shares[row][column]?;
            let battles = board.pairs.get(row, column).battles();
            let few = if battles < FEW { " few" } else { "" };
            // Twenty-one shades, from every battle lost to every battle won.
            let class = format!("w{:.0}{few}", share.share * 20.0);
            Some(Cell { text: Some(percent(share.share)), title: in_words(names, share, battles, locale), class })
        })
    }

    /// How often the two met.
    pub fn counts(named: &NamedBoard, locale: Locale) -> Option<Self> {
        let pairs = &named.read.board.pairs;
        let most = pairs.met().map(|(_, _, tally)| tally.battles()).max()?;
        Self::of(named, |row, column, [a, b]| {
            let tally = pairs.get(row, column);
            let share = (tally.battles() as f64 / most as f64).sqrt();
            let counts = [tally.wins, tally.losses, tally.ties, tally.both_bad].map(grouped);
            let title = locale.text_with(
                "board-cell-count",
                &[
                    ("a", a),
                    ("b", b),
                    ("wins", &counts[0]),
                    ("losses", &counts[1]),
                    ("ties", &counts[2]),
                    ("bad", &counts[3]),
                ],
            );
            let met = tally.battles() > 0;
            // By the square root: else one frequent pair would leave all others pale.
            let class = format!("c{:.0}", (share * 10.0).ceil());
            met.then(|| Cell { text: Some(grouped(tally.battles())), title, class })
        })
    }

    fn of(named: &NamedBoard, cell: impl Fn(usize, usize, [&str; 2]) -> Option<Cell>) -> Option<Self> {
        let board = &named.read.board;
        let models: Vec<&ModelName> = named.in_order().take(SHOWN).collect();
        let row = |(number, model): (usize, &&ModelName)| MatrixRow {
            number: number + 1,
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            cells: models
                .iter()
                .enumerate()
                .map(|(column, other)| {
                    let none = if column == number { "self" } else { "none" };
                    cell(number, column, [&model.display_name, &other.display_name]).unwrap_or(Cell {
                        text: None,
                        title: String::new(),
                        class: none.into(),
                    })
                })
                .collect(),
        };
        let rows: Vec<MatrixRow> = models.iter().enumerate().map(row).collect();
        (!rows.is_empty()).then(|| Self { left_out: board.entries.len() - rows.len(), rows })
    }
}

fn in_words([a, b]: [&str; 2], share: Share, battles: u64, locale: Locale) -> String {
    let [rate, lower, upper] = [share.share, share.lower, share.upper].map(percent);
    locale.text_with(
        "board-cell-rate",
        &[("a", a), ("b", b), ("rate", &rate), ("lower", &lower), ("upper", &upper), ("battles", &grouped(battles))],
    )
}

/// The win rates as one picture.
#[derive(Template)]
#[template(path = "leaderboard/heat.svg")]
pub(super) struct HeatPicture {
    title: String,
    width: f64,
    height: f64,
    rows: Vec<HeatRow>,
}

struct HeatRow {
    number: usize,
    name: String,
    text_y: f64,
    head_x: f64,
    cells: Vec<HeatCell>,
}

struct HeatCell {
    x: f64,
    y: f64,
    text_x: f64,
    text_y: f64,
    fill: String,
    text: String,
    title: String,
}

/// The size of a square, and the room for names.
const SQUARE: f64 = 34.0;
const NAMES: f64 = 260.0;

impl HeatPicture {
    pub fn of(matrix: &Matrix, title: String) -> Self {
        let row = |(at, row): (usize, &MatrixRow)| {
            let y = SQUARE * (at + 1) as f64;
            let cell = |(column, cell): (usize, &Cell)| {
                let x = NAMES + SQUARE * column as f64;
                HeatCell {
                    x,
                    y,
                    text_x: x + SQUARE / 2.0,
                    text_y: y + SQUARE / 2.0 + 4.0,
                    fill: shade(&cell.class),
                    text: cell.text.clone().unwrap_or_default(),
                    title: cell.title.clone(),
                }
            };
            HeatRow {
                number: row.number,
                name: fitting(&row.name, NAMES - 50.0),
                text_y: y + SQUARE / 2.0 + 4.0,
                head_x: NAMES + SQUARE * (at as f64 + 0.5),
                cells: row.cells.iter().enumerate().map(cell).collect(),
            }
        };
        let rows: Vec<HeatRow> = matrix.rows.iter().enumerate().map(row).collect();
        let side = SQUARE * rows.len() as f64;
        Self { title, width: NAMES + side + 8.0, height: side + SQUARE + 8.0, rows }
    }
}

/// The page's colour of a class, on white: blue where battles were lost, orange where they were won.
fn shade(class: &str) -> String {
    let step = class.strip_prefix('w').and_then(|step| step.split(' ').next()?.parse::<f64>().ok());
    let Some(step) = step else { return if class == "self" { "#efefec" } else { "#ffffff" }.into() };
    let (end, strength) =
        if step < 10.0 { ([11.0, 110.0, 168.0], 10.0 - step) } else { ([194.0, 65.0, 12.0], step - 10.0) };
    let mixed = end.map(|part: f64| (255.0 + (part - 255.0) * 0.052 * strength).round() as u8);
    format!("#{:02x}{:02x}{:02x}", mixed[0], mixed[1], mixed[2])
}

#[cfg(test)]
mod tests {
    use super::shade;

    #[test]
    fn shades_go_from_blue_over_white_to_orange() {
        assert_eq!(
            (shade("w10").as_str(), shade("none").as_str(), shade("self").as_str()),
            ("#ffffff", "#ffffff", "#efefec")
        );
        assert_eq!((shade("w0").as_str(), shade("w20 few").as_str()), ("#80b4d2", "#df9c81"));
    }
}
