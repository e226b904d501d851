//! AdaBoost over thresholds of single features (Freund and Schapire 1997): its first round is the best single threshold.

use super::features::FEATURES;

/// A battle to guess about.
pub(super) struct Sample {
    pub(super) features: [f64; FEATURES],
    /// Whether the side that went on is the faster one.
    pub(super) is_faster: bool,
}

/// "Faster" where a feature is above a threshold, or where it is not.
#[derive(Clone)]
struct Threshold {
    feature: usize,
    above: f64,
    says_faster: bool,
    weight: f64,
}

impl Threshold {
    fn guess(&self, features: &[f64; FEATURES]) -> bool {
        (features[self.feature] > self.above) == self.says_faster
    }
}

/// Thresholds that vote.
#[derive(Clone)]
pub(super) struct Boosted(Vec<Threshold>);

impl Boosted {
    pub(super) fn train(samples: &[Sample], rounds: usize) -> Self {
        let mut weights = vec![1.0 / samples.len() as f64; samples.len()];
        let sorted: Vec<Vec<usize>> = (0..FEATURES)
            .map(|feature| {
                let mut order: Vec<usize> = (0..samples.len()).collect();
                order.sort_by(|a, b| samples[*a].features[feature].total_cmp(&samples[*b].features[feature]));
                order
            })
            .collect();
        let mut thresholds = Vec::new();
        for _ in 0..rounds {
            let (mut best, error) = best(samples, &weights, &sorted);
            let error = error.max(1e-9);
            best.weight = ((1.0 - error) / error).ln() / 2.0;
            for (weight, sample) in weights.iter_mut().zip(samples) {
                let is_right = best.guess(&sample.features) == sample.is_faster;
                *weight *= if is_right { (-best.weight).exp() } else { best.weight.exp() };
            }
            let sum: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= sum);
            thresholds.push(best);
        }
        Self(thresholds)
    }

    /// The first so many alone.
    pub(super) fn first(&self, count: usize) -> Self {
        Self(self.0[..count].to_vec())
    }

    /// How often it is right.
    pub(super) fn accuracy(&self, samples: &[Sample]) -> f64 {
        let guess = |sample: &Sample| {
            let votes = self.0.iter().map(|one| if one.guess(&sample.features) { one.weight } else { -one.weight });
            votes.sum::<f64>() > 0.0
        };
        samples.iter().filter(|sample| guess(sample) == sample.is_faster).count() as f64 / samples.len() as f64
    }
}

/// The threshold that errs least by weight, and how much.
fn best(samples: &[Sample], weights: &[f64], sorted: &[Vec<usize>]) -> (Threshold, f64) {
    let slower: f64 =
        samples.iter().zip(weights).filter(|(sample, _)| !sample.is_faster).map(|(_, weight)| weight).sum();
    let mut best = (Threshold { feature: 0, above: f64::INFINITY, says_faster: true, weight: 0.0 }, 1.0);
    for (feature, order) in sorted.iter().enumerate() {
        // What "faster above the threshold" errs by, as the threshold passes one sample after another.
        let mut error = slower;
        for (place, &at) in order.iter().enumerate() {
            error += if samples[at].is_faster { weights[at] } else { -weights[at] };
            let above = samples[at].features[feature];
            if order.get(place + 1).is_some_and(|next| samples[*next].features[feature] == above) {
                continue;
            }
            for (says_faster, error) in [(true, error), (false, 1.0 - error)] {
                if error < best.1 {
                    best = (Threshold { feature, above, says_faster, weight: 0.0 }, error);
                }
            }
        }
    }
    best
}
