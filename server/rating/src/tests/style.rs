//! Style control: what is known is found again.

use super::*;
use crate::random::Random;

const MODELS: usize = 5;

/// Votes in a world where the first feature counts 0.8 and the second nothing, and stronger models write longer.
fn world(votes: usize, voters: u32, seed: u64) -> Vec<StyleVote<2>> {
    let mut random = Random::seeded(seed);
    let vote = |at: usize| {
        let a = random.below(MODELS);
        let b = (a + 1 + random.below(MODELS - 1)) % MODELS;
        let strength = |model: usize| 0.4 * model as f64;
        let features = [0.3 * (a as f64 - b as f64) + random.normal(), random.normal()];
        let d = strength(a) - strength(b) + 0.8 * features[0];
        let score = f64::from(u8::from(random.uniform() < 1.0 / (1.0 + (-d).exp())));
        StyleVote { voter: at as u32 % voters, a: a as u32, b: b as u32, score, features }
    };
    (0..votes).map(vote).collect()
}

#[test]
fn strengths_and_effects_are_those_of_the_world() {
    let fit = fit_style(MODELS, &world(20_000, 20_000, 1), Scale::default()).unwrap();
    let factor = 400.0 / 10_f64.ln();
    let [length, nothing] = fit.effects;
    assert!((length.coefficient - 0.8).abs() < 2.0 * length.margin && length.margin < 0.06, "{length:?}");
    assert!(nothing.coefficient.abs() < 2.0 * nothing.margin, "{nothing:?}");
    for (model, rated) in &fit.rated[1..] {
        let difference = (rated.rating - fit.rated[0].1.rating) / factor;
        assert!((difference - 0.4 * *model as f64).abs() < 0.15, "{model}: {difference}");
    }
}

#[test]
fn without_features_it_is_bradley_terry() {
    let votes: Vec<StyleVote<0>> = world(500, 500, 2)
        .into_iter()
        .map(|vote| StyleVote { voter: vote.voter, a: vote.a, b: vote.b, score: vote.score, features: [] })
        .collect();
    let styled = fit_style(MODELS, &votes, Scale::default()).unwrap();
    let listed = votes.iter().map(|vote| (vote.voter, vote.a as usize, vote.b as usize, vote.score));
    let mut pairs = Pairs::new(MODELS);
    listed.clone().for_each(|(_, a, b, score)| pairs.add_score(a, b, score));
    let plain = fit_clustered(&pairs, Some(&Voters::from_votes(500, listed)), Scale::default());
    for (model, rated) in styled.rated {
        let wanted = plain.standings[model].rated().unwrap();
        assert_close(rated.rating, wanted.rating, 1e-6, "rating");
        assert_close(rated.margin / wanted.margin, 1.0, 0.01, "margin");
    }
}

#[test]
fn the_maximum_is_higher_than_everything_near_it() {
    let votes = world(800, 50, 3);
    let fit = fit_style(MODELS, &votes, Scale::default()).unwrap();
    let likelihood = |ratings: &[f64], effects: [f64; 2]| -> f64 {
        let one = |vote: &StyleVote<2>| {
            let d = (ratings[vote.a as usize] - ratings[vote.b as usize]) * 10_f64.ln() / 400.0
                + effects[0] * vote.features[0]
                + effects[1] * vote.features[1];
            vote.score * -(-d).exp().ln_1p() + (1.0 - vote.score) * -d.exp().ln_1p()
        };
        votes.iter().map(one).sum()
    };
    let ratings: Vec<f64> = fit.rated.iter().map(|one| one.1.rating).collect();
    let effects = fit.effects.map(|effect| effect.coefficient);
    let best = likelihood(&ratings, effects);
    for model in 0..MODELS {
        let mut moved = ratings.clone();
        moved[model] += 1.0;
        assert!(likelihood(&moved, effects) < best);
    }
    for step in [-0.01, 0.01] {
        assert!(likelihood(&ratings, [effects[0] + step, effects[1]]) < best);
        assert!(likelihood(&ratings, [effects[0], effects[1] + step]) < best);
    }
}

#[test]
fn an_effect_without_end_is_not_fitted() {
    let mut votes = world(200, 200, 4);
    votes.iter_mut().for_each(|vote| vote.features = [vote.score - 0.5, 0.0]);
    assert_eq!(fit_style(MODELS, &votes, Scale::default()), None);
}

#[test]
fn features_are_differences_and_standardised() {
    assert_eq!((style_difference(30, 10), style_difference(0, 0), style_difference(0, 4)), (0.5, 0.0, -1.0));
    let mut votes = world(1000, 1000, 5);
    votes.iter_mut().for_each(|vote| vote.features[1] = 7.0);
    standardise(&mut votes);
    let first = || votes.iter().map(|vote| vote.features[0]);
    assert_close(first().sum::<f64>(), 0.0, 1e-9, "mean");
    assert_close(first().map(|value| value * value).sum::<f64>() / 1000.0, 1.0, 1e-9, "variance");
    assert!(votes.iter().all(|vote| vote.features[1] == 0.0));
}
