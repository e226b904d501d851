//! Numbers and times as people read them.

use std::fmt;
use std::time::Duration;

use askama::filters::HtmlSafe;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::domain::{BattleKind, Choice, ModelState};
use crate::i18n::Locale;
use crate::store::models::Model;
use arena_rating::{RankRange, Unrated};

/// A moment to the minute, in UTC, for texts without a browser.
pub fn when(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A moment on a page: `<time datetime="…">` around the same moment in UTC, which `time.js` turns into the visitor's own
/// time.
#[derive(Debug, Clone, Copy)]
pub struct Time(DateTime<Utc>);

/// A moment on a page.
pub fn time(time: &DateTime<Utc>) -> Time {
    Time(*time)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(f, "<time datetime=\"{exact}\">{}</time>", when(&self.0))
    }
}

// Digits, letters and the tag itself.
impl HtmlSafe for Time {}

/// A duration in seconds with two decimals: 0.06, 12.50.
pub fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

/// Bytes in decimal units, as file managers and the model hubs count them.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 99.95);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A number of parameters as its language counts: 13.7M and 46.7B, 1370 万 and 467 亿.
pub fn parameters(n: &i64, locale: &Locale) -> String {
    let value = n.unsigned_abs() as f64;
    let units: &[(f64, &str)] = match locale {
        Locale::En => &[(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")],
        Locale::Zh => &[(1e12, " 万亿"), (1e8, " 亿"), (1e4, " 万")],
    };
    // Three digits are what a person compares; what rounds up to the next unit is told in that one.
    let unit = units.iter().find(|(size, _)| value >= size * 0.9995);
    let (value, unit) = unit.map_or((value, ""), |(size, unit)| (value / size, *unit));
    let decimals = usize::from(value < 99.95);
    let number = format!("{value:.decimals$}");
    format!("{}{unit}", number.strip_suffix(".0").unwrap_or(&number))
}

/// The key of the text of what a model is: its state, or that it is only a name in imported votes.
pub fn standing_key(model: &Model) -> &'static str {
    if model.is_imported() { "models-state-imported" } else { state_key(&model.state) }
}

/// The key of a model state's text.
pub fn state_key(state: &ModelState) -> &'static str {
    match state {
        ModelState::Enabled => "models-state-enabled",
        ModelState::Disabled => "models-state-disabled",
        ModelState::Retired => "models-state-retired",
    }
}

/// What a visitor reads of a kind.
pub fn kind_text(locale: Locale, kind: BattleKind) -> String {
    locale.text(&format!("kind-{}", kind.as_str().replace('_', "-")))
}

/// What a visitor reads of a vote.
pub fn voted_text(locale: Locale, choice: Choice) -> String {
    locale.text(&format!("voted-{}", choice.as_str().replace('_', "-")))
}

/// The key of a kind's text in the administration.
pub fn kind_key(kind: &BattleKind) -> &'static str {
    match kind {
        BattleKind::Battle => "battles-kind-battle",
        BattleKind::SideBySide => "battles-kind-side-by-side",
        BattleKind::Direct => "battles-kind-direct",
        BattleKind::Imported => "battles-kind-imported",
        BattleKind::Judge => "battles-kind-judge",
    }
}

/// The key of a vote's text in the administration.
pub fn choice_key(choice: &Choice) -> &'static str {
    match choice {
        Choice::A => "votes-choice-a",
        Choice::B => "votes-choice-b",
        Choice::Tie => "votes-choice-tie",
        Choice::BothBad => "votes-choice-both-bad",
        Choice::Up => "votes-choice-up",
        Choice::Down => "votes-choice-down",
    }
}

/// One rank, or from the best to the worst.
pub fn rank_range(rank: RankRange) -> String {
    if rank.best == rank.worst { rank.best.to_string() } else { format!("{}–{}", rank.best, rank.worst) }
}

/// The key of the text that says why a model has no rating.
pub fn unrated_reason(why: Unrated) -> &'static str {
    match why {
        Unrated::NoBattles => "board-why-no-votes",
        Unrated::WonAll => "board-why-won-all",
        Unrated::LostAll => "board-why-lost-all",
        Unrated::OneSided => "board-why-one-sided",
    }
}

/// Languages with a name of their own in the locale files; others are shown by their code.
const NAMED_LANGUAGES: &[&str] = &["zh", "en", "ja", "ko", "fr", "de", "es", "ru", "pt", "it", "ar", "vi", "und"];

/// What a language is called.
pub fn language_name(locale: Locale, code: &str) -> String {
    if NAMED_LANGUAGES.contains(&code) { locale.text(&format!("board-language-{code}")) } else { code.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_what_a_person_compares() {
        for (n, en, zh) in [
            (950, "950", "950"),
            (13_700_000, "13.7M", "1370 万"),
            (46_702_792_704, "46.7B", "467 亿"),
            (7_000_000_000, "7B", "70 亿"),
            (999_960_000, "1B", "10 亿"),
            (1_250_000, "1.2M", "125 万"),
            (99_999_000, "100M", "1 亿"),
            (141_000_000_000, "141B", "1410 亿"),
        ] {
            assert_eq!((parameters(&n, &Locale::En).as_str(), parameters(&n, &Locale::Zh).as_str()), (en, zh), "{n}");
        }
        assert_eq!(bytes(999_600), "1.0 MB");
        assert_eq!(bytes(14_743_072), "14.7 MB");
        assert_eq!(bytes(0), "0 B");
    }

    #[test]
    fn a_moment_says_its_zone_and_is_exact_for_scripts() {
        let moment = DateTime::from_timestamp(1_785_000_000, 0).unwrap();
        assert_eq!(time(&moment).to_string(), "<time datetime=\"2026-07-25T17:20:00Z\">2026-07-25 17:20 UTC</time>");
    }
}
