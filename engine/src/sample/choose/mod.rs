//! One sampler a request: it owns the counts that penalties need and the random numbers.
//!
//! The order is that of Hugging Face and vLLM: penalties, temperature, top-k, top-p, min-p, draw.
//! Exactly one random number is taken a token, from a stream that belongs to the request alone,
//! so what else is in the batch cannot change the answer.

mod draw;

use std::collections::{HashMap, HashSet};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::Sampling;
use draw::{Candidate, candidates};
pub use draw::{Choice, Draw, NotFinite};

/// Chooses the tokens of one request.
#[derive(Debug, Clone)]
pub struct Sampler {
    settings: Sampling,
    rng: ChaCha12Rng,
    prompt: HashSet<u32>,
    made: HashMap<u32, u32>,
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
        let choice = self.draw_elsewhere(logits.len()).choose(logits)?;
        self.chosen_elsewhere(choice.token);
        Ok(choice)
    }

    /// What [`Self::choose`] would choose by now of so many logits, for a device or another thread to do the same.
    /// [`Self::chosen_elsewhere`] follows, or `choose` where the device could not.
    #[must_use]
    pub fn draw_elsewhere(&self, tokens: usize) -> Draw {
        let random = if self.settings.temperature == 0.0 { 0 } else { random_bits(&mut self.rng.clone()) };
        let settings = &self.settings;
        let is_even =
            settings.repetition_penalty == 1.0 && settings.frequency_penalty == 0.0 && settings.presence_penalty == 0.0;
        let penalties = if is_even { Vec::new() } else { self.penalised().collect() };
        Draw { tokens, settings: settings.clone(), random, penalties }
    }

    /// Remembers the token that a device chose.
    pub fn chosen_elsewhere(&mut self, token: u32) {
        if self.settings.temperature != 0.0 {
            random_bits(&mut self.rng);
        }
        *self.made.entry(token).or_insert(0) += 1;
    }

    /// The tokens that penalties concern, and how often each stands in the answer.
    fn penalised(&self) -> impl Iterator<Item = (u32, u32)> {
        let in_prompt = self.prompt.iter().filter(|t| !self.made.contains_key(t)).map(|t| (*t, 0));
        in_prompt.chain(self.made.iter().map(|(t, n)| (*t, *n)))
    }
}

/// 53 random bits: as a fraction of 2^53 they make a number in [0, 1) that needs no rounding.
fn random_bits(rng: &mut ChaCha12Rng) -> u64 {
    rng.next_u64() >> 11
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
    let mut all: Vec<Candidate> = candidates(logits).collect();
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
mod tests;
