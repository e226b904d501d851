//! Numbers with their intervals as dots on lines, around 0.

use crate::views::ticks;

/// The drawing's width in its own units: that of a small phone, so that text there has its true size.
const WIDTH: f64 = 360.0;
const MARGIN: f64 = 12.0;
const ROW: f64 = 38.0;
const HEAD: f64 = 24.0;
/// How wide letters are, at the sizes of the style sheet; a Chinese one is a square.
const LATIN: f64 = 7.2;
const SQUARE: f64 = 12.0;
const FIGURE: f64 = 6.8;

/// A number with its interval.
#[derive(Debug, Clone)]
pub struct Whisker {
    pub name: String,
    pub value: f64,
    /// Half the width of the interval; nothing where it is not known.
    pub margin: Option<f64>,
    /// Half the width of a wider interval, drawn thin.
    pub wide: Option<f64>,
    /// The figure at the right.
    pub label: String,
}

/// A line down the drawing.
#[derive(Debug)]
pub struct Tick {
    pub x: String,
    pub label: String,
    pub is_zero: bool,
}

/// One number, drawn.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    /// All of the name.
    pub title: String,
    pub label: String,
    pub text_y: String,
    pub y: String,
    pub x: String,
    /// The interval's ends, and whether it goes on beyond the drawing.
    pub interval: Option<Interval>,
    pub wide: Option<Interval>,
}

/// A line from end to end.
#[derive(Debug)]
pub struct Interval {
    pub from: String,
    pub to: String,
    pub is_cut: bool,
}

/// The drawing.
#[derive(Debug)]
pub struct Whiskers {
    pub width: f64,
    pub height: f64,
    pub value_x: f64,
    pub ticks: Vec<Tick>,
    pub rows: Vec<Row>,
}

impl Whiskers {
    /// Nothing without a number.
    pub fn of(whiskers: &[Whisker]) -> Option<Self> {
        let farthest = whiskers.iter().map(|one| one.value.abs()).fold(0.0, f64::max);
        if whiskers.is_empty() {
            return None;
        }
        // Intervals no farther than leaves the numbers apart.
        let most = (3.0 * farthest).max(50.0);
        let end = |one: &Whisker| one.value.abs() + one.wide.or(one.margin).filter(|m| m.is_finite()).unwrap_or(0.0);
        let high = 1.05 * whiskers.iter().map(end).fold(10.0, f64::max).min(most);
        let x = |value: f64| WIDTH / 2.0 + value.clamp(-high, high) / high * (WIDTH / 2.0 - MARGIN);
        let number = |value: f64| format!("{value:.1}");
        let row = |(at, one): (usize, &Whisker)| {
            let top = HEAD + at as f64 * ROW;
            let interval = |margin: f64| Interval {
                from: number(x(one.value - margin)),
                to: number(x(one.value + margin)),
                is_cut: one.value - margin < -high || one.value + margin > high,
            };
            let room = WIDTH - 3.0 * MARGIN - FIGURE * one.label.chars().count() as f64;
            Row {
                name: fitting(&one.name, room),
                title: one.name.clone(),
                label: one.label.clone(),
                text_y: number(top + 14.0),
                y: number(top + 26.0),
                x: number(x(one.value)),
                interval: one.margin.map(interval),
                wide: one.wide.map(interval),
            }
        };
        let tick = |value: f64| Tick {
            x: number(x(value)),
            label: format!("{value:+.0}").replace("+0", "0").replace("-0", "0").replace('-', "−"),
            is_zero: value == 0.0,
        };
        Some(Self {
            width: WIDTH,
            height: HEAD + ROW * whiskers.len() as f64 + 6.0,
            value_x: WIDTH - MARGIN,
            ticks: ticks(-high, high, 7.0).map(tick).collect(),
            rows: whiskers.iter().enumerate().map(row).collect(),
        })
    }
}

/// As much of a name as there is room for.
fn fitting(name: &str, room: f64) -> String {
    let width = |c: char| if c.is_ascii() { LATIN } else { SQUARE };
    if name.chars().map(width).sum::<f64>() <= room {
        return name.to_owned();
    }
    let mut used = SQUARE;
    let kept: String = name
        .chars()
        .take_while(|c| {
            used += width(*c);
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: f64, margin: f64) -> Whisker {
        Whisker { name: "Q4_K".into(), value, margin: Some(margin), wide: Some(2.0 * margin), label: String::new() }
    }

    #[test]
    fn zero_is_in_the_middle_and_vast_intervals_are_cut() {
        let drawn = Whiskers::of(&[one(-20.0, 10.0), one(0.0, 9000.0)]).unwrap();
        let zero = drawn.ticks.iter().find(|tick| tick.is_zero).unwrap();
        assert_eq!((zero.x.as_str(), zero.label.as_str()), ("180.0", "0"));
        assert!(drawn.ticks.len() <= 8, "{:?}", drawn.ticks);
        let cut = |at: usize| drawn.rows[at].interval.as_ref().unwrap().is_cut;
        assert!(!cut(0) && cut(1));
        assert!(drawn.rows[0].x.parse::<f64>().unwrap() < 180.0);
        assert!(Whiskers::of(&[]).is_none());
    }

    #[test]
    fn a_name_leaves_room_for_its_figure() {
        assert_eq!(fitting("Poet", 200.0), "Poet");
        assert_eq!(fitting(&"x".repeat(100), 72.0), format!("{}…", "x".repeat(8)));
    }
}
