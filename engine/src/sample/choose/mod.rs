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
#[derive(Debug, Clone, Copy, PartialEq, Error)]
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

/// What a device must know to choose a token as a sampler would: see [`Sampler::draw_elsewhere`].
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Tokens to choose from: the first logits of the row.
    pub tokens: usize,
    /// How tokens are chosen.
    pub settings: Sampling,
    /// The random number in [0, 1), times 2^53.
    pub random: u64,
    /// Each token to be weakened, and how often it stands in the answer.
    pub penalties: Vec<(u32, u32)>,
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
        let mut candidates: Vec<Candidate> =
            (0u32..).zip(logits).map(|(token, &logit)| Candidate { logit, token }).collect();
        self.penalise(&mut candidates);
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

    /// What [`Self::choose`] would choose by now of so many logits, for a device to do the same. [`Self::chosen_elsewhere`] follows, or
    /// `choose` where the device could not.
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

    /// Weakens what was said. Only those tokens are looked at, not the whole vocabulary.
    fn penalise(&self, candidates: &mut [Candidate]) {
        let repetition = self.settings.repetition_penalty;
        for (token, made) in self.penalised() {
            let Some(candidate) = candidates.get_mut(token as usize) else { continue };
            let mut logit = candidate.logit;
            // As in CTRL and Hugging Face: the penalty always pushes towards less likely.
            logit = if logit > 0.0 { logit / repetition } else { logit * repetition };
            if made > 0 {
                logit -= self.settings.frequency_penalty * made as f32 + self.settings.presence_penalty;
            }
            candidate.logit = logit.clamp(f32::MIN, f32::MAX);
        }
    }

    fn draw(&mut self, candidates: Vec<Candidate>) -> Choice {
        let kept = self.kept(candidates);
        let total: f64 = kept.iter().map(|(_, p)| p).sum();
        let mut rest = random_bits(&mut self.rng) as f64 / (1u64 << 53) as f64 * total;
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
mod tests;
