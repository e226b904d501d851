//! Who voted: the votes of each voter together, because one person's votes share one taste.

use super::Tally;

/// One voter's votes on one pair, seen from the first model. Eight bytes, for a board may have millions of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VoterCount {
    /// The first model.
    pub a: u16,
    /// The second.
    pub b: u16,
    /// Votes for the first.
    pub wins: u8,
    /// Votes for the second.
    pub losses: u8,
    /// Votes that count half a win for each.
    pub halves: u8,
}

impl VoterCount {
    /// All votes.
    #[must_use]
    pub fn battles(self) -> u32 {
        u32::from(self.wins) + u32::from(self.losses) + u32::from(self.halves)
    }

    /// Wins of the first, twice, with one for each half.
    #[must_use]
    pub fn twice_score(self) -> u32 {
        2 * u32::from(self.wins) + u32::from(self.halves)
    }

    /// One vote, by the score of the first.
    #[inline]
    fn of_score(a: usize, b: usize, score: f64) -> Self {
        // No jump depends on who won: votes are as good as random.
        let (wins, losses) = (u8::from(score == 1.0), u8::from(score == 0.0));
        let halves = 1 - (wins | losses);
        Self { a: number(a), b: number(b), wins, losses, halves }
    }
}

#[inline]
fn number(model: usize) -> u16 {
    u16::try_from(model).unwrap_or_else(|_| panic!("{model} is more models than voters are counted for"))
}

/// How many people's votes there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clusters {
    /// All voters.
    pub count: usize,
    /// As many voters with equally many votes would count for as much: `(Σ n)² / Σ n²`. The same as `count` where all
    /// voted equally often, and near 1 where one voter cast most votes.
    pub effective: f64,
}

/// The votes of all voters. A vote whose voter is not known is a voter of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voters {
    counts: Vec<VoterCount>,
    /// Where each voter's counts end.
    ends: Vec<u32>,
}

impl Voters {
    /// Puts votes together by voter: the number of the voter, both models, and the score of the first (1, ½ or 0).
    /// Voters are numbered from 0 below `voters`, and those without a vote are left out.
    ///
    /// # Panics
    /// When a voter's number is not below `voters`, or there are 2³² votes or 2¹⁶ models.
    #[must_use]
    pub fn from_votes(voters: usize, votes: impl Iterator<Item = (u32, usize, usize, f64)> + Clone) -> Self {
        let mut ends = vec![0_u32; voters];
        for (voter, ..) in votes.clone() {
            ends[voter as usize] += 1;
        }
        let mut total = 0_u32;
        for end in &mut ends {
            // Where the voter begins; filling moves it to where they end.
            total = total.checked_add(std::mem::replace(end, total)).unwrap_or_else(|| panic!("more than 2³² votes"));
        }
        let mut counts = vec![VoterCount::default(); total as usize];
        for (voter, a, b, score) in votes {
            let at = &mut ends[voter as usize];
            counts[*at as usize] = VoterCount::of_score(a, b, score);
            *at += 1;
        }
        ends.dedup();
        if ends.first() == Some(&0) {
            ends.remove(0);
        }
        Self { counts, ends }
    }

    /// Adds a voter with all their counts.
    ///
    /// # Panics
    /// When there are 2³² counts or 2¹⁶ models.
    pub fn push(&mut self, counts: impl IntoIterator<Item = (usize, usize, Tally)>) {
        for (a, b, tally) in counts {
            let mut left = [tally.wins, tally.losses, tally.halves()];
            while left != [0; 3] {
                // As many as a count can hold; more of them go into another.
                let part = left.map(|left| left.min(u64::from(u8::MAX)));
                let [wins, losses, halves] = part.map(|part| part as u8);
                self.counts.push(VoterCount { a: number(a), b: number(b), wins, losses, halves });
                for (left, part) in left.iter_mut().zip(part) {
                    *left -= part;
                }
            }
        }
        let end = u32::try_from(self.counts.len()).unwrap_or_else(|_| panic!("more than 2³² counts"));
        if self.ends.last().copied().unwrap_or(0) < end {
            self.ends.push(end);
        }
    }

    /// The counts of each voter.
    pub fn each(&self) -> impl Iterator<Item = &[VoterCount]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, &end)| &self.counts[begin as usize..end as usize])
    }

    /// How many voters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nobody voted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}
