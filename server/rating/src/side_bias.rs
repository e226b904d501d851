//! Whether one side wins more than the other. Sides are drawn at random, so whoever the models are, the left one should
//! win as often as the right one.

use super::distribution::{normal_tail, student_tail, t95};

/// How often the left side won.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SideBias {
    /// Votes for the left answer.
    pub left: u64,
    /// Votes for the right answer.
    pub right: u64,
    /// The share of votes for the left among these.
    pub share: f64,
    /// Half the width of its 95 % interval.
    pub margin: f64,
    /// How likely so large a difference is where there is no bias.
    pub p_value: f64,
}

impl SideBias {
    /// From each voter's votes for the left and for the right; one person's votes are not independent. Nothing without a
    /// vote.
    #[must_use]
    pub fn of(voters: impl IntoIterator<Item = (u64, u64)>) -> Option<Self> {
        let (mut left, mut right, mut squares, mut count) = (0, 0, 0.0, 0.0);
        let mut all = Vec::new();
        for (l, r) in voters.into_iter().filter(|&(l, r)| l + r > 0) {
            (left, right) = (left + l, right + r);
            squares += (l as f64 - r as f64).powi(2);
            count += 1.0;
            all.push((l as f64, r as f64));
        }
        let votes = (left + right) as f64;
        if votes == 0.0 {
            return None;
        }
        let share = left as f64 / votes;
        // The ratio estimate's variance, clustered: Σ (l - share · n)² / n², K/(K-1).
        let scatter: f64 = all.iter().map(|(l, r)| (l - share * (l + r)).powi(2)).sum();
        let factor = if count > 1.0 { count / (count - 1.0) } else { f64::INFINITY };
        let margin = t95(Some(count - 1.0)) * (factor * scatter).sqrt() / votes;
        let z = (left as f64 - right as f64) / squares.sqrt();
        let p_value = if squares == 0.0 {
            1.0
        } else if count < 200.0 {
            student_tail(z, count)
        } else {
            normal_tail(z)
        };
        Some(Self { left, right, share, margin: if margin.is_nan() { f64::INFINITY } else { margin }, p_value })
    }

    /// Whether it is more than chance, at 1 %.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.p_value < 0.01
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_votes_there_is_nothing_to_say() {
        assert_eq!(SideBias::of([]), None);
        assert_eq!(SideBias::of([(0, 0)]), None);
    }

    #[test]
    fn single_votes_give_the_binomial_test() {
        // 560 to 440, each another's: z = 120/√1000.
        let votes = std::iter::repeat_n((1, 0), 560).chain(std::iter::repeat_n((0, 1), 440));
        let Some(bias) = SideBias::of(votes) else { panic!("votes were given") };
        assert!((bias.p_value - 1.479e-4).abs() < 1e-6, "{bias:?}");
        assert!((bias.share - 0.56).abs() < 1e-12 && bias.is_certain());
        let by_hand = 1.9623 * (0.56 * 0.44 / 999.0_f64).sqrt();
        assert!((bias.margin - by_hand).abs() < 1e-5, "{bias:?}");
    }

    #[test]
    fn one_voter_who_always_votes_left_is_no_bias_of_the_site() {
        let votes = std::iter::once((200, 0)).chain(std::iter::repeat_n((1, 1), 400));
        let Some(bias) = SideBias::of(votes) else { panic!("votes were given") };
        assert!(bias.p_value > 0.3 && !bias.is_certain(), "{bias:?}");
    }
}
