//! A model's rating over time: a line with its interval as a band.

use chrono::NaiveDate;

use crate::i18n::grouped;
use crate::store::rating_history::DayRating;
use crate::views::ticks;
use arena_rating::Rated;

/// The drawing's width in its own units: that of a small phone, so that text there has its true size.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 190.0;
/// Room for the ratings on the left, and for the days below.
const LEFT: f64 = 38.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 10.0;

/// The rating at one moment.
#[derive(Debug, Clone, Copy)]
struct Point {
    day: NaiveDate,
    rating: f64,
    margin: Option<f64>,
}

/// A line across the chart, or a day below it.
#[derive(Debug)]
pub(super) struct Mark {
    pub at: String,
    pub label: String,
    pub anchor: &'static str,
}

/// A day in the table.
#[derive(Debug)]
pub(super) struct DayLine {
    pub day: String,
    pub rating: Option<String>,
    pub margin: Option<String>,
    pub votes: String,
}

/// The chart and its table.
#[derive(Debug)]
pub(super) struct HistoryChart {
    pub width: f64,
    pub height: f64,
    /// Where lines across begin and end, and where days stand.
    pub left: f64,
    pub right: f64,
    pub days_y: f64,
    pub ratings: Vec<Mark>,
    pub days: Vec<Mark>,
    /// The bands and lines, each without a gap: corners as SVG has them.
    pub bands: Vec<String>,
    pub lines: Vec<String>,
    /// The last point.
    pub last: (String, String),
    /// The newest day first.
    pub table: Vec<DayLine>,
}

impl HistoryChart {
    /// The past days and the rating of now; nothing with fewer than two ratings.
    pub fn of(days: &[DayRating], now: Option<(NaiveDate, Rated, u64)>) -> Option<Self> {
        let model = days.first().map(|row| row.model);
        let now = now.zip(model).map(|((day, rated, votes), model)| DayRating {
            day,
            model,
            rating: Some(rated.rating),
            margin: Some(rated.margin).filter(|margin| margin.is_finite()),
            votes: votes as i64,
        });
        let rows: Vec<DayRating> = days.iter().copied().chain(now).collect();
        // Without a gap: days on which it had a rating one after the other.
        let runs: Vec<Vec<Point>> = rows
            .split(|row| row.rating.is_none())
            .filter(|run| !run.is_empty())
            .map(|run| run.iter().filter_map(point).collect())
            .collect();
        let points: Vec<Point> = runs.iter().flatten().copied().collect();
        let (first, last) = (points.first()?, points.last()?);
        if points.len() < 2 {
            return None;
        }
        let span = (last.day - first.day).num_days().max(1) as f64;
        let x = |day: NaiveDate| LEFT + (WIDTH - LEFT - RIGHT) * (day - first.day).num_days() as f64 / span;
        let (low, high) = range(&points);
        let y = |rating: f64| TOP + (HEIGHT - TOP - BOTTOM) * (high - rating.clamp(low, high)) / (high - low);
        let corner = |point: &Point, rating: f64| format!("{:.1},{:.1}", x(point.day), y(rating));
        let lines = runs.iter().map(|run| {
            let corners: Vec<String> = run.iter().map(|point| corner(point, point.rating)).collect();
            corners.join(" ")
        });
        let known = runs.iter().flat_map(|run| run.split(|point| point.margin.is_none()));
        let bands = known.filter(|run| !run.is_empty()).map(|run| {
            let upper = run.iter().map(|point| corner(point, point.rating + point.margin.unwrap_or(0.0)));
            let lower = run.iter().rev().map(|point| corner(point, point.rating - point.margin.unwrap_or(0.0)));
            upper.chain(lower).collect::<Vec<_>>().join(" ")
        });
        let rating_mark =
            |rating: f64| Mark { at: format!("{:.1}", y(rating)), label: format!("{rating:.0}"), anchor: "end" };
        let middle = first.day + chrono::Duration::days((last.day - first.day).num_days() / 2);
        let mut ends = vec![(first.day, "start"), (middle, "middle"), (last.day, "end")];
        if span < 4.0 {
            ends.remove(1);
        }
        let day_mark =
            |(day, anchor)| Mark { at: format!("{:.1}", x(day)), label: day.format("%Y-%m-%d").to_string(), anchor };
        let line = |row: &DayRating| DayLine {
            day: row.day.format("%Y-%m-%d").to_string(),
            rating: row.rating.map(|rating| format!("{rating:.0}")),
            margin: row.margin.map(|margin| format!("{:.0}", margin.ceil())),
            votes: grouped(row.votes.unsigned_abs()),
        };
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            days_y: HEIGHT - 6.0,
            ratings: ticks(low, high, 7.0).map(rating_mark).collect(),
            days: ends.into_iter().map(day_mark).collect(),
            bands: bands.collect(),
            lines: lines.collect(),
            last: (format!("{:.1}", x(last.day)), format!("{:.1}", y(last.rating))),
            table: rows.iter().rev().map(line).collect(),
        })
    }
}

fn point(row: &DayRating) -> Option<Point> {
    Some(Point { day: row.day, rating: row.rating?, margin: row.margin })
}

/// What the chart spans: all ratings, and of their intervals as much as does not squeeze the line: the first days' reach far.
fn range(points: &[Point]) -> (f64, f64) {
    let (lowest, highest) = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one.rating), high.max(one.rating)));
    let mut margins: Vec<f64> = points.iter().filter_map(|point| point.margin).collect();
    margins.sort_by(f64::total_cmp);
    let usual = margins.get(margins.len() / 2).copied().unwrap_or(0.0);
    let room = (1.5 * usual).max(10.0).min(2.0 * (highest - lowest).max(50.0));
    (lowest - room, highest + room)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ModelId;

    fn row(day: u32, rating: Option<f64>, margin: Option<f64>) -> DayRating {
        let day = NaiveDate::from_ymd_opt(2026, 7, day).unwrap();
        DayRating { day, model: ModelId(Uuid::nil()), rating, margin, votes: 10 }
    }

    #[test]
    fn a_gap_breaks_the_line_and_an_unknown_margin_the_band() {
        let rows = [
            row(1, Some(1000.0), None),
            row(2, Some(1010.0), Some(50.0)),
            row(3, None, None),
            row(5, Some(1020.0), Some(40.0)),
            row(9, Some(1030.0), Some(30.0)),
        ];
        let chart = HistoryChart::of(&rows, None).unwrap();
        assert_eq!((chart.lines.len(), chart.bands.len(), chart.table.len()), (2, 2, 5));
        assert_eq!(chart.table[0].day, "2026-07-09");
        assert_eq!(chart.table[2].rating, None);
        let inside = |text: &String| {
            text.split(' ').all(|corner| {
                let (x, y) = corner.split_once(',').unwrap();
                let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
                (0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y)
            })
        };
        assert!(chart.lines.iter().chain(&chart.bands).all(inside));
    }

    #[test]
    fn one_rating_is_no_line() {
        assert!(HistoryChart::of(&[], None).is_none());
        assert!(HistoryChart::of(&[row(1, Some(1000.0), None)], None).is_none());
        let rated = Rated { group: 0, rating: 1005.0, standard_error: 5.0, margin: 10.0 };
        let today = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        assert!(HistoryChart::of(&[row(1, Some(1000.0), None)], Some((today, rated, 12))).is_some());
    }
}
