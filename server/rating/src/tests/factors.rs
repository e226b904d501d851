//! Effects of what models are made of.

use super::*;
use crate::random::Random;

/// Bases of strength 0, 0.5 and -0.3, each in three quantisations that cost 0, 0.1 and 0.6.
const BASES: [f64; 3] = [0.0, 0.5, -0.3];
const COSTS: [f64; 3] = [0.0, 0.1, 0.6];

/// Columns: the bases, then the quantisations.
fn makings() -> Vec<Vec<f64>> {
    let row = |model: usize| (0..6).map(|at| f64::from(u8::from(at == model / 3 || at == 3 + model % 3))).collect();
    (0..9).map(row).collect()
}

fn strength(model: usize) -> f64 {
    BASES[model / 3] - COSTS[model % 3]
}

fn world(votes: usize, models: &[usize], random: &mut Random) -> Pairs {
    let mut pairs = Pairs::new(9);
    for _ in 0..votes {
        let a = random.below(models.len());
        let b = (a + 1 + random.below(models.len() - 1)) % models.len();
        let (a, b) = (models[a], models[b]);
        let p = 1.0 / (1.0 + (strength(b) - strength(a)).exp());
        pairs.add_score(a, b, f64::from(u8::from(random.uniform() < p)));
    }
    pairs
}

fn against(level: usize, other: usize) -> Vec<f64> {
    (0..6).map(|at| f64::from(u8::from(at == level)) - f64::from(u8::from(at == other))).collect()
}

#[test]
fn effects_are_those_of_the_world_and_narrower_than_two_models_own() {
    let all: Vec<usize> = (0..9).collect();
    let pairs = world(40_000, &all, &mut Random::seeded(2));
    let found = fit_factors(&pairs, None, &makings()).unwrap();
    for (level, other, wanted) in [(4, 3, -0.1), (5, 3, -0.6), (5, 4, -0.5), (1, 0, 0.5), (2, 0, -0.3)] {
        let effect = found.effect(&against(level, other)).unwrap();
        assert!((effect.coefficient - wanted).abs() < 2.0 * effect.margin && effect.margin < 0.06, "{effect:?}");
    }
    let plain = fit(&pairs, Scale::default());
    let of_one_base = plain.groups[0].covariance.difference(0, 2).sqrt();
    let pooled = found.effect(&against(5, 3)).unwrap().standard_error;
    assert!(pooled < 0.7 * of_one_base, "three bases together tell more: {pooled} and {of_one_base}");
}

#[test]
fn with_an_effect_for_each_model_it_is_bradley_terry() {
    let all: Vec<usize> = (0..9).collect();
    let pairs = world(3000, &all, &mut Random::seeded(3));
    let own: Vec<Vec<f64>> = (0..9).map(|model| (0..9).map(|at| f64::from(u8::from(at == model))).collect()).collect();
    let found = fit_factors(&pairs, None, &own).unwrap();
    let plain = fit(&pairs, Scale::default());
    let group = &plain.groups[0];
    for model in 1..9 {
        let mut contrast = vec![0.0; 9];
        (contrast[model], contrast[0]) = (1.0, -1.0);
        let effect = found.effect(&contrast).unwrap();
        assert_close(effect.coefficient, group.strengths[model] - group.strengths[0], 1e-7, "difference");
        assert_close(effect.standard_error, group.covariance.difference(model, 0).sqrt(), 1e-7, "standard error");
    }
    assert_eq!(found.effect(&[1.0; 9]), None, "no vote tells how strong all are");
}

#[test]
fn what_the_models_do_not_tell_apart_is_said() {
    // Each base in one quantisation alone: base or quantisation, nobody knows.
    let diagonal = [0, 4, 8];
    let found = fit_factors(&world(2000, &diagonal, &mut Random::seeded(5)), None, &makings()).unwrap();
    assert_eq!(found.members, diagonal);
    assert_eq!(found.effect(&against(5, 3)), None);
    assert_eq!(found.effect(&against(1, 0)), None);
    let both: Vec<f64> = against(5, 3).iter().zip(against(2, 0)).map(|(one, other)| one + other).collect();
    let both = found.effect(&both).unwrap();
    assert!((both.coefficient - (strength(8) - strength(0))).abs() < 2.0 * both.margin, "{both:?}");
    // One base in two of them tells these two, and no third.
    let found = fit_factors(&world(2000, &[0, 1, 4, 8], &mut Random::seeded(6)), None, &makings()).unwrap();
    assert!(found.effect(&against(4, 3)).is_some() && found.effect(&against(1, 0)).is_some());
    assert_eq!(found.effect(&against(5, 3)), None);
}

#[test]
fn without_votes_or_differences_there_is_no_effect() {
    assert_eq!(fit_factors(&Pairs::new(9), None, &makings()), None);
    let pairs = world(2000, &[0, 1], &mut Random::seeded(7));
    assert_eq!(fit_factors(&pairs, None, &vec![vec![1.0]; 9]), None, "all are alike");
}

#[test]
fn a_quantity_has_an_effect_by_unit() {
    let all: Vec<usize> = (0..9).collect();
    let mut random = Random::seeded(8);
    let mut pairs = Pairs::new(9);
    for _ in 0..20_000 {
        let a = random.below(9);
        let b = (a + 1 + random.below(8)) % 9;
        let p = 1.0 / (1.0 + (0.2 * (b as f64 - a as f64)).exp());
        pairs.add_score(a, b, f64::from(u8::from(random.uniform() < p)));
    }
    let sizes: Vec<Vec<f64>> = all.iter().map(|&model| vec![30.0 + model as f64]).collect();
    let effect = fit_factors(&pairs, None, &sizes).unwrap().effect(&[1.0]).unwrap();
    assert!((effect.coefficient - 0.2).abs() < 2.0 * effect.margin && effect.margin < 0.02, "{effect:?}");
}
