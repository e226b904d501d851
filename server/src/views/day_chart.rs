//! Numbers day by day, as a drawing: one line or several over the same days.

use chrono::NaiveDate;

/// The drawing's width in its own units: that of a small phone, so that text there has its true size.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 150.0;
/// Room for numbers on the left, for days below, and around.
const LEFT: f64 = 40.0;
const BOTTOM: f64 = 20.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = 8.0;
/// Lines across at most.
const MOST_LINES: f64 = 5.0;

/// A line across the chart, or a day below it.
#[derive(Debug)]
pub struct Mark {
    pub at: String,
    pub label: String,
    pub anchor: &'static str,
}

/// The drawing.
#[derive(Debug)]
pub struct DayChart {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub right: f64,
    pub days_y: f64,
    pub numbers: Vec<Mark>,
    pub days: Vec<Mark>,
    /// Of each line its pieces without a gap: corners as SVG has them.
    pub lines: Vec<Vec<String>>,
    /// Of each line the points.
    pub points: Vec<Vec<(String, String)>>,
}

impl DayChart {
    /// Lines over these days, which are in order; `None` on a day is a gap. The numbers are not below 0, and 0 is part of the
    /// chart; lines across are no closer than `least`, 1 where only whole numbers mean something. Nothing without a day or without
    /// a number.
    pub fn of(days: &[NaiveDate], lines: &[Vec<Option<f64>>], least: f64) -> Option<Self> {
        let (first, last) = (days.first()?, days.last()?);
        let highest = lines
            .iter()
            .flatten()
            .flatten()
            .copied()
            .fold(None, |most: Option<f64>, number| Some(most.map_or(number, |most| most.max(number))))?;
        let step = step(highest).max(least);
        let top = (highest / step).ceil().max(1.0) * step;
        let span = (*last - *first).num_days().max(1) as f64;
        let x = |day: NaiveDate| LEFT + (WIDTH - LEFT - RIGHT) * (day - *first).num_days() as f64 / span;
        let y = |number: f64| TOP + (HEIGHT - TOP - BOTTOM) * (top - number) / top;
        let placed = |line: &Vec<Option<f64>>| -> Vec<Option<(String, String)>> {
            let point = |(day, number): (&NaiveDate, &Option<f64>)| {
                number.map(|number| (format!("{:.1}", x(*day)), format!("{:.1}", y(number))))
            };
            days.iter().zip(line).map(point).collect()
        };
        let placed: Vec<_> = lines.iter().map(placed).collect();
        let pieces = |line: &Vec<Option<(String, String)>>| -> Vec<String> {
            let runs = line.split(Option::is_none).filter(|run| run.len() > 1);
            let corners = |run: &[Option<(String, String)>]| {
                run.iter().flatten().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
            };
            runs.map(corners).collect()
        };
        let number = |at: usize| {
            let number = at as f64 * step;
            Mark { at: format!("{:.1}", y(number)), label: short(number, step), anchor: "end" }
        };
        let middle = *first + chrono::Duration::days((*last - *first).num_days() / 2);
        let mut ends = vec![(*first, "start"), (middle, "middle"), (*last, "end")];
        if span < 4.0 {
            ends.remove(1);
        }
        let day = |(day, anchor): (NaiveDate, _)| Mark {
            at: format!("{:.1}", x(day)),
            label: day.format("%m-%d").to_string(),
            anchor,
        };
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            right: WIDTH - RIGHT,
            days_y: HEIGHT - 5.0,
            numbers: (0..=(top / step).round() as usize).map(number).collect(),
            days: ends.into_iter().map(day).collect(),
            lines: placed.iter().map(pieces).collect(),
            points: placed.into_iter().map(|line| line.into_iter().flatten().collect()).collect(),
        })
    }
}

/// A round step so that few lines reach to the highest number.
fn step(highest: f64) -> f64 {
    let mut unit = 1e-3;
    loop {
        for step in [1.0, 2.0, 5.0].map(|times| times * unit) {
            if highest / step <= MOST_LINES - 1.0 {
                return step;
            }
        }
        unit *= 10.0;
    }
}

fn short(number: f64, step: f64) -> String {
    if step >= 1.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(count: u32) -> Vec<NaiveDate> {
        (1..=count).map(|day| NaiveDate::from_ymd_opt(2026, 7, day).unwrap()).collect()
    }

    #[test]
    fn a_day_without_a_number_breaks_the_line_and_round_numbers_reach_the_top() {
        let line = vec![Some(0.0), Some(7.0), None, Some(3.0), None, Some(12.0), Some(9.0)];
        let chart = DayChart::of(&days(7), &[line], 1.0).unwrap();
        assert_eq!(chart.lines[0].len(), 2, "a single day is a point and no line");
        assert_eq!(chart.points[0].len(), 5);
        let labels: Vec<_> = chart.numbers.iter().map(|mark| mark.label.as_str()).collect();
        assert_eq!(labels, ["0", "5", "10", "15"]);
        assert_eq!(chart.days.iter().map(|mark| mark.label.as_str()).collect::<Vec<_>>(), ["07-01", "07-04", "07-07"]);
        for (x, y) in &chart.points[0] {
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((LEFT..=WIDTH).contains(&x) && (TOP..=HEIGHT - BOTTOM).contains(&y), "{x} {y}");
        }
    }

    #[test]
    fn nothing_and_only_zeroes_are_drawn_as_what_they_are() {
        assert!(DayChart::of(&[], &[], 1.0).is_none());
        assert!(DayChart::of(&days(2), &[vec![None, None]], 1.0).is_none());
        let flat = DayChart::of(&days(2), &[vec![Some(0.0), Some(2.0)]], 1.0).unwrap();
        assert_eq!(flat.numbers.iter().map(|mark| mark.label.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
        let zero = DayChart::of(&days(2), &[vec![Some(0.0), Some(0.0)]], 1.0).unwrap();
        assert_eq!(zero.numbers.len(), 2);
        let shares = DayChart::of(&days(2), &[vec![Some(0.3), Some(0.05)]], 0.001).unwrap();
        assert_eq!(
            shares.numbers.iter().map(|mark| mark.label.as_str()).collect::<Vec<_>>(),
            ["0", "0.1", "0.2", "0.3"]
        );
    }
}
