//! Drawing the two models of a battle, and with what probability they were drawn.

use rand::{Rng, RngExt};

use super::ModelId;

/// A model that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub id: ModelId,
    /// How often it is drawn, relative to the others.
    pub weight: f64,
    /// Whether it would answer at this moment.
    pub is_available: bool,
}

/// Two models and their sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Left.
    pub a: ModelId,
    /// Right.
    pub b: ModelId,
    /// With what probability exactly this pair comes out, sides included. Estimators divide by it.
    pub probability: f64,
}

/// Why no pair can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SamplingError {
    /// No model is enabled.
    #[error("no model is enabled")]
    NoModel,
    /// One model is enabled: it has no opponent.
    #[error("one model is enabled")]
    OneModel,
    /// Fewer than two models have a weight above 0.
    #[error("fewer than two models have a sampling weight")]
    NoWeight,
    /// Fewer than two of those that could be drawn would answer now.
    #[error("fewer than two models are available")]
    Unavailable,
}

impl SamplingError {
    /// The code of the public text.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoModel => "no-models",
            Self::OneModel => "one-model",
            Self::NoWeight => "no-weights",
            Self::Unavailable => "no-models-available",
        }
    }
}

/// Whether a pair can be drawn.
pub fn may_sample(candidates: &[Candidate]) -> Result<(), SamplingError> {
    eligible(candidates).map(drop)
}

/// Draws the first model by weight, the second by weight among the others, and tosses for the sides.
pub fn sample_pair(candidates: &[Candidate], rng: &mut impl Rng) -> Result<Pair, SamplingError> {
    let eligible = eligible(candidates)?;
    let first = pick(&eligible, rng);
    let rest: Vec<Candidate> = eligible.iter().filter(|other| other.id != first).copied().collect();
    let second = pick(&rest, rng);
    let (a, b) = if rng.random() { (first, second) } else { (second, first) };
    Ok(Pair { a, b, probability: probability(&eligible, a, b) })
}

/// Draws an opponent in the place of one that fails: by weight, and neither the one that stays nor the one that failed.
pub fn sample_opponent(
    candidates: &[Candidate],
    stays: ModelId,
    failed: ModelId,
    rng: &mut impl Rng,
) -> Option<ModelId> {
    let others: Vec<Candidate> = candidates
        .iter()
        .filter(|one| one.is_available && has_weight(one) && one.id != stays && one.id != failed)
        .copied()
        .collect();
    (!others.is_empty()).then(|| pick(&others, rng))
}

/// The probability that `draw` gives exactly this ordered pair, `None` where it never would.
pub fn pair_probability(candidates: &[Candidate], a: ModelId, b: ModelId) -> Option<f64> {
    let eligible = eligible(candidates).ok()?;
    let holds = |id| eligible.iter().any(|one| one.id == id);
    (a != b && holds(a) && holds(b)).then(|| probability(&eligible, a, b))
}

fn has_weight(one: &Candidate) -> bool {
    one.weight.is_finite() && one.weight > 0.0
}

fn eligible(candidates: &[Candidate]) -> Result<Vec<Candidate>, SamplingError> {
    match candidates.len() {
        0 => return Err(SamplingError::NoModel),
        1 => return Err(SamplingError::OneModel),
        _ => {}
    }
    let weighted: Vec<Candidate> = candidates.iter().filter(|one| has_weight(one)).copied().collect();
    if weighted.len() < 2 {
        return Err(SamplingError::NoWeight);
    }
    let available: Vec<Candidate> = weighted.into_iter().filter(|one| one.is_available).collect();
    if available.len() < 2 { Err(SamplingError::Unavailable) } else { Ok(available) }
}

/// Half of: a first and b second, or the other way round.
fn probability(eligible: &[Candidate], a: ModelId, b: ModelId) -> f64 {
    let total: f64 = eligible.iter().map(|one| one.weight).sum();
    let weight = |id| eligible.iter().filter(|one| one.id == id).map(|one| one.weight).sum::<f64>();
    // The sum of the others, not the total less one: a tiny weight beside a huge one would vanish in the difference.
    let rest = |id| eligible.iter().filter(|one| one.id != id).map(|one| one.weight).sum::<f64>();
    let in_order = |first, second| weight(first) / total * (weight(second) / rest(first));
    ((in_order(a, b) + in_order(b, a)) / 2.0).clamp(f64::MIN_POSITIVE, 1.0)
}

/// One of a list that is not empty and whose weights are above 0.
fn pick(from: &[Candidate], rng: &mut impl Rng) -> ModelId {
    let total: f64 = from.iter().map(|one| one.weight).sum();
    let mut left = rng.random::<f64>() * total;
    for one in from {
        left -= one.weight;
        if left < 0.0 {
            return one.id;
        }
    }
    // Rounding can leave a hair over.
    from[from.len() - 1].id
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use uuid::Uuid;

    use super::*;

    fn candidates(weights: &[f64]) -> Vec<Candidate> {
        let one = |(n, weight): (usize, &f64)| Candidate { id: id(n), weight: *weight, is_available: true };
        weights.iter().enumerate().map(one).collect()
    }

    fn id(n: usize) -> ModelId {
        ModelId(Uuid::from_u128(n as u128 + 1))
    }

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    #[test]
    fn what_cannot_be_drawn_is_said_and_is_no_nan() {
        let mut asleep = candidates(&[1.0, 1.0]);
        asleep[0].is_available = false;
        for (given, error) in [
            (candidates(&[]), SamplingError::NoModel),
            (candidates(&[1.0]), SamplingError::OneModel),
            (candidates(&[0.0, 0.0, 0.0]), SamplingError::NoWeight),
            (candidates(&[0.0, 3.0]), SamplingError::NoWeight),
            (candidates(&[f64::NAN, f64::INFINITY, 1.0]), SamplingError::NoWeight),
            (asleep, SamplingError::Unavailable),
        ] {
            assert_eq!(sample_pair(&given, &mut rng()), Err(error), "{given:?}");
            assert_eq!(may_sample(&given), Err(error), "{given:?}");
        }
    }

    #[test]
    fn recorded_probabilities_are_those_of_the_draws() {
        let given = candidates(&[1.0, 2.0, 5.0, 0.0]);
        let mut sum = 0.0;
        for (a, b) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            sum += pair_probability(&given, id(a), id(b)).expect("eligible");
        }
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert_eq!(pair_probability(&given, id(0), id(3)), None);
        let mut counts: HashMap<(ModelId, ModelId), u32> = HashMap::new();
        let mut rng = rng();
        for _ in 0..60_000 {
            let pair = sample_pair(&given, &mut rng).expect("drawn");
            assert_eq!(may_sample(&given), Ok(()));
            assert_eq!(Some(pair.probability), pair_probability(&given, pair.a, pair.b));
            *counts.entry((pair.a, pair.b)).or_default() += 1;
        }
        for ((a, b), count) in counts {
            let expected = 60_000.0 * pair_probability(&given, a, b).expect("drawn");
            // Five standard deviations.
            assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{count} against {expected}");
        }
    }

    #[test]
    fn extreme_weights_keep_probabilities_above_zero() {
        let given = candidates(&[1e-300, 1000.0, 1000.0]);
        let rare = pair_probability(&given, id(0), id(1)).expect("eligible");
        assert!(rare > 0.0 && rare <= 1.0);
    }

    #[test]
    fn a_replacement_is_neither_of_the_two() {
        let given = candidates(&[1.0, 1.0, 1.0]);
        assert_eq!(sample_opponent(&given, id(0), id(1), &mut rng()), Some(id(2)));
        assert_eq!(sample_opponent(&given[..2], id(0), id(1), &mut rng()), None);
    }
}
