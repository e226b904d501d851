//! One choice: everything that decides it is given, so that any device and any thread can make it.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use thiserror::Error;

use crate::sample::Sampling;

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

/// What must be known to choose a token as a sampler would: see [`super::Sampler::draw_elsewhere`].
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

/// A candidate; the greatest is the likeliest, and of equals the one with the smaller id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub logit: f32,
    pub token: u32,
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

pub(super) fn candidates(logits: &[f32]) -> impl Iterator<Item = Candidate> {
    (0u32..).zip(logits).map(|(token, &logit)| Candidate { logit, token })
}

impl Draw {
    /// Chooses of a row of logits.
    ///
    /// # Errors
    /// A logit is NaN or infinite, or there is none.
    pub fn choose(&self, logits: &[f32]) -> Result<Choice, NotFinite> {
        let logits = logits.get(..self.tokens).unwrap_or(logits);
        // Of whole numbers the compiler finds the largest several at a time; which one it was is asked when something is wrong.
        let largest = logits.iter().map(|l| l.to_bits() & 0x7fff_ffff).max().unwrap_or(0);
        let wrong = (largest >= f32::INFINITY.to_bits()).then(|| logits.iter().position(|l| !l.is_finite()));
        if let Some(at) = wrong.flatten() {
            return Err(NotFinite { token: at as u32, value: logits[at] });
        }
        let logits = self.penalised(logits);
        if self.settings.temperature == 0.0 {
            return likeliest(&logits).map(|token| Choice { token, probability: 1.0 });
        }
        let kept = self.kept(self.top_k(&logits));
        let Some(mut chosen) = kept.first().copied() else { return Err(NOTHING) };
        let total: f64 = kept.iter().map(|(_, p)| p).sum();
        let mut rest = self.random as f64 / (1u64 << 53) as f64 * total;
        for &(token, p) in &kept {
            chosen = (token, p);
            if rest < p {
                break;
            }
            rest -= p;
        }
        Ok(Choice { token: chosen.0, probability: (chosen.1 / total) as f32 })
    }

    /// Weakens what was said. Only those tokens are looked at, not the whole vocabulary.
    fn penalised<'a>(&self, logits: &'a [f32]) -> Cow<'a, [f32]> {
        let mut logits = Cow::Borrowed(logits);
        let settings = &self.settings;
        for (token, made) in &self.penalties {
            if *token as usize >= logits.len() {
                continue;
            }
            let logit = &mut logits.to_mut()[*token as usize];
            // As in CTRL and Hugging Face: the penalty always pushes towards less likely.
            let repetition = settings.repetition_penalty;
            let mut weaker = if *logit > 0.0 { *logit / repetition } else { *logit * repetition };
            if *made > 0 {
                weaker -= settings.frequency_penalty * *made as f32 + settings.presence_penalty;
            }
            *logit = weaker.clamp(f32::MIN, f32::MAX);
        }
        logits
    }

    /// The k likeliest, in any order.
    fn top_k(&self, logits: &[f32]) -> Vec<Candidate> {
        let k = match self.settings.top_k {
            0 => logits.len(),
            k => k.min(logits.len()),
        };
        if k == logits.len() {
            return candidates(logits).collect();
        }
        // The least likely of those kept so far stands on top: of a large vocabulary few get past it.
        let mut best = BinaryHeap::with_capacity(k + 1);
        let mut bar = f32::NEG_INFINITY;
        for candidate in candidates(logits) {
            if candidate.logit < bar {
                continue;
            }
            best.push(Reverse(candidate));
            if best.len() > k {
                best.pop();
                bar = best.peek().map_or(bar, |Reverse(least)| least.logit);
            }
        }
        best.into_iter().map(|Reverse(candidate)| candidate).collect()
    }

    /// What is left to draw from of the k likeliest, likeliest first, with weights relative to the likeliest.
    pub(super) fn kept(&self, candidates: Vec<Candidate>) -> Vec<(u32, f64)> {
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
            // Nor does anything that is never drawn.
            if !kept.is_empty() && (p == 0.0 || p < min_p || (self.settings.top_p < 1.0 && mass >= top_p)) {
                break;
            }
            mass += p;
            kept.push((candidate.token, p));
        }
        kept
    }
}

/// There is no token to choose.
const NOTHING: NotFinite = NotFinite { token: 0, value: f32::NAN };

/// The first of the highest.
fn likeliest(logits: &[f32]) -> Result<u32, NotFinite> {
    // Whole numbers in the order of `f32::total_cmp`: of these the compiler finds the highest several at a time.
    let key = |logit: &f32| {
        let bits = logit.to_bits() as i32;
        bits ^ ((bits >> 31) as u32 >> 1) as i32
    };
    let highest = logits.iter().map(key).max().ok_or(NOTHING)?;
    logits.iter().position(|logit| key(logit) == highest).map(|at| at as u32).ok_or(NOTHING)
}
