//! Win rates: of each model, and of each against each.

use super::Pairs;

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
