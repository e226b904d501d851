//! The ratings and their intervals as dots on lines: one drawing for wide pages, one for phones, and the same as a file.

use askama::Template;

use super::named_board::NamedBoard;
use super::scale::Span;
use arena_rating::Rated;

/// Dots that are shown; the table holds all.
const SHOWN: usize = 40;

/// The sizes of a drawing, in its own units, which are pixels where it has its true size.
struct Layout {
    width: f64,
    /// Where the lines begin and end.
    left: f64,
    right: f64,
    row: f64,
    /// From a row's top to its letters, and to its line.
    text: f64,
    line: f64,
    /// How wide a name may be.
    room: fn(label: usize) -> f64,
}

/// How wide a Latin letter of a name is, and one of a figure; a Chinese character is a square.
const NAME_CHAR: f64 = 7.4;
const HAN_CHAR: f64 = 13.0;
const LABEL_CHAR: f64 = 7.0;
const MARGIN: f64 = 12.0;
const HEAD: f64 = 26.0;

/// Names on the left, figures on the right, lines between.
const WIDE: Layout = Layout {
    width: 1180.0,
    left: 300.0,
    right: 1060.0,
    row: 28.0,
    text: 18.0,
    line: 14.0,
    room: |_| 300.0 - 2.0 * MARGIN - 8.0,
};

/// Name and figure above each line.
const NARROW: Layout = Layout {
    width: 280.0,
    left: MARGIN,
    right: 280.0 - MARGIN,
    row: 42.0,
    text: 15.0,
    line: 29.0,
    room: |label| 280.0 - 3.0 * MARGIN - LABEL_CHAR * label as f64,
};

/// A chart of the largest group.
pub(super) struct Chart {
    /// For pages that are wide enough.
    pub wide_svg: String,
    /// For phones.
    pub narrow_svg: String,
    /// Whether an interval goes on beyond the chart's edge.
    pub has_cut: bool,
}

/// One drawing.
#[derive(Template)]
#[template(path = "leaderboard/chart.svg")]
struct ChartPicture<'a> {
    /// What it shows, for those who do not see it.
    title: &'a str,
    width: f64,
    height: f64,
    name_x: f64,
    value_x: f64,
    ticks: Vec<Tick>,
    dots: Vec<Dot>,
}

/// A line down the chart.
struct Tick {
    x: String,
    label: String,
}

/// One model.
struct Dot {
    /// As much of it as there is room for.
    name: String,
    /// All of it, with its figures.
    title: String,
    label: String,
    text_y: String,
    y: String,
    x: String,
    from: String,
    to: String,
    is_cut: bool,
}

impl Chart {
    /// The chart, where at least two models have ratings to compare.
    pub fn of(named: &NamedBoard, title: &str) -> Option<Self> {
        let entries = named.read.board.entries.iter();
        let rated: Vec<(&str, Rated)> = entries
            .filter_map(|entry| Some((entry, entry.standing.rated().filter(|rated| rated.group == 0)?)))
            .filter_map(|(entry, rated)| Some((named.models.get(entry.id)?.display_name.as_str(), rated)))
            .take(SHOWN)
            .collect();
        if rated.len() < 2 {
            return None;
        }
        let span = Span::of(rated.iter().map(|one| one.1))?;
        let has_cut = rated.iter().any(|(_, rated)| span.cuts(rated.interval().0) || span.cuts(rated.interval().1));
        let draw = |layout: &Layout| ChartPicture::of(&rated, span, layout, title).render().ok();
        Some(Self { wide_svg: draw(&WIDE)?, narrow_svg: draw(&NARROW)?, has_cut })
    }
}

impl<'a> ChartPicture<'a> {
    fn of(rated: &[(&str, Rated)], span: Span, layout: &Layout, title: &'a str) -> Self {
        let x = |rating: f64| number(layout.left + span.share(rating) * (layout.right - layout.left));
        let dot = |(row, (name, rated)): (usize, &(&str, Rated))| {
            let (from, to) = rated.interval();
            let top = HEAD + row as f64 * layout.row;
            let label = label(rated);
            Dot {
                name: fitting(name, (layout.room)(label.chars().count())),
                title: format!("{name}: {label}"),
                label,
                text_y: number(top + layout.text),
                y: number(top + layout.line),
                x: x(rated.rating),
                from: x(from),
                to: x(to),
                is_cut: span.cuts(from) || span.cuts(to),
            }
        };
        let dots: Vec<Dot> = rated.iter().enumerate().map(dot).collect();
        let ticks = span.ticks((layout.right - layout.left) / 60.0 + 1.0);
        let ticks = ticks.map(|rating| Tick { x: x(rating), label: format!("{rating:.0}") }).collect();
        let height = HEAD + layout.row * dots.len() as f64 + 6.0;
        Self { title, width: layout.width, height, name_x: MARGIN, value_x: layout.width - MARGIN, ticks, dots }
    }
}

/// As much of a name as fits into so many units, at the font's usual widths.
pub(super) fn fitting(name: &str, room: f64) -> String {
    let width = |c: char| if c.is_ascii() { NAME_CHAR } else { HAN_CHAR };
    if name.chars().map(width).sum::<f64>() <= room {
        return name.to_owned();
    }
    let mut used = HAN_CHAR;
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

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_reaches_the_figure() {
        assert_eq!(fitting("Poet 14M", 200.0), "Poet 14M");
        assert_eq!(fitting(&"x".repeat(100), 74.0), format!("{}…", "x".repeat(8)));
        assert_eq!(fitting("混合专家模型中文指令版", 78.0), "混合专家模…");
    }

    #[test]
    fn a_picture_holds_each_name_once_and_escapes_it() {
        let rated = |rating| Rated { group: 0, rating, standard_error: 10.0, margin: 20.0 };
        let rated = [("<b>&", rated(1010.0)), ("other", rated(990.0))];
        let span = Span::of(rated.iter().map(|one| one.1)).unwrap();
        for layout in [&WIDE, &NARROW] {
            let picture = ChartPicture::of(&rated, span, layout, "Ratings").render().unwrap();
            assert!(picture.starts_with("<svg") && !picture.contains("<b>"), "{picture}");
            assert_eq!(picture.matches("other").count(), 2, "as text and as title");
        }
    }
}
