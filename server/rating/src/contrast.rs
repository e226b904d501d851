//! How a model's rating differs between two boards of the same models, such as those of two languages. The same people may
//! have voted on both, so that the two are not independent.

use super::distribution::t95;
use super::likelihood::{Battles, chance};
use super::{Pairs, Scale, Voters, components};

/// A model's rating on the first board less that on the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatingDifference {
    pub model: usize,
    /// In points of the scale.
    pub difference: f64,
    pub standard_error: f64,
    /// Half the width of its 95 % interval.
    pub margin: f64,
}

/// One board's fit of the models that both rate.
struct Side {
    /// The models' numbers here; `None` for those that this board does not rate.
    numbers: Vec<Option<usize>>,
    strengths: Vec<f64>,
    /// Of each common model, how it moves with each strength: `(e_i - w)ᵀ A⁻¹`, where `w` is the common gauge.
    influence: Vec<Vec<f64>>,
    origin: f64,
}

/// The difference of each model that both boards rate in their largest groups, where there are at least two. Both are
/// measured against the same mean: over the battles of both boards, of the models that both rate. The variance is that of
/// voters' influences (Liang and Zeger 1986), each voter's on both boards together: in `voters`, the models of the second
/// board are numbered on from those of the first.
#[must_use]
pub fn rating_differences(pairs: [&Pairs; 2], voters: &Voters, scale: Scale) -> Vec<RatingDifference> {
    let [Some(first), Some(second)] = pairs.map(|pairs| components::groups(pairs).into_iter().next()) else {
        return Vec::new();
    };
    let common: Vec<usize> = first.iter().copied().filter(|model| second.contains(model)).collect();
    if common.len() < 2 {
        return Vec::new();
    }
    let battles = |model: usize| pairs.iter().map(|pairs| pairs.total(model).battles() as f64).sum::<f64>();
    let total: f64 = common.iter().map(|&model| battles(model)).sum();
    let weights: Vec<f64> = common.iter().map(|&model| battles(model) / total).collect();
    let [Some(one), Some(other)] =
        [(pairs[0], &first), (pairs[1], &second)].map(|(pairs, members)| Side::of(pairs, members, &common, &weights))
    else {
        return Vec::new();
    };
    let (mut squares, mut count, mut cast_sum, mut cast_squares) = (vec![0.0; common.len()], 0.0, 0.0, 0.0);
    let mut moved = vec![0.0; common.len()];
    let models = pairs[0].models();
    for counts in voters.each() {
        moved.fill(0.0);
        let mut cast = 0.0;
        for vote in counts {
            let [a, b] = [vote.a, vote.b].map(usize::from);
            let (side, sign, offset) = if a < models { (&one, 1.0, 0) } else { (&other, -1.0, models) };
            let number = |model: usize| side.numbers.get(model.checked_sub(offset)?).copied().flatten();
            let (Some(a), Some(b)) = (number(a), number(b)) else { continue };
            let votes = f64::from(vote.battles());
            let expected = votes * chance(side.strengths[a] - side.strengths[b]);
            let surprise = sign * (0.5 * f64::from(vote.twice_score()) - expected);
            for (moved, influence) in moved.iter_mut().zip(&side.influence) {
                *moved += surprise * (influence[a] - influence[b]);
            }
            cast += votes;
        }
        if cast > 0.0 {
            squares.iter_mut().zip(&moved).for_each(|(square, moved)| *square += moved * moved);
            count += 1.0;
            cast_sum += cast;
            cast_squares += cast * cast;
        }
    }
    if count == 0.0 {
        return Vec::new();
    }
    let factor = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
    let reach = t95(Some(cast_sum * cast_sum / cast_squares - 1.0));
    let differences = common.iter().enumerate().map(|(at, &model)| {
        let rating = |side: &Side| side.numbers[model].map_or(0.0, |number| side.strengths[number]) - side.origin;
        let standard_error = scale.factor() * (factor * squares[at]).sqrt();
        let difference = scale.factor() * (rating(&one) - rating(&other));
        RatingDifference { model, difference, standard_error, margin: reach * standard_error }
    });
    differences.collect()
}

impl Side {
    fn of(pairs: &Pairs, members: &[usize], common: &[usize], weights: &[f64]) -> Option<Self> {
        let battles = Battles::inside(pairs, members);
        let strengths = battles.maximise(None);
        let bread = battles.information(&strengths)?.inverse();
        let mut numbers = vec![None; pairs.models()];
        members.iter().enumerate().for_each(|(number, &member)| numbers[member] = Some(number));
        let own: Vec<usize> = common.iter().filter_map(|&model| numbers[model]).collect();
        let mut gauge = vec![0.0; members.len()];
        own.iter().zip(weights).for_each(|(&number, weight)| gauge[number] = *weight);
        let origin = gauge.iter().zip(&strengths).map(|(weight, x)| weight * x).sum();
        let shared = bread.times(&gauge);
        let influence =
            own.iter().map(|&number| bread.row(number).iter().zip(&shared).map(|(own, all)| own - all).collect());
        Some(Self { influence: influence.collect(), numbers, strengths, origin })
    }
}
