//! How often each model won, lost and tied against each other one.

use std::ops::AddAssign;

/// The votes on two models, seen from the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Votes for the first.
    pub wins: u64,
    /// Votes for the second.
    pub losses: u64,
    /// Votes for both.
    pub ties: u64,
    /// Votes against both.
    pub both_bad: u64,
}

impl Tally {
    /// All votes.
    #[must_use]
    pub fn battles(self) -> u64 {
        self.wins + self.losses + self.halves()
    }

    /// Votes that count half a win for each.
    #[must_use]
    pub fn halves(self) -> u64 {
        self.ties + self.both_bad
    }

    /// Wins, with halves.
    #[must_use]
    pub fn score(self) -> f64 {
        self.wins as f64 + 0.5 * self.halves() as f64
    }

    /// The share of wins, with halves; nothing without a vote.
    #[must_use]
    pub fn win_rate(self) -> Option<f64> {
        (self.battles() > 0).then(|| self.score() / self.battles() as f64)
    }

    /// The share of votes against both; nothing without a vote.
    #[must_use]
    pub fn both_bad_share(self) -> Option<f64> {
        (self.battles() > 0).then(|| self.both_bad as f64 / self.battles() as f64)
    }

    /// The same votes, seen from the second model.
    #[must_use]
    pub fn flipped(self) -> Self {
        Self { wins: self.losses, losses: self.wins, ..self }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.wins += other.wins;
        self.losses += other.losses;
        self.ties += other.ties;
        self.both_bad += other.both_bad;
    }
}

/// The tallies of all pairs of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs {
    models: usize,
    /// The lower triangle, row by row: the pair (a, b) with a < b stands at b(b-1)/2 + a.
    triangle: Vec<Tally>,
}

impl Pairs {
    /// No votes yet between this many models.
    #[must_use]
    pub fn new(models: usize) -> Self {
        Self { models, triangle: vec![Tally::default(); models * models.saturating_sub(1) / 2] }
    }

    /// How many models there are.
    #[must_use]
    pub fn models(&self) -> usize {
        self.models
    }

    /// Adds votes on `a` and `b`, seen from `a`.
    ///
    /// # Panics
    /// When one of them is no model, or both are the same.
    pub fn add(&mut self, a: usize, b: usize, tally: Tally) {
        assert!(a != b && a.max(b) < self.models, "{a} and {b} are no pair of {} models", self.models);
        let (low, high) = (a.min(b), a.max(b));
        self.triangle[high * (high - 1) / 2 + low] += if a < b { tally } else { tally.flipped() };
    }

    /// Takes votes on `a` and `b`, seen from `a`, away again; more than there are leave none.
    ///
    /// # Panics
    /// When one of them is no model, or both are the same.
    pub fn remove(&mut self, a: usize, b: usize, tally: Tally) {
        assert!(a != b && a.max(b) < self.models, "{a} and {b} are no pair of {} models", self.models);
        let (low, high) = (a.min(b), a.max(b));
        let gone = if a < b { tally } else { tally.flipped() };
        let left = &mut self.triangle[high * (high - 1) / 2 + low];
        left.wins = left.wins.saturating_sub(gone.wins);
        left.losses = left.losses.saturating_sub(gone.losses);
        left.ties = left.ties.saturating_sub(gone.ties);
        left.both_bad = left.both_bad.saturating_sub(gone.both_bad);
    }

    /// Adds one vote by its score: 1 where `a` won, 0 where `b` did, ½ for a tie.
    ///
    /// # Panics
    /// When one of them is no model, or both are the same.
    pub fn add_score(&mut self, a: usize, b: usize, score: f64) {
        assert!(a != b && a.max(b) < self.models, "{a} and {b} are no pair of {} models", self.models);
        let (low, high) = (a.min(b), a.max(b));
        let tally = &mut self.triangle[high * (high - 1) / 2 + low];
        let score = if a < b { score } else { 1.0 - score };
        tally.wins += u64::from(score == 1.0);
        tally.losses += u64::from(score == 0.0);
        tally.ties += u64::from(score != 1.0 && score != 0.0);
    }

    /// The tallies of many votes: both models, and the score of the first (1, ½ or 0). Faster than adding one by one: a vote is
    /// one step of one counter, whichever of its models stands first.
    ///
    /// # Panics
    /// When one of two is no model, both are the same, or there are 2³² votes.
    #[must_use]
    pub fn from_votes(models: usize, votes: impl Iterator<Item = (usize, usize, f64)>) -> Self {
        const LOST: usize = 0;
        const WON: usize = 2;
        let mut counts = vec![[0_u32; 3]; models * models];
        for (a, b, score) in votes {
            // Twice the score of a win, a half and a loss, whatever else a score may be.
            let outcome = 2 * usize::from(score == 1.0) + usize::from(score != 1.0 && score != 0.0);
            assert!(a != b && a < models && b < models, "{a} and {b} are no pair of {models} models");
            let count = &mut counts[a * models + b][outcome];
            *count = count.checked_add(1).unwrap_or_else(|| panic!("more than 2³² votes"));
        }
        let mut pairs = Self::new(models);
        let mut tallies = pairs.triangle.iter_mut();
        for high in 0..models {
            for (low, tally) in (0..high).zip(&mut tallies) {
                let (up, down) = (counts[low * models + high], counts[high * models + low]);
                tally.wins = u64::from(up[WON]) + u64::from(down[LOST]);
                tally.losses = u64::from(up[LOST]) + u64::from(down[WON]);
                tally.ties = u64::from(up[1]) + u64::from(down[1]);
            }
        }
        pairs
    }

    /// The votes on `a` and `b`, seen from `a`; none on a model and itself.
    #[must_use]
    pub fn get(&self, a: usize, b: usize) -> Tally {
        if a == b {
            return Tally::default();
        }
        let (low, high) = (a.min(b), a.max(b));
        let tally = self.triangle[high * (high - 1) / 2 + low];
        if a < b { tally } else { tally.flipped() }
    }

    /// Every pair that met, as (a, b, votes seen from a) with a < b.
    pub fn met(&self) -> impl Iterator<Item = (usize, usize, Tally)> {
        let pairs = (0..self.models).flat_map(|high| (0..high).map(move |low| (low, high)));
        pairs.zip(&self.triangle).filter(|(_, tally)| tally.battles() > 0).map(|((a, b), tally)| (a, b, *tally))
    }

    /// All votes on one model, seen from it.
    #[must_use]
    pub fn total(&self, model: usize) -> Tally {
        let mut total = Tally::default();
        for other in 0..self.models {
            total += self.get(model, other);
        }
        total
    }
}
