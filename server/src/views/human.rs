//! Numbers and times as people read them.

use chrono::{DateTime, Utc};

use crate::domain::{BattleKind, Choice, ModelState};

/// A moment to the minute, in UTC.
pub fn when(time: &DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M").to_string()
}

/// Bytes in decimal units, as file managers and the model hubs count them.
pub fn bytes(n: u64) -> String {
    scaled(n, &["B", "kB", "MB", "GB", "TB"], " ")
}

/// A number of parameters: 13.7 M, 46.7 B.
pub fn parameters(n: &i64) -> String {
    scaled(n.unsigned_abs(), &["", "K", "M", "B", "T"], " ")
}

/// The key of a model state's text.
pub fn state_key(state: &ModelState) -> &'static str {
    match state {
        ModelState::Enabled => "models-state-enabled",
        ModelState::Disabled => "models-state-disabled",
        ModelState::Retired => "models-state-retired",
    }
}

/// The key of a kind's text in the administration.
pub fn kind_key(kind: &BattleKind) -> &'static str {
    match kind {
        BattleKind::Battle => "battles-kind-battle",
        BattleKind::SideBySide => "battles-kind-side-by-side",
        BattleKind::Direct => "battles-kind-direct",
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

fn scaled(n: u64, units: &[&str], space: &str) -> String {
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let number = if unit == 0 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    let text = format!("{number}{space}{}", units[unit]);
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_what_a_person_compares() {
        assert_eq!(parameters(&13_700_000), "13.7 M");
        assert_eq!(parameters(&46_702_792_704), "46.7 B");
        assert_eq!(parameters(&950), "950");
        assert_eq!(bytes(999_600), "1.0 MB");
        assert_eq!(bytes(14_743_072), "14.7 MB");
        assert_eq!(bytes(0), "0 B");
    }
}
