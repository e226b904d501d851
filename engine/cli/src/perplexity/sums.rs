//! Predictions summed up: how likely what came was, and how far they are from another model's.

use mixtral_engine::model::Forward;
use mixtral_train::data::Document;

use crate::windows;

/// Sums over predictions.
#[derive(Debug, Default)]
pub struct Sums {
    pub vocabulary: usize,
    pub count: f64,
    /// negative log-likelihood of what comes, in nats
    pub nll: f64,
    /// Kullback-Leibler, from the other model's distribution to this one's, in nats
    pub kl_divergence: f64,
    /// of the divergences' squares, for their standard error
    pub squares: f64,
    /// predictions whose likeliest token is the same
    pub same: f64,
}

impl Sums {
    /// Adds what counts of a window.
    pub fn add(
        &mut self,
        Document { tokens, loss_spans }: &Document,
        model: &mut dyn Forward,
        other: Option<&mut (dyn Forward + 'static)>,
    ) -> anyhow::Result<()> {
        // The last token foretells nothing here.
        let (inputs, targets) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        let mut counts = vec![false; targets.len()];
        loss_spans.iter().for_each(|&(from, to)| counts[from - 1..to - 1].fill(true));
        let predictions = |start: usize, logits: Vec<Vec<f32>>| {
            let counted = (start..).zip(logits).filter(|(at, _)| counts[*at]);
            counted.map(|(at, row)| (targets[at] as usize, log_probabilities(&row))).collect::<Vec<_>>()
        };
        // The other's predictions are held while the model's are computed: (what counts, vocabulary).
        let mut wanted = Vec::new();
        if let Some(other) = other {
            windows::run(other, self.vocabulary, inputs, |start, logits| {
                wanted.extend(predictions(start, logits).into_iter().map(|(_, row)| row));
                Ok(())
            })?;
        }
        let mut wanted = wanted.into_iter();
        windows::run(model, self.vocabulary, inputs, |start, logits| {
            for (target, row) in predictions(start, logits) {
                self.count += 1.0;
                self.nll -= row[target];
                if let Some(wanted) = wanted.next() {
                    let divergence = kl_divergence(&wanted, &row);
                    self.kl_divergence += divergence;
                    self.squares += divergence * divergence;
                    self.same += f64::from(u8::from(likeliest(&wanted) == likeliest(&row)));
                }
            }
            Ok(())
        })
    }
}

fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - max).exp()).sum();
    logits.iter().map(|logit| f64::from(logit - max) - sum.ln()).collect()
}

/// `sum p (log p - log q)`, in nats.
fn kl_divergence(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// The first of the likeliest tokens.
fn likeliest(row: &[f64]) -> Option<usize> {
    (0..row.len()).reduce(|best, i| if row[i] > row[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_that_of_the_formula_and_zero_only_for_equals() {
        let p = log_probabilities(&[2f32.ln(), 1f32.ln(), 1f32.ln()]); // 1/2, 1/4, 1/4
        let q = log_probabilities(&[0.0, 0.0, 2f32.ln()]); // 1/4, 1/4, 1/2
        assert!((p.iter().map(|p| p.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
        // 1/2 ln 2 + 0 + 1/4 ln 1/2
        assert!((kl_divergence(&p, &q) - 0.25 * 2f64.ln()).abs() < 1e-6);
        assert!(kl_divergence(&p, &p).abs() < 1e-12);
        assert_eq!((likeliest(&p), likeliest(&q), likeliest(&[])), (Some(0), Some(2), None));
    }
}
