//! Online Elo as FastChat computes it (`compute_elo` of its `elo_analysis.py`): every vote, in the
//! order of time, moves its two models by what the result surprises. Ties and both-bad votes
//! count half a win each.

/// The constants of the walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EloSettings {
    /// How far one vote can move a model.
    pub k: f64,
    /// The difference at which the stronger is expected to win `base` times as often.
    pub scale: f64,
    /// See `scale`.
    pub base: f64,
    /// Where every model begins.
    pub initial: f64,
}

impl Default for EloSettings {
    fn default() -> Self {
        Self { k: 4.0, scale: 400.0, base: 10.0, initial: 1000.0 }
    }
}

impl EloSettings {
    /// The expected score of a model rated `a` against one rated `b`.
    #[must_use]
    pub fn expected(&self, a: f64, b: f64) -> f64 {
        // `base^x` as `e^(x ln base)`: the logarithm is computed once where this is inlined.
        1.0 / (1.0 + ((b - a) / self.scale * self.base.ln()).exp())
    }

    /// Both ratings after a vote that gave the first model `score` (1, ½ or 0). What one gains
    /// the other loses.
    #[must_use]
    pub fn update(&self, a: f64, b: f64, score: f64) -> (f64, f64) {
        let moved = self.k * (score - self.expected(a, b));
        (a + moved, b - moved)
    }

    /// How far a vote moved the first model, from both ratings after it, where no other vote came between: the step from
    /// the ratings before, which [`Self::update`] leads here from. The second moved as far the other way.
    #[must_use]
    pub fn last_move(&self, a: f64, b: f64, score: f64) -> f64 {
        let after = a - b;
        // The difference grew by twice the move: what it was before lies no farther than that.
        let (mut low, mut high) = (after - 2.0 * self.k, after + 2.0 * self.k);
        for _ in 0..60 {
            let before = f64::midpoint(low, high);
            let reached = before + 2.0 * self.k * (score - self.expected(before, 0.0));
            if reached < after { low = before } else { high = before }
        }
        (after - low) / 2.0
    }

    /// Walks through `votes` (first model, second model, score of the first), oldest first.
    /// Models that never met anyone have no rating.
    #[must_use]
    pub fn replay(&self, models: usize, votes: impl IntoIterator<Item = (usize, usize, f64)>) -> Vec<Option<f64>> {
        let mut ratings = vec![None; models];
        for (a, b, score) in votes {
            let before = (ratings[a].unwrap_or(self.initial), ratings[b].unwrap_or(self.initial));
            let after = self.update(before.0, before.1, score);
            (ratings[a], ratings[b]) = (Some(after.0), Some(after.1));
        }
        ratings
    }
}
