//! A share and its interval.

use serde::{Deserialize, Serialize};

/// The 97.5% point of the normal distribution.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// How many of how many, with the ends of a 95% interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub hits: usize,
    pub of: usize,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// Of counts by cluster, `(hits, of)`: cases of one prompt are not independent. Wilson's interval with the number of
    /// independent cases that has the same variance as the clusters have (a ratio's linearised variance); at most the number of
    /// cases. Where all clusters agree there is no variance to estimate, and each counts once. Nothing without a case.
    #[must_use]
    pub fn of(clusters: &[(usize, usize)]) -> Option<Self> {
        let clusters: Vec<_> = clusters.iter().filter(|(_, of)| *of > 0).collect();
        let (hits, of) = clusters.iter().fold((0, 0), |(hits, of), cluster| (hits + cluster.0, of + cluster.1));
        if of == 0 {
            return None;
        }
        let (m, n) = (clusters.len() as f64, of as f64);
        let share = hits as f64 / n;
        let squares: f64 = clusters.iter().map(|(hits, of)| (*hits as f64 - share * *of as f64).powi(2)).sum();
        let variance = if m > 1.0 { m / (m - 1.0) * squares / (n * n) } else { 0.0 };
        let cases = if variance > 0.0 { (share * (1.0 - share) / variance).clamp(1.0, n) } else { m };
        let (low, high) = wilson(share, cases);
        Some(Self { hits, of, share, low, high })
    }

    /// Of cases that are independent.
    #[must_use]
    pub fn of_cases(cases: impl IntoIterator<Item = bool>) -> Option<Self> {
        let (hits, of) = cases.into_iter().fold((0, 0), |(hits, of), hit| (hits + usize::from(hit), of + 1));
        let (low, high) = wilson(hits as f64 / (of.max(1)) as f64, of as f64);
        (of > 0).then(|| Self { hits, of, share: hits as f64 / of as f64, low, high })
    }
}

/// Wilson's score interval.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let middle = share + z2 / (2.0 * n);
    let reach = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0))
}
