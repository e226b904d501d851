//! How alike two orders of the same models are.

use super::distribution::t95;

/// Spearman's rank correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankCorrelation {
    /// -1 to 1.
    pub rho: f64,
    /// The ends of its 95% interval, by Fisher's z with the standard error of Bonett and Wright (2000),
    /// sqrt((1 + rho²/2) / (n - 3)); nothing for fewer than four models.
    pub interval: Option<(f64, f64)>,
    pub models: usize,
}

impl RankCorrelation {
    /// Of pairs of values, one a model; nothing of fewer than three, or where one of the two does not differ.
    #[must_use]
    pub fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let n = pairs.len();
        if n < 3 {
            return None;
        }
        let ranks = |of: &dyn Fn(&(f64, f64)) -> f64| mean_ranks(&pairs.iter().map(of).collect::<Vec<_>>());
        let rho = pearson(&ranks(&|pair| pair.0), &ranks(&|pair| pair.1))?;
        let interval = (n > 3).then(|| {
            // At the ends z is infinite: half of the step to the next value that ranks without ties can have, 12 / (n³ - n).
            let most = 1.0 - 6.0 / (n as f64 * (n * n - 1) as f64);
            let bounded = rho.clamp(-most, most);
            let reach = t95(None) * ((1.0 + rho * rho / 2.0) / (n as f64 - 3.0)).sqrt();
            let z = bounded.atanh();
            ((z - reach).tanh(), (z + reach).tanh())
        });
        Some(Self { rho, interval, models: n })
    }
}

/// Ranks from 1; equal values share the mean of theirs.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: f64| values.iter().filter(|other| **other < value).count() as f64;
    let equal = |value: f64| values.iter().filter(|other| **other == value).count() as f64;
    values.iter().map(|value| below(*value) + (equal(*value) + 1.0) / 2.0).collect()
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (ma, mb) = (mean(a), mean(b));
    let sum = |of: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(x, y)| of(x - ma, y - mb)).sum::<f64>();
    let (both, first, second) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
    (first > 0.0 && second > 0.0).then(|| (both / (first * second).sqrt()).clamp(-1.0, 1.0))
}
