//! The same models in Chinese and in English, as lines.

use super::named_board::NamedBoard;
use crate::boards::LanguageGap;

/// One model.
pub(super) struct GapLine {
    pub slug: String,
    pub name: String,
    /// Its rating in Chinese less that in English, with a sign.
    pub difference: String,
    pub margin: Option<String>,
    /// Whether zero lies outside of the interval.
    pub is_certain: bool,
    /// The interval on a line from 0 to 100, with no difference in the middle.
    pub from: f64,
    pub to: f64,
    pub at: f64,
}

pub(super) fn lines(gap: &LanguageGap, named: &NamedBoard) -> Vec<GapLine> {
    let reach = |difference: f64, margin: f64| difference.abs() + if margin.is_finite() { margin } else { 0.0 };
    let widest = gap.models.iter().map(|(_, one)| reach(one.difference, one.margin)).fold(1.0, f64::max);
    let x = |value: f64| (50.0 + 50.0 * value / widest).clamp(0.0, 100.0);
    let line = |(id, one): &(_, arena_rating::RatingDifference)| {
        let model = named.models.get(*id)?;
        let (difference, margin) = (one.difference, one.margin);
        Some(GapLine {
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            difference: format!("{difference:+.0}"),
            margin: margin.is_finite().then(|| format!("{:.0}", margin.ceil())),
            is_certain: difference.abs() > margin,
            from: x(difference - margin),
            to: x(difference + margin),
            at: x(difference),
        })
    };
    gap.models.iter().filter_map(line).collect()
}
