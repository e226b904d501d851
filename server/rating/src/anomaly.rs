//! Whether a voter votes as others do: an e-process, which may be looked at after every vote.
//!
//! If a voter's outcomes come from the distribution that the pair's other votes show, then the product of
//! `alternative / expected` over their votes is a martingale that starts at 1, and so is a mixture of several. Ville's
//! inequality: it ever reaches `1/α` with a probability of at most α, however often one looks (Ramdas et al. 2023). So a voter
//! is flagged at a stated rate, and nothing has to be corrected for looking at random moments.

use super::Tally;

/// Votes that the expectation of a pair begins with, spread over its three outcomes: no outcome is impossible, and few votes
/// by others are no law.
const PRIOR: f64 = 6.0;
/// How sure the alternatives are of what they do.
const RESOLVE: f64 = 0.9;

/// What was voted, seen from the left answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideChoice {
    /// The left answer.
    Left,
    /// The right answer.
    Right,
    /// Neither: a tie, or both bad.
    Neither,
}

/// One voter's evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct VoterEvidence {
    /// The logarithm of each alternative's product: random, left, right, inverted.
    simple: [f64; 4],
    /// The same of each model that the voter met, for whom they may vote whatever it says.
    boosted: Vec<(u32, f64)>,
    models: usize,
    highest: f64,
    votes: u64,
}

impl VoterEvidence {
    /// Nothing seen yet of a voter in an arena with so many models.
    #[must_use]
    pub fn new(models: usize) -> Self {
        Self { simple: [0.0; 4], boosted: Vec::new(), models: models.max(1), highest: 0.0, votes: 0 }
    }

    /// Takes one more vote into account: the models on both sides, what others voted on them (seen from the left one), and
    /// what this voter chose.
    pub fn observe(&mut self, left: u32, right: u32, others: Tally, choice: SideChoice) {
        let n = others.battles() as f64 + PRIOR;
        let share = |votes: u64| (votes as f64 + PRIOR / 3.0) / n;
        let expected = [share(others.wins), share(others.losses), share(others.halves())];
        let place = match choice {
            SideChoice::Left => 0,
            SideChoice::Right => 1,
            SideChoice::Neither => 2,
        };
        let resolved = |to: usize| if place == to { RESOLVE } else { 0.5 * (1.0 - RESOLVE) };
        let own = expected[place].ln();
        let inverted = [expected[1], expected[0], expected[2]][place];
        let alternatives = [1.0 / 3.0, resolved(0), resolved(1), inverted];
        for (sum, alternative) in self.simple.iter_mut().zip(alternatives) {
            *sum += alternative.ln() - own;
        }
        for (model, to) in [(left, 0), (right, 1)] {
            let gained = resolved(to).ln() - own;
            match self.boosted.iter_mut().find(|one| one.0 == model) {
                Some(one) => one.1 += gained,
                None => self.boosted.push((model, gained)),
            }
        }
        self.votes += 1;
        self.highest = self.highest.max(self.log_evidence());
    }

    /// The natural logarithm of the e-value: half of it on the four simple alternatives, half on each model alike. Models that the
    /// voter never met stay at 1.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        let most = self.simple.iter().copied().chain(self.boosted.iter().map(|one| one.1)).fold(0.0, f64::max);
        let simple: f64 = self.simple.iter().map(|log| (log - most).exp()).sum::<f64>() / 4.0;
        let met: f64 = self.boosted.iter().map(|one| (one.1 - most).exp()).sum();
        let others = self.models.saturating_sub(self.boosted.len()) as f64 * (-most).exp();
        most + (0.5 * simple + 0.5 * (met + others) / self.models.max(self.boosted.len()) as f64).ln()
    }

    /// The e-value now: how many times as likely the voter's votes are if they do not vote as others do.
    #[must_use]
    pub fn evidence(&self) -> f64 {
        self.log_evidence().exp()
    }

    /// The highest natural logarithm of the e-value so far.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.highest
    }

    /// Whether it ever reached `1/α`: of voters who vote as others do, at most a share of α is flagged.
    #[must_use]
    pub fn is_flagged(&self, alpha: f64) -> bool {
        self.highest >= -alpha.ln()
    }

    /// How many votes were taken into account.
    #[must_use]
    pub fn votes(&self) -> u64 {
        self.votes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const MODELS: usize = 10;

    /// What others voted on two models whose strengths are apart.
    fn others(left: usize, right: usize) -> Tally {
        let p = 1.0 / (1.0 + (0.35 * (right as f64 - left as f64)).exp());
        let wins = (400.0 * p).round() as u64;
        Tally { wins, losses: 400 - wins, ties: 100, both_bad: 0 }
    }

    /// After how many votes a voter is flagged at 5 %, if within 150.
    fn flagged_after(
        random: &mut Random,
        vote: impl Fn(&mut Random, usize, usize, SideChoice) -> SideChoice,
    ) -> Option<u64> {
        let mut evidence = VoterEvidence::new(MODELS);
        for _ in 0..150 {
            let left = random.below(MODELS);
            let right = (left + 1 + random.below(MODELS - 1)) % MODELS;
            let known = others(left, right);
            let drawn = random.uniform() * known.battles() as f64;
            let honest = if drawn < known.wins as f64 {
                SideChoice::Left
            } else if drawn < (known.wins + known.losses) as f64 {
                SideChoice::Right
            } else {
                SideChoice::Neither
            };
            let chosen = vote(random, left, right, honest);
            evidence.observe(left as u32, right as u32, known, chosen);
            if evidence.is_flagged(0.05) {
                return Some(evidence.votes());
            }
        }
        None
    }

    fn median(mut found: Vec<Option<u64>>) -> u64 {
        found.sort_by_key(|one| one.unwrap_or(u64::MAX));
        found[found.len() / 2].unwrap_or(u64::MAX)
    }

    #[test]
    fn of_those_who_vote_as_others_at_most_the_stated_share_is_flagged() {
        let mut random = Random::seeded(1);
        let flagged = (0..2000).filter(|_| flagged_after(&mut random, |_, _, _, honest| honest).is_some()).count();
        assert!(flagged <= 2000 / 20, "{flagged} of 2000");
    }

    #[test]
    fn those_who_do_not_are_caught_soon() {
        let mut random = Random::seeded(2);
        let mut typical = |vote: &dyn Fn(&mut Random, usize, usize, SideChoice) -> SideChoice| {
            median((0..200).map(|_| flagged_after(&mut random, vote)).collect())
        };
        let left = typical(&|_, _, _, _| SideChoice::Left);
        assert!(left <= 10, "always left: {left}");
        let inverted = typical(&|_, _, _, honest| match honest {
            SideChoice::Left => SideChoice::Right,
            SideChoice::Right => SideChoice::Left,
            SideChoice::Neither => SideChoice::Neither,
        });
        assert!(inverted <= 30, "inverted: {inverted}");
        let at_random =
            typical(&|random, _, _, _| [SideChoice::Left, SideChoice::Right, SideChoice::Neither][random.below(3)]);
        assert!(at_random <= 100, "at random: {at_random}");
        let boosting = typical(&|_, left, right, honest| match (left, right) {
            (2, _) => SideChoice::Left,
            (_, 2) => SideChoice::Right,
            _ => honest,
        });
        assert!(boosting <= 120, "for one model: {boosting}");
    }

    #[test]
    fn nothing_seen_is_no_evidence() {
        let evidence = VoterEvidence::new(3);
        assert!((evidence.evidence() - 1.0).abs() < 1e-12 && !evidence.is_flagged(0.05));
    }
}
