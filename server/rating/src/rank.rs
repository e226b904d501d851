//! Ranks that claim no more than the intervals bear.

/// The rank of each interval (lower, upper): one more than the number of those that lie wholly
/// above it.
#[must_use]
pub fn ranks(intervals: &[(f64, f64)]) -> Vec<usize> {
    let mut lowers: Vec<f64> = intervals.iter().map(|interval| interval.0).collect();
    lowers.sort_by(f64::total_cmp);
    let above = |upper: f64| lowers.len() - lowers.partition_point(|&lower| lower <= upper);
    intervals.iter().map(|&(_, upper)| 1 + above(upper)).collect()
}
