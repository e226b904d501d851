//! The sampler by examples and by properties.

use proptest::prelude::*;

use super::*;

fn settings(temperature: f32, top_k: usize, top_p: f32, min_p: f32) -> Sampling {
    Sampling { temperature, top_k, top_p, min_p, seed: Some(7), ..Sampling::greedy() }
}

#[test]
fn temperature_zero_takes_the_likeliest_and_of_equals_the_first() {
    let mut sampler = Sampler::new(Sampling::greedy(), &[]);
    assert_eq!(sampler.choose(&[0.5, 2.0, 2.0, -1.0]).map(|c| c.token), Ok(1));
}

#[test]
fn what_is_not_finite_is_an_error_that_names_the_token() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut sampler = Sampler::new(Sampling::default(), &[]);
        let error = sampler.choose(&[0.0, 1.0, bad]).expect_err("not finite");
        assert_eq!(error.token, 2);
    }
    assert!(Sampler::new(Sampling::default(), &[]).choose(&[]).is_err(), "an empty vocabulary");
}

#[test]
fn repetition_penalty_counts_the_prompt_and_presence_only_the_answer() {
    let mut repeat = Sampler::new(Sampling { repetition_penalty: 2.0, ..Sampling::greedy() }, &[0]);
    assert_eq!(repeat.choose(&[3.0, 2.0]).map(|c| c.token), Ok(1));
    let mut presence = Sampler::new(Sampling { presence_penalty: 1.5, ..Sampling::greedy() }, &[0]);
    assert_eq!(presence.choose(&[3.0, 2.0]).map(|c| c.token), Ok(0));
    assert_eq!(presence.choose(&[3.0, 2.0]).map(|c| c.token), Ok(1), "now 0 stands in the answer");
}

#[test]
fn repetition_penalty_weakens_negative_logits_too() {
    let mut sampler = Sampler::new(Sampling { repetition_penalty: 2.0, ..Sampling::greedy() }, &[0]);
    assert_eq!(sampler.choose(&[-1.0, -1.5]).map(|c| c.token), Ok(1));
}

#[test]
fn top_p_keeps_the_token_that_crosses_the_mass() {
    // Probabilities 0.5, 0.3, 0.2.
    let logits: Vec<f32> = [0.5f32, 0.3, 0.2].iter().map(|p| p.ln()).collect();
    let kept = |p| Sampler::new(settings(1.0, 0, p, 0.0), &[]).kept_of(&logits);
    assert_eq!(kept(0.4), [0]);
    assert_eq!(kept(0.6), [0, 1]);
    assert_eq!(kept(0.95), [0, 1, 2]);
}

#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f32> = [0.5f32, 0.3, 0.2].iter().map(|p| p.ln()).collect();
    let mut sampler = Sampler::new(settings(1.0, 0, 1.0, 0.0), &[]);
    let mut counts = [0u32; 3];
    for _ in 0..20_000 {
        counts[sampler.choose(&logits).expect("finite").token as usize] += 1;
    }
    for (count, p) in counts.iter().zip([0.5, 0.3, 0.2]) {
        // Five standard deviations of a binomial count.
        let spread = 5.0 * (20_000.0 * p * (1.0f64 - p)).sqrt();
        assert!((f64::from(*count) - 20_000.0 * p).abs() < spread, "{counts:?}");
    }
}

impl Sampler {
    fn kept_of(&self, logits: &[f32]) -> Vec<u32> {
        let all = logits.iter().enumerate().map(|(t, &logit)| Candidate { logit, token: t as u32 }).collect();
        self.draw_elsewhere(logits.len()).kept(all).into_iter().map(|(t, _)| t).collect()
    }
}

fn some_logits() -> impl Strategy<Value = Vec<f32>> {
    proptest::collection::vec(-30.0f32..30.0, 1..80)
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_tokens(rows in proptest::collection::vec(some_logits(), 1..8), seed in any::<u64>()) {
        let settings = Sampling { seed: Some(seed), temperature: 0.9, ..Sampling::default() };
        let run = || {
            let mut sampler = Sampler::new(settings.clone(), &[1, 2]);
            rows.iter().map(|r| sampler.choose(r).expect("finite").token).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn a_chosen_token_is_among_the_k_likeliest_and_above_min_p(
        logits in some_logits(), k in 0usize..10, top_p in 0.05f32..=1.0, min_p in 0.0f32..=1.0, t in 0.05f32..3.0, seed in any::<u64>(),
    ) {
        let mut sampler = Sampler::new(Sampling { seed: Some(seed), ..settings(t, k, top_p, min_p) }, &[]);
        let choice = sampler.choose(&logits).expect("finite");
        let mine = logits[choice.token as usize];
        let better = logits.iter().filter(|l| **l > mine).count();
        prop_assert!(k == 0 || better < k);
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        prop_assert!(((f64::from(mine) - f64::from(best)) / f64::from(t)).exp() >= f64::from(min_p) * (1.0 - 1e-9));
        prop_assert!(choice.probability > 0.0 && choice.probability <= 1.0);
    }

    #[test]
    fn kept_weights_fall_and_reach_the_mass(logits in some_logits(), top_p in 0.05f32..1.0) {
        let sampler = Sampler::new(settings(1.0, 0, top_p, 0.0), &[]);
        let all: Vec<Candidate> = logits.iter().enumerate().map(|(t, &logit)| Candidate { logit, token: t as u32 }).collect();
        let best = logits.iter().copied().fold(f32::MIN, f32::max);
        let total: f64 = logits.iter().map(|l| (f64::from(*l) - f64::from(best)).exp()).sum();
        let kept = sampler.draw_elsewhere(logits.len()).kept(all);
        prop_assert!(kept.windows(2).all(|w| w[0].1 >= w[1].1));
        let mass: f64 = kept.iter().map(|(_, p)| p).sum();
        prop_assert!(mass >= f64::from(top_p) * total * (1.0 - 1e-9));
        let without_last = mass - kept.last().expect("never empty").1;
        prop_assert!(without_last < f64::from(top_p) * total);
    }

    #[test]
    fn log_probabilities_add_up_to_one(logits in some_logits()) {
        let sum: f64 = (0..logits.len()).map(|t| f64::from(log_probability(&logits, t as u32)).exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-4);
        let top = top_logprobs(&logits, 5);
        prop_assert_eq!(top.len(), logits.len().min(5));
        prop_assert!(top.windows(2).all(|w| w[0].1 >= w[1].1));
    }

    #[test]
    fn settings_out_of_range_are_named(bad in prop_oneof![Just(f32::NAN), -100.0f32..-2.1, 11.0f32..100.0]) {
        for (field, settings) in [
            ("temperature", Sampling { temperature: bad, ..Sampling::default() }),
            ("top_p", Sampling { top_p: bad, ..Sampling::default() }),
            ("min_p", Sampling { min_p: bad, ..Sampling::default() }),
            ("repetition_penalty", Sampling { repetition_penalty: bad, ..Sampling::default() }),
            ("frequency_penalty", Sampling { frequency_penalty: bad, ..Sampling::default() }),
            ("presence_penalty", Sampling { presence_penalty: bad, ..Sampling::default() }),
        ] {
            prop_assert_eq!(settings.check().expect_err("out of range").field, field);
        }
    }
}
