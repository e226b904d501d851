//! What an answer's length and marks do to votes, in words.

use crate::i18n::{Locale, percent};
use arena_rating::{Effect, STYLE};

/// One feature.
pub(super) struct StyleLine {
    /// What it is.
    pub name: String,
    /// What it does, in words.
    pub effect: String,
    /// How often the answer that has more of it, by a standard deviation, wins against an equal one: in percent, with the
    /// 95 % interval.
    pub rate: String,
    pub lower: String,
    pub upper: String,
    /// The same on a line from 0 to 100, with no effect in the middle.
    pub from: f64,
    pub to: f64,
    pub at: f64,
}

/// In the order of the features.
const FEATURES: [&str; STYLE] = ["length", "headers", "lists", "bold"];

/// The least that the lines span to each side of 50 %, so that small effects look small.
const LEAST_REACH: f64 = 0.1;

pub(super) fn lines(effects: &[Effect; STYLE], locale: Locale) -> Vec<StyleLine> {
    let ends =
        effects.iter().flat_map(|effect| [effect.coefficient - effect.margin, effect.coefficient + effect.margin]);
    let reach = ends.map(|end| (rate(end) - 0.5).abs()).fold(LEAST_REACH, f64::max);
    FEATURES.iter().zip(effects).map(|(feature, effect)| StyleLine::of(feature, effect, reach, locale)).collect()
}

/// How often one wins whose log odds are these.
fn rate(coefficient: f64) -> f64 {
    1.0 / (1.0 + (-coefficient).exp())
}

impl StyleLine {
    fn of(feature: &str, effect: &Effect, reach: f64, locale: Locale) -> Self {
        let (low, high) = (effect.coefficient - effect.margin, effect.coefficient + effect.margin);
        let direction = match (low > 0.0, high < 0.0) {
            (true, _) => "more",
            (_, true) => "less",
            _ => "none",
        };
        let [at, from, to] = [effect.coefficient, low, high].map(rate);
        let x = |rate: f64| 50.0 + 50.0 * (rate - 0.5) / reach;
        Self {
            name: locale.text(&format!("board-style-{feature}")),
            effect: locale.text(&format!("board-style-{feature}-{direction}")),
            rate: percent(at),
            lower: percent(from),
            upper: percent(to),
            from: x(from),
            to: x(to),
            at: x(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_told_in_words_and_only_where_they_are_certain() {
        let effect = |coefficient, margin| Effect { coefficient, standard_error: margin / 1.96, margin };
        let effects = [effect(0.4, 0.1), effect(-0.3, 0.1), effect(0.1, 0.2), effect(0.0, f64::INFINITY)];
        let lines = lines(&effects, Locale::En);
        assert_eq!(lines[0].effect, "Longer answers win more often");
        assert_eq!((lines[0].rate.as_str(), lines[0].lower.as_str(), lines[0].upper.as_str()), ("60", "57", "62"));
        assert!(lines[0].at > 50.0 && lines[3].to == 100.0, "the widest interval fills its line");
        assert_eq!(lines[1].effect, "Answers with more headings win less often");
        assert_eq!(lines[2].effect, "No clear effect of lists");
        assert_eq!((lines[3].lower.as_str(), lines[3].upper.as_str()), ("0", "100"));
    }
}
