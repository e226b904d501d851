//! The ratings and their intervals as dots on lines.

use super::named_board::NamedBoard;
use arena_rating::Rated;

/// The drawing's width in its own units: that of a small phone, so that text there has its true size.
const WIDTH: f64 = 360.0;
const MARGIN: f64 = 12.0;
const ROW: f64 = 38.0;
const HEAD: f64 = 24.0;
/// The size of a name's letters, and how wide a Latin one is, there and in a figure.
const FONT: f64 = 12.0;
const NAME_CHAR: f64 = 7.2;
const LABEL_CHAR: f64 = 6.6;
/// Dots that are shown; the table holds all.
const SHOWN: usize = 30;

/// A chart of the largest group.
pub(super) struct Chart {
    pub width: f64,
    pub height: f64,
    pub ticks: Vec<Tick>,
    pub dots: Vec<Dot>,
}

/// A line down the chart.
pub(super) struct Tick {
    pub x: String,
    pub label: String,
}

/// One model.
pub(super) struct Dot {
    /// As much of it as there is room for.
    pub name: String,
    /// All of it.
    pub title: String,
    pub label: String,
    pub text_y: String,
    pub y: String,
    pub x: String,
    pub from: String,
    pub to: String,
    /// Where the interval goes on beyond the chart's edge.
    pub is_cut_left: bool,
    pub is_cut_right: bool,
}

impl Chart {
    /// The chart, where at least two models have ratings to compare.
    pub fn of(named: &NamedBoard) -> Option<Self> {
        let entries = named.read.board.entries.iter();
        let rated: Vec<(String, Rated)> = entries
            .filter_map(|entry| Some((entry, entry.standing.rated().filter(|rated| rated.group == 0)?)))
            .filter_map(|(entry, rated)| Some((named.models.get(entry.id)?.display_name.clone(), rated)))
            .take(SHOWN)
            .collect();
        if rated.len() < 2 {
            return None;
        }
        let (low, high) = range(&rated);
        let x = |rating: f64| MARGIN + (rating - low) / (high - low) * (WIDTH - 2.0 * MARGIN);
        let dot = |(row, (name, rated)): (usize, &(String, Rated))| {
            let (from, to) = rated.interval();
            let top = HEAD + row as f64 * ROW;
            let label = label(rated);
            let room = WIDTH - 2.0 * MARGIN - LABEL_CHAR * label.len() as f64 - MARGIN;
            Dot {
                label,
                title: name.clone(),
                name: fitting(name, room),
                text_y: number(top + 14.0),
                y: number(top + 26.0),
                x: number(x(rated.rating)),
                from: number(x(from.max(low))),
                to: number(x(to.min(high))),
                is_cut_left: from < low,
                is_cut_right: to > high,
            }
        };
        let dots: Vec<Dot> = rated.iter().enumerate().map(dot).collect();
        let ticks = ticks(low, high).map(|rating| Tick { x: number(x(rating)), label: format!("{rating:.0}") });
        Some(Self { width: WIDTH, height: HEAD + ROW * dots.len() as f64 + 6.0, ticks: ticks.collect(), dots })
    }
}

/// As much of a name as fits into so many units, at the font's usual widths: a Chinese character is a square.
fn fitting(name: &str, room: f64) -> String {
    let width = |c: char| if c.is_ascii() { NAME_CHAR } else { FONT };
    if name.chars().map(width).sum::<f64>() <= room {
        return name.to_owned();
    }
    let mut used = FONT;
    let kept = name.chars().take_while(|c| {
        used += width(*c);
        used <= room
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

/// The rating and half the width of its interval, where it has one.
fn label(rated: &Rated) -> String {
    match rated.margin.is_finite() {
        true => format!("{:.0} ± {:.0}", rated.rating, rated.margin.ceil()),
        false => format!("{:.0}", rated.rating),
    }
}

/// What the chart spans: all ratings and their intervals, these no further than the ratings' own
/// spread and at least 100 points beyond it, so that a newcomer does not squeeze all others.
fn range(rated: &[(String, Rated)]) -> (f64, f64) {
    let ratings = || rated.iter().map(|(_, rated)| rated.rating);
    let (lowest, highest) = (ratings().fold(f64::INFINITY, f64::min), ratings().fold(f64::NEG_INFINITY, f64::max));
    let room = (highest - lowest).max(100.0);
    let low = rated.iter().map(|(_, rated)| rated.interval().0).fold(f64::INFINITY, f64::min);
    let high = rated.iter().map(|(_, rated)| rated.interval().1).fold(f64::NEG_INFINITY, f64::max);
    let pad = 0.03 * room;
    (low.max(lowest - room) - pad, high.min(highest + room) + pad)
}

/// Round numbers in the range, at most seven of them.
fn ticks(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let steps = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0];
    let step = steps.into_iter().find(|step| (high - low) / step <= 6.0).unwrap_or(10_000.0);
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).max(0.0) as usize + 1;
    (0..count).map(move |at| (first + at as f64) * step)
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(rating: f64, standard_error: f64) -> (String, Rated) {
        ("m".into(), Rated { group: 0, rating, standard_error, margin: 1.96 * standard_error })
    }

    #[test]
    fn a_name_never_reaches_the_figure() {
        assert_eq!(fitting("Poet 14M", 200.0), "Poet 14M");
        assert_eq!(fitting(&"x".repeat(100), 72.0), format!("{}…", "x".repeat(8)));
        assert_eq!(fitting("混合专家模型中文指令版", 72.0), "混合专家模…");
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(987.0, 1013.0).collect::<Vec<_>>(), [990.0, 1000.0, 1010.0]);
        assert_eq!(ticks(800.0, 1200.0).collect::<Vec<_>>(), [800.0, 900.0, 1000.0, 1100.0, 1200.0]);
        for (low, high) in [(0.0, 1.0), (-5000.0, 5000.0), (100.0, 140.0), (-1e6, 1e6)] {
            assert!(ticks(low, high).take(2000).count() < 300, "{low} {high}");
        }
    }

    #[test]
    fn a_newcomer_with_a_vast_interval_does_not_squeeze_the_others() {
        let (low, high) = range(&[one(1100.0, 10.0), one(1000.0, 10.0), one(900.0, 2000.0)]);
        assert!(low > 600.0 && high < 1400.0, "{low} {high}");
        let (low, high) = range(&[one(1100.0, 10.0), one(1000.0, f64::INFINITY)]);
        assert!(low > 600.0 && high < 1400.0, "{low} {high}");
        let (low, high) = range(&[one(1000.0, 5.0), one(1000.0, 5.0)]);
        assert!(low > 980.0 && high < 1020.0, "{low} {high}");
    }
}
