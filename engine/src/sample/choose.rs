//! One sampler a request: it owns the counts that penalties need and the random numbers.
//!
//! The order is that of Hugging Face and vLLM: penalties, temperature, top-k, top-p, min-p, draw.
//! Exactly one random number is taken a token, from a stream that belongs to the request alone,
//! so what else is in the batch cannot change the answer.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;
use thiserror::Error;

use super::Sampling;

/// A logit that is not a number.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("the logit of token {token} is {value}")]
pub struct NotFinite {
    /// The first such token.
    pub token: u32,
    /// Its logit.
    pub value: f32,
}

/// A chosen token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The token's id.
    pub token: u32,
    /// Its probability among the tokens that were left to draw from.
    pub probability: f32,
}

/// Chooses the tokens of one request.
#[derive(Debug, Clone)]
pub struct Sampler {
    settings: Sampling,
    rng: ChaCha12Rng,
    prompt: HashSet<u32>,
    made: HashMap<u32, u32>,
}

/// A candidate; the greatest is the likeliest, and of equals the one with the smaller id.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    logit: f32,
    token: u32,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.logit.total_cmp(&other.logit).then(other.token.cmp(&self.token))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Sampler {
    /// A sampler for a prompt. Without a seed in the settings one is drawn.
    #[must_use]
    pub fn new(settings: Sampling, prompt: &[u32]) -> Self {
        let seed = settings.seed.unwrap_or_else(rand::random);
        let prompt = if settings.repetition_penalty == 1.0 { HashSet::new() } else { prompt.iter().copied().collect() };
        Self { settings, rng: ChaCha12Rng::seed_from_u64(seed), prompt, made: HashMap::new() }
    }

    /// Chooses the next token from the model's logits and remembers it.
    ///
    /// # Errors
    /// A logit is NaN or infinite.
    pub fn choose(&mut self, logits: &[f32]) -> Result<Choice, NotFinite> {
        if let Some(at) = logits.iter().position(|l| !l.is_finite()) {
            return Err(NotFinite { token: at as u32, value: logits[at] });
        }
        let candidates: Vec<Candidate> = (0u32..)
            .zip(logits)
            .map(|(token, &logit)| Candidate { logit: self.penalised(token, logit), token })
            .collect();
        let Some(best) = candidates.iter().max() else {
            return Err(NotFinite { token: 0, value: f32::NAN });
        };
        let choice = if self.settings.temperature == 0.0 {
            Choice { token: best.token, probability: 1.0 }
        } else {
            self.draw(candidates)
        };
        *self.made.entry(choice.token).or_insert(0) += 1;
        Ok(choice)
    }

    fn penalised(&self, token: u32, logit: f32) -> f32 {
        let made = if self.made.is_empty() { 0 } else { self.made.get(&token).copied().unwrap_or(0) };
        let mut logit = logit;
        let repetition = self.settings.repetition_penalty;
        if repetition != 1.0 && (made > 0 || self.prompt.contains(&token)) {
            // As in CTRL and Hugging Face: the penalty always pushes towards less likely.
            logit = if logit > 0.0 { logit / repetition } else { logit * repetition };
        }
        if made > 0 {
            logit -= self.settings.frequency_penalty * made as f32 + self.settings.presence_penalty;
        }
        logit
    }

    fn draw(&mut self, candidates: Vec<Candidate>) -> Choice {
        let kept = self.kept(candidates);
        let total: f64 = kept.iter().map(|(_, p)| p).sum();
        // 53 random bits make a number in [0, 1) that needs no rounding.
        let mut rest = (self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * total;
        let mut chosen = kept[0];
        for &(token, p) in &kept {
            chosen = (token, p);
            if rest < p {
                break;
            }
            rest -= p;
        }
        Choice { token: chosen.0, probability: (chosen.1 / total) as f32 }
    }

    /// What is left to draw from, likeliest first, with weights relative to the likeliest.
    fn kept(&self, mut candidates: Vec<Candidate>) -> Vec<(u32, f64)> {
        let k = match self.settings.top_k {
            0 => candidates.len(),
            k => k.min(candidates.len()),
        };
        if k < candidates.len() {
            candidates.select_nth_unstable_by(k - 1, |a, b| b.cmp(a));
            candidates.truncate(k);
        }
        // A heap gives the likeliest in order without sorting the whole vocabulary.
        let mut heap = BinaryHeap::from(candidates);
        let Some(best) = heap.peek().copied() else {
            return Vec::new();
        };
        let temperature = f64::from(self.settings.temperature);
        let weight = |c: Candidate| ((f64::from(c.logit) - f64::from(best.logit)) / temperature).exp();
        let total: f64 = heap.iter().map(|c| weight(*c)).sum();
        let (top_p, min_p) = (f64::from(self.settings.top_p) * total, f64::from(self.settings.min_p));
        let mut kept = Vec::new();
        let mut mass = 0.0;
        while let Some(candidate) = heap.pop() {
            let p = weight(candidate);
            // The likeliest always stays, and so does the one that carries the mass over top-p.
            if !kept.is_empty() && (p < min_p || (self.settings.top_p < 1.0 && mass >= top_p)) {
                break;
            }
            mass += p;
            kept.push((candidate.token, p));
        }
        kept
    }
}

/// The natural log probability of `token` under these logits.
#[must_use]
pub fn log_probability(logits: &[f32], token: u32) -> f32 {
    logits.get(token as usize).map_or(f32::NEG_INFINITY, |l| (f64::from(*l) - log_sum_exp(logits)) as f32)
}

/// The `n` likeliest tokens with their log probabilities, best first.
#[must_use]
pub fn top_logprobs(logits: &[f32], n: usize) -> Vec<(u32, f32)> {
    let total = log_sum_exp(logits);
    let mut all: Vec<Candidate> =
        logits.iter().enumerate().map(|(token, &logit)| Candidate { logit, token: token as u32 }).collect();
    if n == 0 || all.is_empty() {
        return Vec::new();
    }
    let n = n.min(all.len());
    all.select_nth_unstable_by(n - 1, |a, b| b.cmp(a));
    all.truncate(n);
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().map(|c| (c.token, (f64::from(c.logit) - total) as f32)).collect()
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    most + logits.iter().map(|l| (f64::from(*l) - most).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
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
            self.kept(all).into_iter().map(|(t, _)| t).collect()
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
            let kept = sampler.kept(all);
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
}
