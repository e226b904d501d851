//! Drawing the two models of a battle, and with what probability they were drawn.
//!
//! Most battles go where a vote tells most (see [`PairGains`]), the rest evenly; both by the administrator's weights, and more
//! rarely where models would have to be loaded first (see [`readiness`]). A visitor
//! may ask for another mode. A battle of small against big hides names and sides as any other does: its vote counts on the
//! blind board, and like every vote it keeps the probability that its pair had. Whoever chooses one of the two models
//! knows half of what a blind battle hides, and votes as a friend or foe of that model: such votes are kept apart, see
//! [`PairMode::exclusion_reason`].

use std::collections::HashMap;
use std::time::Duration;

use arena_rating::{PairGains, PairingRules, Pairs, Tally};
use rand::{Rng, RngExt};

use super::ModelId;
use super::text_enum::text_enum;
use super::turns::readiness;

/// A small model meets one that is at least so many times as large.
pub const SIZE_RATIO: i64 = 2;

text_enum!(
    /// How the two models of a blind battle came together.
    BattleMode, "mode" {
        /// Both were drawn among all.
        Random = "random",
        /// Both were drawn, one much larger than the other.
        Sizes = "sizes",
        /// The visitor chose one, the other was drawn.
        Chosen = "chosen",
    }
);

/// How the two models of a blind battle are to be drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PairMode {
    /// Among all.
    #[default]
    Random,
    /// Among pairs of which one has at least [`SIZE_RATIO`] times the other's parameters.
    Sizes,
    /// This one against another.
    Chosen(ModelId),
}

impl PairMode {
    /// As it is stored.
    pub const fn mode(self) -> BattleMode {
        match self {
            Self::Random => BattleMode::Random,
            Self::Sizes => BattleMode::Sizes,
            Self::Chosen(_) => BattleMode::Chosen,
        }
    }

    /// The model that the visitor chose.
    pub const fn chosen(self) -> Option<ModelId> {
        match self {
            Self::Chosen(model) => Some(model),
            Self::Random | Self::Sizes => None,
        }
    }

    /// Why the vote on such a battle counts on no board, if so.
    pub const fn exclusion_reason(self) -> Option<&'static str> {
        match self {
            Self::Chosen(_) => Some("chosen"),
            Self::Random | Self::Sizes => None,
        }
    }

    /// As it was stored.
    pub fn of_stored(mode: BattleMode, chosen: Option<ModelId>) -> Self {
        match (mode, chosen) {
            (BattleMode::Chosen, Some(model)) => Self::Chosen(model),
            (BattleMode::Sizes, _) => Self::Sizes,
            (BattleMode::Random | BattleMode::Chosen, _) => Self::Random,
        }
    }
}

/// A model that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub id: ModelId,
    /// How often it is drawn, relative to the others.
    pub weight: f64,
    /// Whether it would answer at this moment, or once it is loaded.
    pub is_available: bool,
    /// How long it would have to be loaded first.
    pub wait: Duration,
    /// How many parameters it has, where an administrator says.
    pub parameters: Option<i64>,
    /// Whether it speaks the language of the conversation, or does not say what it speaks.
    pub speaks: bool,
}

/// What the operator decides about draws.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairSettings {
    /// The share of battles that is drawn by the administrator's weights alone, from 0 to 1.
    pub even_share: f64,
    /// Models with fewer votes are new.
    pub new_below: u64,
    /// How many times as often new models are drawn as their weight says.
    pub new_boost: f64,
}

impl Default for PairSettings {
    fn default() -> Self {
        Self { even_share: 0.1, new_below: 100, new_boost: 2.0 }
    }
}

/// What one more vote on any two models would tell, as the votes stand.
#[derive(Debug, Clone)]
pub struct KnownPairs {
    numbers: HashMap<ModelId, usize>,
    gains: PairGains,
}

impl KnownPairs {
    /// Of the votes of pairs, each seen from its first model.
    pub fn of(votes: &[(ModelId, ModelId, Tally)]) -> Self {
        let mut numbers = HashMap::new();
        for id in votes.iter().flat_map(|&(a, b, _)| [a, b]) {
            let next = numbers.len();
            numbers.entry(id).or_insert(next);
        }
        let mut pairs = Pairs::new(numbers.len());
        votes.iter().for_each(|&(a, b, tally)| pairs.add(numbers[&a], numbers[&b], tally));
        Self { numbers, gains: PairGains::of(&pairs) }
    }
}

impl Default for KnownPairs {
    fn default() -> Self {
        Self::of(&[])
    }
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
    /// No two of those that would answer now differ enough in size.
    #[error("no two available models differ enough in size")]
    NoSizes,
}

impl SamplingError {
    /// The code of the public text.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoModel => "no-models",
            Self::OneModel => "one-model",
            Self::NoWeight => "no-weights",
            Self::Unavailable => "no-models-available",
            Self::NoSizes => "no-sizes",
        }
    }
}

/// Every pair that can be drawn at this moment, with its probability.
#[derive(Debug, Clone, PartialEq)]
pub struct PairTable(Vec<(ModelId, ModelId, f64)>);

impl PairTable {
    /// The pairs of these candidates. Who speaks the language comes first: where a pair can be drawn that both speak it, only
    /// such are; else those of which one does; else all.
    ///
    /// # Errors
    /// Where there are none, and why.
    pub fn of(
        candidates: &[Candidate],
        mode: PairMode,
        known: &KnownPairs,
        settings: &PairSettings,
    ) -> Result<Self, SamplingError> {
        let eligible = eligible(candidates, mode.chosen())?;
        let numbers: Vec<Option<usize>> = eligible.iter().map(|one| known.numbers.get(&one.id).copied()).collect();
        let rules = PairingRules {
            even_share: settings.even_share,
            weights: eligible.iter().map(|one| one.weight).collect(),
            boost_below: settings.new_below,
            boost: settings.new_boost,
        };
        let mut pairs: Vec<_> = known
            .gains
            .probabilities(&numbers, &rules)
            .into_iter()
            .map(|(a, b, probability)| (eligible[a], eligible[b], probability))
            // One is loaded after the other.
            .map(|(a, b, probability)| (a, b, probability * readiness(a.wait.saturating_add(b.wait))))
            .filter(|(a, b, _)| match mode {
                PairMode::Random => true,
                PairMode::Sizes => is_small_and_big(a, b),
                PairMode::Chosen(model) => a.id == model || b.id == model,
            })
            .map(|(a, b, probability)| (a, b, probability, u8::from(a.speaks) + u8::from(b.speaks)))
            .collect();
        let most = pairs.iter().map(|one| one.3).max();
        pairs.retain(|one| Some(one.3) == most);
        let mut pairs: Vec<_> = pairs.into_iter().map(|(a, b, probability, _)| (a.id, b.id, probability)).collect();
        let sum: f64 = pairs.iter().map(|one| one.2).sum();
        pairs.iter_mut().for_each(|one| one.2 /= sum);
        match (pairs.is_empty(), mode) {
            (false, _) => Ok(Self(pairs)),
            (true, PairMode::Sizes) => Err(SamplingError::NoSizes),
            (true, PairMode::Random | PairMode::Chosen(_)) => Err(SamplingError::Unavailable),
        }
    }

    /// Draws a pair, and tosses for the sides.
    pub fn draw(&self, rng: &mut impl Rng) -> Pair {
        let (a, b) = pick(&self.0, rng);
        let (a, b) = if rng.random() { (a, b) } else { (b, a) };
        Pair { a, b, probability: self.probability(a, b).unwrap_or(f64::MIN_POSITIVE) }
    }

    /// Draws an opponent in the place of one that fails: in proportion to its pairs with the one that stays, and not the one
    /// that failed.
    pub fn draw_opponent(&self, stays: ModelId, failed: ModelId, rng: &mut impl Rng) -> Option<ModelId> {
        let with_it = self.0.iter().filter(|(a, b, _)| [*a, *b].contains(&stays) && ![*a, *b].contains(&failed));
        let pairs: Vec<_> = with_it.copied().collect();
        if pairs.is_empty() {
            return None;
        }
        let (a, b) = pick(&pairs, rng);
        Some(if a == stays { b } else { a })
    }

    /// The probability that [`Self::draw`] gives exactly this ordered pair, `None` where it never would.
    pub fn probability(&self, a: ModelId, b: ModelId) -> Option<f64> {
        let pair = self.0.iter().find(|one| (one.0, one.1) == (a, b) || (one.0, one.1) == (b, a))?;
        Some((pair.2 / 2.0).clamp(f64::MIN_POSITIVE, 1.0))
    }
}

fn is_small_and_big(one: &Candidate, other: &Candidate) -> bool {
    let [Some(one), Some(other)] = [one.parameters, other.parameters] else { return false };
    one.min(other) > 0 && one.max(other) / SIZE_RATIO >= one.min(other)
}

fn has_weight(one: &Candidate) -> bool {
    one.weight.is_finite() && one.weight > 0.0
}

/// Those that would answer and have a weight; the chosen one needs none.
fn eligible(candidates: &[Candidate], chosen: Option<ModelId>) -> Result<Vec<Candidate>, SamplingError> {
    match candidates.len() {
        0 => return Err(SamplingError::NoModel),
        1 => return Err(SamplingError::OneModel),
        _ => {}
    }
    let asked = |one: &Candidate| match Some(one.id) == chosen && !has_weight(one) {
        true => Candidate { weight: 1.0, ..*one },
        false => *one,
    };
    let weighted: Vec<Candidate> = candidates.iter().map(asked).filter(has_weight).collect();
    if weighted.len() < 2 {
        return Err(SamplingError::NoWeight);
    }
    let available: Vec<Candidate> = weighted.into_iter().filter(|one| one.is_available).collect();
    if available.len() < 2 { Err(SamplingError::Unavailable) } else { Ok(available) }
}

/// One pair of a list that is not empty and whose probabilities are above 0.
fn pick(from: &[(ModelId, ModelId, f64)], rng: &mut impl Rng) -> (ModelId, ModelId) {
    let total: f64 = from.iter().map(|one| one.2).sum();
    let mut left = rng.random::<f64>() * total;
    for &(a, b, probability) in from {
        left -= probability;
        if left < 0.0 {
            return (a, b);
        }
    }
    // Rounding can leave a hair over.
    let (a, b, _) = from[from.len() - 1];
    (a, b)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use uuid::Uuid;

    use super::*;

    fn candidates(weights: &[f64]) -> Vec<Candidate> {
        let one = |(n, weight): (usize, &f64)| Candidate {
            id: id(n),
            weight: *weight,
            is_available: true,
            wait: Duration::ZERO,
            parameters: Some(1 << n),
            speaks: true,
        };
        weights.iter().enumerate().map(one).collect()
    }

    fn id(n: usize) -> ModelId {
        ModelId(Uuid::from_u128(n as u128 + 1))
    }

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    fn table(candidates: &[Candidate], mode: PairMode) -> Result<PairTable, SamplingError> {
        PairTable::of(candidates, mode, &KnownPairs::default(), &PairSettings::default())
    }

    /// Four models, the first three well known.
    fn known() -> KnownPairs {
        let tally = |votes| Tally { wins: votes, losses: votes, ..Tally::default() };
        KnownPairs::of(&[
            (id(0), id(1), tally(500)),
            (id(0), id(2), tally(500)),
            (id(1), id(2), tally(500)),
            (id(3), id(0), tally(3)),
        ])
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
            assert_eq!(table(&given, PairMode::Random), Err(error), "{given:?}");
        }
    }

    #[test]
    fn recorded_probabilities_are_those_of_the_draws() {
        let given = candidates(&[1.0, 2.0, 5.0, 3.0, 0.0]);
        for mode in [PairMode::Random, PairMode::Sizes, PairMode::Chosen(id(1))] {
            let table = PairTable::of(&given, mode, &known(), &PairSettings::default()).expect("drawable");
            let ordered: Vec<(usize, usize)> = (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).collect();
            let sum: f64 = ordered.iter().filter_map(|&(a, b)| table.probability(id(a), id(b))).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{sum}");
            assert_eq!(table.probability(id(0), id(4)), None, "it has no weight");
            let mut counts: HashMap<(ModelId, ModelId), u32> = HashMap::new();
            let mut rng = rng();
            for _ in 0..60_000 {
                let pair = table.draw(&mut rng);
                assert_eq!(Some(pair.probability), table.probability(pair.a, pair.b));
                *counts.entry((pair.a, pair.b)).or_default() += 1;
            }
            for ((a, b), count) in counts {
                let expected = 60_000.0 * table.probability(a, b).expect("drawn");
                // Five standard deviations.
                assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{count} against {expected}");
            }
        }
    }

    #[test]
    fn whoever_is_known_least_is_drawn_most() {
        let given = candidates(&[1.0, 1.0, 1.0, 1.0]);
        let share = |known: &KnownPairs, settings: &PairSettings| -> f64 {
            let table = PairTable::of(&given, PairMode::Random, known, settings).expect("drawable");
            (0..3).map(|other| 2.0 * table.probability(id(3), id(other)).expect("drawn")).sum()
        };
        let settings = PairSettings::default();
        assert!(share(&known(), &settings) > 0.9);
        assert!((share(&known(), &PairSettings { even_share: 1.0, new_boost: 1.0, ..settings }) - 0.5).abs() < 1e-12);
        assert!(share(&known(), &PairSettings { even_share: 1.0, new_boost: 2.0, ..settings }) > 0.6);
        assert!((share(&KnownPairs::default(), &settings) - 0.5).abs() < 1e-12, "before any vote all are alike");
    }

    #[test]
    fn small_meets_big_and_whoever_has_no_size_meets_nobody() {
        let mut given = candidates(&[1.0, 1.0, 1.0]);
        (given[0].parameters, given[1].parameters, given[2].parameters) = (Some(7), Some(13), Some(14));
        let found = table(&given, PairMode::Sizes).expect("drawable");
        assert!(found.probability(id(0), id(2)).is_some_and(|probability| (probability - 0.5).abs() < 1e-12));
        assert_eq!((found.probability(id(0), id(1)), found.probability(id(1), id(2))), (None, None));
        given[2].parameters = None;
        assert_eq!(table(&given, PairMode::Sizes), Err(SamplingError::NoSizes));
    }

    #[test]
    fn a_chosen_model_plays_even_without_a_weight_but_not_while_it_sleeps() {
        let mut given = candidates(&[0.0, 1.0, 1.0]);
        let found = table(&given, PairMode::Chosen(id(0))).expect("drawable");
        assert_eq!(found.probability(id(1), id(2)), None);
        assert!(found.probability(id(0), id(1)).is_some());
        given[0].is_available = false;
        assert_eq!(table(&given, PairMode::Chosen(id(0))), Err(SamplingError::Unavailable));
        assert!(PairMode::Chosen(id(0)).exclusion_reason().is_some() && PairMode::Sizes.exclusion_reason().is_none());
    }

    #[test]
    fn whoever_speaks_the_language_comes_first() {
        let mut given = candidates(&[1.0, 1.0, 1.0, 1.0]);
        let of = |given: &[Candidate], mode| {
            let table = table(given, mode).expect("drawable");
            let pairs = (0..4).flat_map(|a| (a + 1..4).map(move |b| (a, b)));
            pairs.filter(|(a, b)| table.probability(id(*a), id(*b)).is_some()).collect::<Vec<_>>()
        };
        (given[0].speaks, given[3].speaks) = (false, false);
        assert_eq!(of(&given, PairMode::Random), [(1, 2)], "both do");
        assert_eq!(of(&given, PairMode::Chosen(id(0))), [(0, 1), (0, 2)], "whom the visitor chose meets one who does");
        given[1].is_available = false;
        assert_eq!(of(&given, PairMode::Random), [(0, 2), (2, 3)], "one does");
        given[2].speaks = false;
        assert_eq!(of(&given, PairMode::Random).len(), 3, "nobody does");
        let found = table(&given, PairMode::Random).expect("drawable");
        assert!(found.probability(id(0), id(2)).is_some_and(|probability| (probability - 1.0 / 6.0).abs() < 1e-12));
    }

    #[test]
    fn a_pair_that_is_loaded_comes_before_one_that_is_not_by_probabilities_that_are_those_of_the_draws() {
        let mut given = candidates(&[1.0; 5]);
        for one in &mut given[2..] {
            one.wait = Duration::from_secs(30);
        }
        let settings = PairSettings { even_share: 1.0, ..PairSettings::default() };
        let table = PairTable::of(&given, PairMode::Random, &KnownPairs::default(), &settings).expect("drawable");
        // Both loaded 1, one of two 10/40, none 10/70: one pair, six and three.
        let sum = 1.0 + 6.0 * 0.25 + 3.0 / 7.0;
        for (a, b, weight) in [(0, 1, 1.0), (0, 2, 0.25), (3, 1, 0.25), (2, 4, 1.0 / 7.0)] {
            let probability = table.probability(id(a), id(b)).expect("every pair may come");
            assert!((probability - weight / sum / 2.0).abs() < 1e-12, "{a} {b}: {probability}");
        }
        let mut rng = rng();
        let drawn = (0..60_000).map(|_| table.draw(&mut rng)).filter(|pair| [pair.a, pair.b].contains(&id(4))).count();
        let expected = 60_000.0 * (0.25 * 2.0 + 2.0 / 7.0) / sum;
        assert!((drawn as f64 - expected).abs() < 5.0 * expected.sqrt(), "{drawn} against {expected}");
    }

    #[test]
    fn extreme_weights_keep_probabilities_above_zero() {
        let given = candidates(&[1e-300, 1000.0, 1000.0]);
        let rare = table(&given, PairMode::Random).expect("drawable").probability(id(0), id(1)).expect("eligible");
        assert!(rare > 0.0 && rare <= 1.0);
    }

    #[test]
    fn a_replacement_is_neither_of_the_two() {
        let given = candidates(&[1.0, 1.0, 1.0]);
        let all = table(&given, PairMode::Random).expect("drawable");
        assert_eq!(all.draw_opponent(id(0), id(1), &mut rng()), Some(id(2)));
        let two = table(&given[..2], PairMode::Random).expect("drawable");
        assert_eq!(two.draw_opponent(id(0), id(1), &mut rng()), None);
    }
}
