//! What a training tells: of each step, and of each validation.

use crate::preference::Rewards;

/// What one step tells.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its number, from 1.
    pub step: u64,
    /// Mean loss of a target; where preferences are trained on, of a pair.
    pub loss: f64,
    /// What a training on preferences tells beside it.
    pub rewards: Option<Rewards>,
    /// Load-balancing (auxiliary) loss, before its coefficient.
    pub aux_loss: f64,
    /// Norm of the gradients before clipping.
    pub grad_norm: f64,
    /// Learning rate of this step.
    pub learning_rate: f32,
    /// Input tokens of this step.
    pub tokens: usize,
    /// How the work fell to the experts.
    pub load: Load,
}

/// How many tokens each expert of each layer got.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    /// Layers, experts.
    pub counts: Vec<Vec<usize>>,
}

impl Load {
    /// The shares of each layer's experts, 1 / experts being even.
    pub fn shares(&self) -> Vec<Vec<f64>> {
        let shares = |counts: &Vec<usize>| {
            let all = counts.iter().sum::<usize>().max(1) as f64;
            counts.iter().map(|&n| n as f64 / all).collect()
        };
        self.counts.iter().map(shares).collect()
    }

    /// The largest share of all.
    pub fn busiest(&self) -> f64 {
        self.shares().into_iter().flatten().fold(0.0, f64::max)
    }

    pub(super) fn add(&mut self, more: Vec<Vec<usize>>) {
        if self.counts.is_empty() {
            self.counts = more;
            return;
        }
        for (sum, more) in self.counts.iter_mut().zip(&more) {
            sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
        }
    }
}

/// What a validation tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// Mean loss of a target; where preferences are trained on, of a pair.
    pub loss: f64,
    /// What a training on preferences tells beside it.
    pub rewards: Option<Rewards>,
    /// How many targets, or pairs.
    pub targets: usize,
    /// Whether it is the lowest loss so far.
    pub best: bool,
    /// How the work fell to the experts.
    pub load: Load,
}

impl Validation {
    /// `e^loss`.
    pub fn perplexity(&self) -> f64 {
        self.loss.exp()
    }
}
