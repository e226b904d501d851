//! Steps and validations where preferences are trained on (DPO): the model's log probabilities of both answers of a pair
//! against those of the model that the training began with.

use super::{Step, Sum, Trainer, Validation};
use crate::batch::Batch;
use crate::data::Data;
use crate::error::{Error, Result};
use crate::pass::Weights;
use crate::preference::{PairLoss, Tally};
use crate::recipe::Dpo;

impl Trainer {
    fn dpo(&self) -> Dpo {
        self.recipe.dpo.clone().unwrap_or_default()
    }

    /// One step of the optimiser.
    pub(super) fn preferring_step(&mut self) -> Result<Step> {
        let len = |pair: usize| tokens_of(&self.data, pair);
        let dealt: Vec<Vec<usize>> = (0..self.recipe.gradient_accumulation_steps)
            .map(|_| self.dealer.next_examples(self.recipe.batch_tokens, len))
            .collect();
        let share = 1.0 / dealt.iter().map(Vec::len).sum::<usize>().max(1) as f64;
        let weights = self.weights(1.0);
        let (mut sum, mut tally) = (Sum::default(), Tally::default());
        for (number, pairs) in dealt.iter().enumerate() {
            let batch = batch_of(&self.data, pairs);
            let pass = self.pass(Some(number as u64));
            let mut slopes = Vec::with_capacity(2 * pairs.len());
            let weigh = |losses: &[f64]| {
                self.judge(pairs, losses, self.reference(true), &mut tally, |pair| {
                    // A target's loss is its log probability times -1, and so is what it adds to the whole.
                    slopes.extend(pair.slopes.map(|slope| (-slope * share) as f32));
                });
                slopes
            };
            let (_, outcome) = self.model.document_pass(&batch, weights, &pass, weigh)?;
            sum.add(outcome, batch.len());
        }
        let step = Step { loss: tally.mean_loss(), rewards: Some(tally.rewards()), ..Step::default() };
        self.update(step, sum)
    }

    /// The loss of pairs, over the first ones of the validation data.
    pub(super) fn preferring_validation(&self) -> Result<Validation> {
        let pass = self.pass(None);
        let weights = Weights { target: 1.0, balance: 0.0, each_layer: false };
        let (mut sum, mut tally, mut waiting) = (Sum::default(), Tally::default(), Vec::new());
        let last = self.validation.documents.len() / 2 - 1;
        for pair in 0..=last {
            waiting.push(pair);
            let tokens: usize = waiting.iter().map(|&pair| tokens_of(&self.validation, pair)).sum();
            let enough = sum.tokens + tokens >= self.recipe.eval_tokens;
            if pair == last || enough || tokens >= self.recipe.batch_tokens {
                let batch = batch_of(&self.validation, &waiting);
                let (losses, outcome) = self.model.document_pass(&batch, weights, &pass, |_| Vec::new())?;
                self.judge(&waiting, &losses, self.reference(false), &mut tally, |_| ());
                sum.add(outcome, batch.len());
                waiting.clear();
            }
            if enough {
                break;
            }
        }
        let (loss, rewards) = (tally.mean_loss(), Some(tally.rewards()));
        if !loss.is_finite() {
            return Err(Error::NotFinite { step: self.optimiser.steps() + 1 });
        }
        Ok(Validation { loss, rewards, targets: tally.pairs, best: false, load: sum.load })
    }

    /// What the reference says of all documents.
    fn reference(&self, training: bool) -> &[f64] {
        let baseline = self.baseline.as_ref();
        baseline.map_or(&[], |b| if training { &b.training } else { &b.validation })
    }

    /// Holds the losses of pairs against the reference's.
    fn judge(
        &self,
        pairs: &[usize],
        losses: &[f64],
        reference: &[f64],
        tally: &mut Tally,
        mut each: impl FnMut(&PairLoss),
    ) {
        let dpo = self.dpo();
        for (&pair, losses) in pairs.iter().zip(losses.as_chunks::<2>().0) {
            let model = losses.map(|loss| -loss);
            let judged = PairLoss::new(&dpo, model, [reference[2 * pair], reference[2 * pair + 1]]);
            tally.add(&judged, model);
            each(&judged);
        }
    }
}

/// Input tokens of a pair.
fn tokens_of(data: &Data, pair: usize) -> usize {
    data.documents[2 * pair..][..2].iter().map(|document| document.tokens.len() - 1).sum()
}

/// Both documents of each pair, one after the other.
fn batch_of(data: &Data, pairs: &[usize]) -> Batch {
    let mut batch = Batch::new();
    for document in pairs.iter().flat_map(|pair| &data.documents[2 * pair..][..2]) {
        batch.push(&document.tokens, |at| document.has_loss(at));
    }
    batch
}
