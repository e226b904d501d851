//! What pictures of ratings span.

use crate::views::ticks;
use arena_rating::Rated;

/// From the lowest to the highest rating that is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    low: f64,
    high: f64,
}

impl Span {
    /// All ratings and their intervals, these no further than the ratings' own spread and at least 100 points beyond it, so
    /// that a newcomer does not squeeze all others. Of the largest group; nothing where it has no rating.
    pub fn of(rated: impl Iterator<Item = Rated> + Clone) -> Option<Self> {
        let rated = rated.filter(|rated| rated.group == 0);
        let ratings = || rated.clone().map(|rated| rated.rating);
        let (lowest, highest) = (ratings().fold(f64::INFINITY, f64::min), ratings().fold(f64::NEG_INFINITY, f64::max));
        if lowest > highest {
            return None;
        }
        let room = (highest - lowest).max(100.0);
        let low = rated.clone().map(|rated| rated.interval().0).fold(f64::INFINITY, f64::min);
        let high = rated.map(|rated| rated.interval().1).fold(f64::NEG_INFINITY, f64::max);
        let pad = 0.03 * room;
        Some(Self { low: low.max(lowest - room) - pad, high: high.min(highest + room) + pad })
    }

    /// Where a rating stands, from 0 at the low end to 1; what lies beyond stands at the end.
    pub fn share(self, rating: f64) -> f64 {
        ((rating - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// Whether a rating lies beyond an end.
    pub fn cuts(self, rating: f64) -> bool {
        rating < self.low || rating > self.high
    }

    /// Round numbers in it, at most so many.
    pub fn ticks(self, most: f64) -> impl Iterator<Item = f64> {
        ticks(self.low, self.high, most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(rating: f64, standard_error: f64) -> Rated {
        Rated { group: 0, rating, standard_error, margin: 1.96 * standard_error }
    }

    fn span(rated: &[Rated]) -> Span {
        Span::of(rated.iter().copied()).unwrap()
    }

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |low, high| Span { low, high }.ticks(7.0).collect::<Vec<_>>();
        assert_eq!(ticks(987.0, 1013.0), [990.0, 1000.0, 1010.0]);
        assert_eq!(ticks(800.0, 1200.0), [800.0, 900.0, 1000.0, 1100.0, 1200.0]);
        for (low, high) in [(0.0, 1.0), (-5000.0, 5000.0), (100.0, 140.0), (-1e6, 1e6)] {
            assert!(ticks(low, high).len() < 300, "{low} {high}");
        }
    }

    #[test]
    fn a_newcomer_with_a_vast_interval_does_not_squeeze_the_others() {
        let wide = span(&[one(1100.0, 10.0), one(1000.0, 10.0), one(900.0, 2000.0)]);
        assert!(wide.low > 600.0 && wide.high < 1400.0 && wide.cuts(-3000.0), "{wide:?}");
        let endless = span(&[one(1100.0, 10.0), one(1000.0, f64::INFINITY)]);
        assert!(endless.low > 600.0 && endless.high < 1400.0, "{endless:?}");
        let narrow = span(&[one(1000.0, 5.0), one(1000.0, 5.0)]);
        assert!(narrow.low > 980.0 && narrow.high < 1020.0 && !narrow.cuts(1000.0), "{narrow:?}");
        assert_eq!(Span::of(std::iter::empty()), None);
    }
}
