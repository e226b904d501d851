//! Ranks that claim no more than the votes bear.

use super::Covariance;
use super::random::Random;

/// Draws of the greatest error. The 95 % point found in them is off by about a hundredth.
const DRAWS: usize = 4000;
/// Always the same draws, so that equal votes have equal ranks.
const SEED: u64 = 0x7261_6e6b;

/// The ranks that a model may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankRange {
    /// One more than the number of models that are certainly better.
    pub best: usize,
    /// As many less than all as are certainly worse.
    pub worst: usize,
}

/// The rank range of each of a group's members. With 95 % certainty all of them hold at once: two models are told apart
/// where their difference is larger than any of all differences is likely to be off (Tukey's and Scheffé's question, here
/// for any covariance: max-t; Hothorn, Bretz and Westfall 2008).
#[must_use]
pub fn rank_ranges(strengths: &[f64], covariance: &Covariance) -> Vec<RankRange> {
    let models = strengths.len();
    let reach = simultaneous_reach(covariance);
    let mut ranges = vec![RankRange { best: 1, worst: models }; models];
    for i in 0..models {
        for j in 0..i {
            let difference = strengths[i] - strengths[j];
            let margin = reach * covariance.difference(i, j).sqrt();
            // Written so that a margin that is no number tells nothing apart.
            if difference.abs() > margin {
                let (better, worse) = if difference > 0.0 { (i, j) } else { (j, i) };
                ranges[worse].best += 1;
                ranges[better].worst -= 1;
            }
        }
    }
    ranges
}

/// How many standard errors the largest of all errors of differences reaches, at 95 %. Found by drawing errors of this
/// covariance, always the same; exact for two models.
#[must_use]
pub fn simultaneous_reach(covariance: &Covariance) -> f64 {
    let models = covariance.members();
    let degrees = covariance.degrees();
    if models <= 2 || degrees.is_some_and(|degrees| degrees < 1.0) {
        return covariance.reach();
    }
    let precision: Vec<f32> = (0..models)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| {
            let error = covariance.difference(i, j).sqrt();
            if error > 0.0 && error.is_finite() { (1.0 / error) as f32 } else { 0.0 }
        })
        .collect();
    let factor = covariance.matrix().semidefinite_factor();
    let mut random = Random::seeded(SEED);
    let (mut z, mut errors) = (vec![0.0; models], vec![0.0; models]);
    let mut largest: Vec<f32> = (0..DRAWS)
        .map(|_| {
            z.iter_mut().for_each(|z| *z = random.normal());
            factor.times(&z, &mut errors);
            let stretch = degrees.map_or(1.0, |degrees| (degrees / random.chi_squared(degrees)).sqrt());
            let errors: Vec<f32> = errors.iter().map(|&error| (error * stretch) as f32).collect();
            let rows = (1..models).scan(0, |begin, i| {
                let row = &precision[*begin..*begin + i];
                *begin += i;
                Some(row.iter().zip(&errors[..i]).fold(0.0_f32, |most, (precision, error)| {
                    let t = (errors[i] - error).abs() * precision;
                    if t > most { t } else { most }
                }))
            });
            rows.fold(0.0, f32::max)
        })
        .collect();
    largest.sort_by(f32::total_cmp);
    f64::from(largest[(0.95 * (DRAWS + 1) as f64).ceil() as usize - 1])
}
