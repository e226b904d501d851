//! Round numbers along an axis.

/// Round numbers from `low` to `high`, at most so many.
pub fn ticks(low: f64, high: f64, most: f64) -> impl Iterator<Item = f64> {
    let steps = [10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0];
    let step = steps.into_iter().find(|step| (high - low) / step <= most - 1.0).unwrap_or(10_000.0);
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).max(0.0) as usize + 1;
    (0..count).map(move |at| (first + at as f64) * step)
}
