//! Win rates: of each model, and of each against each.

use super::Pairs;
use super::distribution::t95;

/// The win rate of each model in each row against each model in each column; nothing for pairs
/// that never met.
#[must_use]
pub fn win_rates(pairs: &Pairs) -> Vec<Vec<Option<f64>>> {
    let models = pairs.models();
    (0..models).map(|row| (0..models).map(|column| pairs.get(row, column).win_rate()).collect()).collect()
}

/// The mean of a model's win rates against those it met. Unlike its plain win rate it does not
/// depend on whom it met most.
#[must_use]
pub fn average_win_rate(pairs: &Pairs, model: usize) -> Option<f64> {
    let rates = (0..pairs.models()).filter_map(|other| pairs.get(model, other).win_rate());
    let (sum, met) = rates.fold((0.0, 0), |(sum, met), rate| (sum + rate, met + 1));
    (met > 0).then(|| sum / f64::from(met))
}

/// The 95 % interval of a share of so many votes (Wilson 1927): never beyond 0 and 1, and right where votes are few. Halves make
/// it a little too wide.
#[must_use]
pub fn share_interval(share: f64, votes: u64) -> (f64, f64) {
    if votes == 0 {
        return (0.0, 1.0);
    }
    let (n, z) = (votes as f64, t95(None));
    let (center, stretch) = (share + z * z / (2.0 * n), 1.0 + z * z / n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    (((center - half) / stretch).max(0.0), ((center + half) / stretch).min(1.0))
}
