//! Direct preference optimisation: the loss of a pair of answers, and how it changes with their log probabilities
//! (arXiv 2305.18290; with label smoothing as TRL's `DPOTrainer` has it).

use super::recipe::{Dpo, LossType};

/// What a pair comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairLoss {
    pub loss: f64,
    /// The rewards of the chosen and the rejected answer: `beta` times how much likelier they are than for the reference.
    pub rewards: [f64; 2],
    /// The derivatives of the loss by both log probabilities.
    pub slopes: [f64; 2],
}

impl PairLoss {
    /// From the log probabilities of both answers, as the model and as the reference has them.
    pub fn new(dpo: &Dpo, model: [f64; 2], reference: [f64; 2]) -> Self {
        let beta = f64::from(dpo.beta);
        let smoothing = f64::from(dpo.label_smoothing);
        let rewards = [0, 1].map(|side| beta * (model[side] - reference[side]));
        let margin = rewards[0] - rewards[1];
        let LossType::Sigmoid = dpo.loss_type;
        let loss = (1.0 - smoothing) * softplus(-margin) + smoothing * softplus(margin);
        let slope = beta * (smoothing * sigmoid(margin) - (1.0 - smoothing) * sigmoid(-margin));
        Self { loss, rewards, slopes: [slope, -slope] }
    }
}

/// `log(1 + e^x)`, which is `-log(sigmoid(-x))`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    (-softplus(-x)).exp()
}

/// Means over pairs, by the names under which TRL logs them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rewards {
    /// `rewards/chosen`
    pub chosen: f64,
    /// `rewards/rejected`
    pub rejected: f64,
    /// `rewards/accuracies`: the share of pairs whose chosen answer has the greater reward.
    pub accuracies: f64,
    /// `logps/chosen`: the log probability of a chosen answer.
    pub logps_chosen: f64,
    /// `logps/rejected`
    pub logps_rejected: f64,
}

impl Rewards {
    /// `rewards/margins`: how much greater the chosen answers' rewards are.
    pub fn margins(&self) -> f64 {
        self.chosen - self.rejected
    }
}

/// Sums over pairs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub loss: f64,
    pub pairs: usize,
    sums: Rewards,
}

impl Tally {
    /// Adds a pair with the log probabilities that the model gives both answers.
    pub fn add(&mut self, pair: &PairLoss, model: [f64; 2]) {
        self.loss += pair.loss;
        self.pairs += 1;
        self.sums.chosen += pair.rewards[0];
        self.sums.rejected += pair.rewards[1];
        self.sums.accuracies += f64::from(u8::from(pair.rewards[0] > pair.rewards[1]));
        self.sums.logps_chosen += model[0];
        self.sums.logps_rejected += model[1];
    }

    /// The mean loss of a pair.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.pairs.max(1) as f64
    }

    /// The means.
    pub fn rewards(&self) -> Rewards {
        let mean = |sum: f64| sum / self.pairs.max(1) as f64;
        let Rewards { chosen, rejected, accuracies, logps_chosen, logps_rejected } = self.sums;
        Rewards {
            chosen: mean(chosen),
            rejected: mean(rejected),
            accuracies: mean(accuracies),
            logps_chosen: mean(logps_chosen),
            logps_rejected: mean(logps_rejected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dpo(beta: f32, label_smoothing: f32) -> Dpo {
        Dpo { beta, label_smoothing, ..Dpo::default() }
    }

    /// The definition, written down as it stands in the paper and in TRL.
    fn plain(beta: f64, smoothing: f64, [c, r]: [f64; 2], [rc, rr]: [f64; 2]) -> f64 {
        let logits = (c - r) - (rc - rr);
        let log_sigmoid = |x: f64| (1.0 / (1.0 + (-x).exp())).ln();
        -log_sigmoid(beta * logits) * (1.0 - smoothing) - log_sigmoid(-beta * logits) * smoothing
    }

    #[test]
    fn the_loss_is_the_papers_and_its_slopes_are_its_derivatives() {
        for (beta, smoothing) in [(0.1, 0.0), (0.5, 0.0), (0.25, 0.125), (2.0, 0.375)] {
            for model in [[-10.0, -12.0], [-80.0, -3.0], [-3.0, -80.0], [-20.0, -20.0]] {
                let reference = [-11.0, -10.5];
                let found = PairLoss::new(&dpo(beta, smoothing), model, reference);
                let (beta, smoothing) = (f64::from(beta), f64::from(smoothing));
                let loss = |model| plain(beta, smoothing, model, reference);
                assert!((found.loss - loss(model)).abs() < 1e-9, "{found:?} should be {}", loss(model));
                for side in 0..2 {
                    let moved = |by: f64| {
                        let mut model = model;
                        model[side] += by;
                        loss(model)
                    };
                    let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                    assert!((found.slopes[side] - slope).abs() < 1e-8, "{side}: {found:?} should be {slope}");
                }
                let rewards = [beta * (model[0] + 11.0), beta * (model[1] + 10.5)];
                assert!(found.rewards.iter().zip(rewards).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }
        // Where the plain formula is no number any more, the loss is its limit.
        let far = PairLoss::new(&dpo(1.0, 0.0), [-5000.0, 0.0], [0.0, 0.0]);
        assert!(far.loss == 5000.0 && far.slopes == [-1.0, 1.0], "{far:?}");
    }

    #[test]
    fn a_model_that_is_its_reference_has_the_loss_of_chance_and_no_rewards() {
        let found = PairLoss::new(&dpo(0.1, 0.0), [-5.0, -7.0], [-5.0, -7.0]);
        assert!((found.loss - 2f64.ln()).abs() < 1e-12);
        assert_eq!(found.rewards, [0.0, 0.0]);
        let mut tally = Tally::default();
        tally.add(&found, [-5.0, -7.0]);
        tally.add(&PairLoss::new(&dpo(0.1, 0.0), [-3.0, -9.0], [-5.0, -7.0]), [-3.0, -9.0]);
        let rewards = tally.rewards();
        assert_eq!((rewards.accuracies, rewards.logps_chosen, rewards.logps_rejected), (0.5, -4.0, -8.0));
        assert!((rewards.margins() - 0.2).abs() < 1e-8, "{rewards:?}");
    }
}
