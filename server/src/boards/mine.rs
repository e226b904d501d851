//! What one visitor's own votes say: their ranking of the models, and whether they like small ones.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Choice, ModelId};
use arena_rating::{Board, BoardSettings, Share, ShareSum, Tally};

/// A visitor's vote on a blind pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnVote {
    /// The left model.
    pub a: ModelId,
    /// The right model.
    pub b: ModelId,
    pub choice: Choice,
}

/// What they say together.
#[derive(Debug)]
pub struct OwnBoard {
    /// The ranking. All votes are one person's, so that intervals say how these votes scatter, and nothing of other people.
    pub board: Board<ModelId>,
    /// How often the smaller model was preferred, of how many votes for one of two models of different sizes.
    pub smaller: Option<Smaller>,
}

/// How often the smaller model was preferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smaller {
    pub preferred: u64,
    pub of: u64,
    /// With its interval: [`ShareSum::share`].
    pub share: Share,
}

impl OwnVote {
    fn tally(self) -> Tally {
        let one = Tally::default();
        match self.choice {
            Choice::A => Tally { wins: 1, ..one },
            Choice::B => Tally { losses: 1, ..one },
            Choice::BothBad => Tally { both_bad: 1, ..one },
            _ => Tally { ties: 1, ..one },
        }
    }

    /// Whether the smaller one was preferred; nothing where neither was, or where the sizes do not differ or are not known.
    fn prefers_smaller(self, sizes: &HashMap<ModelId, i64>) -> Option<bool> {
        let (a, b) = (sizes.get(&self.a)?, sizes.get(&self.b)?);
        match self.choice {
            Choice::A if a != b => Some(a < b),
            Choice::B if a != b => Some(b < a),
            _ => None,
        }
    }
}

impl OwnBoard {
    /// Out of these votes, with the numbers of parameters that are known; the mean stands at `center`.
    #[must_use]
    pub fn of(votes: &[OwnVote], sizes: &HashMap<ModelId, i64>, center: f64) -> Self {
        let mut pairs: BTreeMap<(ModelId, ModelId), Tally> = BTreeMap::new();
        for vote in votes {
            let (pair, tally) = match vote.a < vote.b {
                true => ((vote.a, vote.b), vote.tally()),
                false => ((vote.b, vote.a), vote.tally().flipped()),
            };
            *pairs.entry(pair).or_default() += tally;
        }
        let pairs: Vec<_> = pairs.into_iter().map(|((low, high), tally)| (low, high, tally)).collect();
        let settings = BoardSettings { center, ..BoardSettings::default() };
        let board = Board::compute(&pairs, None, None, &BTreeMap::new(), &settings);
        let decided: Vec<bool> = votes.iter().filter_map(|vote| vote.prefers_smaller(sizes)).collect();
        let mut sum = ShareSum::default();
        // Each vote by itself: what is asked is how this one person chooses.
        decided.iter().for_each(|smaller| sum.add(1.0, f64::from(u8::from(*smaller))));
        let preferred = decided.iter().filter(|smaller| **smaller).count() as u64;
        let smaller = sum.share().map(|share| Smaller { preferred, of: decided.len() as u64, share });
        Self { board, smaller }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SMALL: ModelId = ModelId(Uuid::from_u128(1));
    const BIG: ModelId = ModelId(Uuid::from_u128(2));
    const UNKNOWN: ModelId = ModelId(Uuid::from_u128(3));

    fn vote(a: ModelId, b: ModelId, choice: Choice) -> OwnVote {
        OwnVote { a, b, choice }
    }

    #[test]
    fn sides_do_not_matter_and_the_ranking_is_that_of_the_votes() {
        let votes = [
            vote(SMALL, BIG, Choice::A),
            vote(BIG, SMALL, Choice::B),
            vote(SMALL, BIG, Choice::A),
            vote(BIG, SMALL, Choice::A),
            vote(SMALL, BIG, Choice::Tie),
        ];
        let own = OwnBoard::of(&votes, &HashMap::from([(SMALL, 7), (BIG, 70)]), 1000.0);
        assert_eq!(own.board.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [SMALL, BIG]);
        let tally = own.board.entries[0].tally;
        assert_eq!((tally.wins, tally.losses, tally.ties), (3, 1, 1));
        // 3.5 of 5: 400 log10(3.5 / 1.5) = 147.2 points apart, around 1000.
        let ratings: Vec<f64> =
            own.board.entries.iter().filter_map(|entry| entry.standing.rated()).map(|rated| rated.rating).collect();
        assert!((ratings[0] - 1073.6).abs() < 0.1 && (ratings[1] - 926.4).abs() < 0.1, "{ratings:?}");
        let smaller = own.smaller.expect("four decided");
        assert_eq!((smaller.preferred, smaller.of), (3, 4));
        // Wilson's interval of 3 in 4 for a scatter that is estimated too: 3 votes' worth (4 divided by 4/3), t of 3 degrees 3.182.
        assert!(
            (smaller.share.lower - 0.131).abs() < 0.001 && (smaller.share.upper - 0.984).abs() < 0.001,
            "{smaller:?}"
        );
    }

    #[test]
    fn what_does_not_decide_between_sizes_says_nothing_of_them() {
        let sizes = HashMap::from([(SMALL, 7), (BIG, 7)]);
        let votes = [vote(SMALL, BIG, Choice::A), vote(SMALL, UNKNOWN, Choice::B), vote(UNKNOWN, BIG, Choice::BothBad)];
        assert_eq!(OwnBoard::of(&votes, &sizes, 1000.0).smaller, None);
        let none = OwnBoard::of(&[], &sizes, 1000.0);
        assert!(none.board.entries.is_empty() && none.smaller.is_none());
    }
}
