//! Numbers as people read them.

use super::Language;

impl Language {
    /// A count of parameters or tokens to three digits: 13.7M, 46.7B; 1370 万, 467 亿.
    pub fn count(self, number: u64) -> String {
        let units: &[(f64, &str)] = match self {
            Self::English => &[(1e9, "B"), (1e6, "M"), (1e3, "K")],
            Self::Chinese => &[(1e8, " 亿"), (1e4, " 万")],
        };
        let digits = number.checked_ilog10().unwrap_or(0);
        let step = 10f64.powi(digits.saturating_sub(2) as i32);
        let rounded = (number as f64 / step).round() * step;
        match units.iter().find(|(size, _)| rounded >= *size) {
            // Three digits and no more: the quotient may have been rounded in binary.
            Some((size, unit)) => format!("{}{unit}", (rounded / size * 1e3).round() / 1e3),
            None => number.to_string(),
        }
    }
}

/// A share in percent: 63.4%.
pub fn percent(part: f64, all: f64) -> String {
    format!("{:.1}%", 100.0 * part / if all == 0.0 { 1.0 } else { all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_short_and_in_the_units_of_their_language() {
        for (number, english, chinese) in [
            (7, "7", "7"),
            (999, "999", "999"),
            (6_400, "6.4K", "6400"),
            (215_432, "215K", "21.5 万"),
            (999_900, "1M", "100 万"),
            (5_209_000, "5.21M", "521 万"),
            (13_719_296, "13.7M", "1370 万"),
            (46_702_792_704, "46.7B", "467 亿"),
            (140_630_071_296, "141B", "1410 亿"),
        ] {
            assert_eq!(Language::English.count(number), english);
            assert_eq!(Language::Chinese.count(number), chinese);
        }
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert_eq!((percent(1.0, 3.0), percent(0.0, 0.0)), ("33.3%".to_owned(), "0.0%".to_owned()));
    }
}
