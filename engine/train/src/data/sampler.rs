//! Deals out examples in batches.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::document::Data;
use crate::batch::Batch;

/// Deals out examples in batches: every epoch all of them once, in an order of its own.
#[derive(Debug)]
pub struct BatchSampler {
    order: Vec<usize>,
    seed: u64,
    /// How many times all examples were dealt.
    pub epoch: u64,
    /// How many examples of this epoch were dealt.
    pub at: usize,
}

impl BatchSampler {
    /// Deals `count` examples, and goes on from a place if told to.
    pub fn new(count: usize, seed: u64, epoch: u64, at: usize) -> Self {
        let mut dealer = Self { order: (0..count).collect(), seed, epoch, at };
        dealer.shuffle();
        dealer
    }

    fn shuffle(&mut self) {
        self.order.sort_unstable();
        let seed = self.seed.wrapping_add(self.epoch.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    }

    /// The next examples by number, at least one, up to so many input tokens in all; `len` tells those of one.
    pub fn next_examples(&mut self, tokens: usize, len: impl Fn(usize) -> usize) -> Vec<usize> {
        let (mut out, mut sum) = (Vec::new(), 0);
        loop {
            if self.at == self.order.len() {
                self.epoch += 1;
                self.at = 0;
                self.shuffle();
            }
            let next = self.order[self.at];
            sum += len(next);
            if !out.is_empty() && sum > tokens {
                return out;
            }
            out.push(next);
            self.at += 1;
        }
    }

    /// The next documents as one batch.
    pub fn next_batch(&mut self, data: &Data, tokens: usize) -> Batch {
        let mut batch = Batch::new();
        for at in self.next_examples(tokens, |at| data.documents[at].tokens.len().saturating_sub(1)) {
            let document = &data.documents[at];
            batch.push(&document.tokens, |at| document.has_loss(at));
        }
        batch
    }
}
