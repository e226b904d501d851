//! Rank correlations computed by hand.

use super::super::*;

#[test]
fn orders_are_compared_by_ranks_with_an_interval() {
    // d² = 0, 1, 1, 0, 0: rho = 1 - 6 · 2 / (5 · 24) = 0.9.
    let pairs = [(10.0, 1.0), (20.0, 3.0), (30.0, 2.0), (40.0, 40.0), (50.0, 500.0)];
    let found = RankCorrelation::of(&pairs).expect("five models");
    assert!((found.rho - 0.9).abs() < 1e-12, "{found:?}");
    // z = atanh 0.9 = 1.47222, error sqrt(1.405 / 2) = 0.83815: from -0.17052 to 3.11496.
    let (low, high) = found.interval.expect("an interval");
    assert!((low - (-0.170_52f64).tanh()).abs() < 1e-4 && (high - 3.114_96f64.tanh()).abs() < 1e-4, "{low} {high}");
    let same: Vec<_> = pairs.iter().map(|(a, _)| (*a, *a)).collect();
    let full = RankCorrelation::of(&same).expect("five models");
    assert!((full.rho - 1.0).abs() < 1e-12);
    assert!(full.interval.is_some_and(|(low, high)| low < 0.98 && high < 1.0), "five models prove no law: {full:?}");
    let turned: Vec<_> = pairs.iter().map(|(a, _)| (*a, -*a)).collect();
    assert!((RankCorrelation::of(&turned).expect("five models").rho + 1.0).abs() < 1e-12);
}

#[test]
fn equal_values_share_a_rank_and_too_few_models_tell_nothing() {
    // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, variances 1.5 and 2.
    let tied = RankCorrelation::of(&[(1.0, 1.0), (1.0, 2.0), (2.0, 3.0)]).expect("three models");
    assert!((tied.rho - 1.5 / (1.5f64 * 2.0).sqrt()).abs() < 1e-12, "{tied:?}");
    assert_eq!(tied.interval, None);
    assert_eq!(RankCorrelation::of(&[(1.0, 1.0), (2.0, 2.0)]), None);
    assert_eq!(RankCorrelation::of(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
}
