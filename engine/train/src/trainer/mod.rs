//! The loop: deal, pass, step; validate now and then.

mod prefer;
mod told;

use std::path::Path;
use std::sync::Arc;

use super::baseline::Baseline;
use super::batch::Batch;
use super::checkpoint::{self, State};
use super::data::{BatchSampler, Data};
use super::error::{Error, Result};
use super::layers::Pass;
use super::model::Model;
use super::optimiser::Optimiser;
use super::pass::{Outcome, Weights};
use super::profiler::Profiler;
use super::projection::DropoutKey;
use super::recipe::Recipe;
use mixtral_engine::error::{CheckpointFault, Place};

pub use told::{Load, Step, Validation};

/// A training under way.
#[derive(Debug)]
pub struct Trainer {
    recipe: Recipe,
    model: Model,
    data: Data,
    validation: Data,
    /// What the model that it began with says of all pairs, where preferences are trained on.
    baseline: Option<Baseline>,
    dealer: BatchSampler,
    optimiser: Optimiser,
    profiler: Arc<Profiler>,
    tokens: u64,
    best: Option<f64>,
}

/// Sums over the passes of a step or of a validation.
#[derive(Debug, Default)]
struct Sum {
    loss: f64,
    targets: usize,
    balance: f64,
    tokens: usize,
    load: Load,
}

impl Sum {
    fn add(&mut self, outcome: Outcome, tokens: usize) {
        self.loss += outcome.loss;
        self.targets += outcome.targets;
        self.balance += outcome.balance;
        self.tokens += tokens;
        self.load.add(outcome.load);
    }

    /// The mean loss of a target.
    fn mean_loss(&self) -> f64 {
        self.loss / self.targets.max(1) as f64
    }
}

impl Trainer {
    /// Starts a training. Where it is on preferences, `model` is the reference too, and is asked first.
    ///
    /// # Errors
    /// The recipe makes no sense, or there is nothing to learn.
    pub fn new(recipe: Recipe, model: Model, data: Data, validation: Data) -> Result<Self> {
        let mut trainer = Self::without_baseline(recipe, model, data, validation)?;
        if trainer.recipe.dpo.is_some() {
            let (data, validation) = (&trainer.data, &trainer.validation);
            let batch_tokens = trainer.recipe.batch_tokens;
            let baseline = Baseline::measure(&trainer.model, (data, validation), batch_tokens, &mut |_, _| {})?;
            trainer.baseline = Some(baseline);
        }
        Ok(trainer)
    }

    /// Starts a training on preferences with what the model, which is the reference, says of all pairs.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_baseline(
        recipe: Recipe,
        model: Model,
        data: Data,
        validation: Data,
        baseline: Baseline,
    ) -> Result<Self> {
        Ok(Self { baseline: Some(baseline), ..Self::without_baseline(recipe, model, data, validation)? })
    }

    fn without_baseline(recipe: Recipe, model: Model, data: Data, validation: Data) -> Result<Self> {
        recipe.check()?;
        if data.documents.iter().all(|d| d.loss_spans.is_empty()) {
            return Err(Error::NothingToLearn);
        }
        let trained = model.trained();
        if trained.is_empty() {
            return Err(Error::NothingToTrain);
        }
        let examples = data.documents.len() / documents_of(&recipe);
        Ok(Self {
            dealer: BatchSampler::new(examples, recipe.seed, 0, 0),
            optimiser: Optimiser::new(trained),
            profiler: Arc::default(),
            tokens: 0,
            best: None,
            baseline: None,
            recipe,
            model,
            data,
            validation,
        })
    }

    /// Goes on from a checkpoint of the same recipe and data.
    ///
    /// # Errors
    /// The checkpoint does not fit.
    pub fn resume(&mut self, path: &Path) -> Result<()> {
        let (here, examples) = (self.state(), self.examples());
        let state = checkpoint::load(path, &mut self.optimiser, |there| {
            let mut differences = there.differences(&here)?;
            if there.at > examples {
                differences.push("the training data".into());
            }
            if differences.is_empty() {
                return Ok(());
            }
            let fault = CheckpointFault::Other { differences: differences.join("; ") };
            Err(mixtral_engine::Error::file(path, Place::Whole, fault))
        })?;
        self.dealer = BatchSampler::new(examples, state.seed, state.epoch, state.at);
        self.tokens = state.tokens;
        self.best = state.best;
        Ok(())
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(checkpoint::save(path, &self.state(), &self.optimiser)?)
    }

    fn state(&self) -> State {
        State {
            step: self.optimiser.steps(),
            tokens: self.tokens,
            epoch: self.dealer.epoch,
            at: self.dealer.at,
            best: self.best,
            seed: self.recipe.seed,
            recipe: Some(self.recipe.clone()),
            data: Some(self.data.fingerprint()),
            // The reference is the whole model that the training began with, of which nothing may be frozen.
            base: Some(self.baseline.as_ref().map_or_else(|| self.model.frozen_fingerprint(), |baseline| baseline.key)),
        }
    }

    /// How many examples there are: documents, or pairs of them.
    fn examples(&self) -> usize {
        self.data.documents.len() / documents_of(&self.recipe)
    }

    /// What the reference says of all pairs, where preferences are trained on.
    pub fn baseline(&self) -> Option<&Baseline> {
        self.baseline.as_ref()
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Whether there is anything to validate by.
    pub fn validates(&self) -> bool {
        !self.validation.documents.is_empty()
    }

    /// Where the time went.
    pub fn profiler(&self) -> &Profiler {
        &self.profiler
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.optimiser.steps()
    }

    /// Input tokens seen.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// A pass of the next step; nothing where it only evaluates.
    fn pass(&self, batch: Option<u64>) -> Pass {
        let number = |batch| {
            (self.optimiser.steps() + 1)
                .wrapping_mul(self.recipe.gradient_accumulation_steps as u64)
                .wrapping_add(batch)
        };
        let seed = batch.map(|batch| self.recipe.seed ^ number(batch).wrapping_mul(0xD134_2543_DE82_EF95));
        Pass {
            has_loss: batch.is_some(),
            recomputes: self.recipe.gradient_checkpointing,
            drops: DropoutKey { seed },
            profiler: self.profiler.clone(),
        }
    }

    /// How the losses of one of a step's passes are weighed.
    fn weights(&self, target: f32) -> Weights {
        let share = self.recipe.gradient_accumulation_steps as f32;
        Weights {
            target,
            balance: self.recipe.router_aux_loss_coef / share,
            each_layer: self.recipe.router_aux_loss_per_layer,
        }
    }

    /// One step of the optimiser.
    ///
    /// # Errors
    /// A computation failed, or the numbers are no longer numbers.
    pub fn step(&mut self) -> Result<Step> {
        if self.recipe.dpo.is_some() {
            return self.preferring_step();
        }
        let batches: Vec<_> = (0..self.recipe.gradient_accumulation_steps)
            .map(|_| self.dealer.next_batch(&self.data, self.recipe.batch_tokens))
            .collect();
        let targets: usize = batches.iter().map(Batch::targets).sum();
        let weights = self.weights(1.0 / targets.max(1) as f32);
        let mut sum = Sum::default();
        for (number, batch) in batches.iter().enumerate() {
            sum.add(self.model.pass(batch, weights, &self.pass(Some(number as u64)))?, batch.len());
        }
        let loss = sum.loss / targets.max(1) as f64;
        self.update(Step { loss, ..Step::default() }, sum)
    }

    /// Goes along the gradients, and completes what the step tells.
    fn update(&mut self, step: Step, sum: Sum) -> Result<Step> {
        self.tokens += sum.tokens as u64;
        let learning_rate = self.recipe.rate_at(self.optimiser.steps());
        let grad_norm = self.optimiser.step(learning_rate, &self.recipe, &self.profiler);
        if !grad_norm.is_finite() || !step.loss.is_finite() {
            return Err(Error::NotFinite { step: self.optimiser.steps() + 1 });
        }
        Ok(Step {
            step: self.optimiser.steps(),
            aux_loss: sum.balance / self.recipe.gradient_accumulation_steps as f64,
            grad_norm,
            learning_rate,
            tokens: sum.tokens,
            load: sum.load,
            ..step
        })
    }

    /// The loss over the first examples of the validation data.
    ///
    /// # Errors
    /// A computation failed.
    pub fn validate(&mut self) -> Result<Option<Validation>> {
        if self.validation.documents.is_empty() {
            return Ok(None);
        }
        let mut found = if self.recipe.dpo.is_some() { self.preferring_validation()? } else { self.imitating()? };
        found.best = self.best.is_none_or(|b| found.loss < b);
        if found.best {
            self.best = Some(found.loss);
        }
        Ok(Some(found))
    }

    /// The loss of texts and conversations.
    fn imitating(&self) -> Result<Validation> {
        let pass = self.pass(None);
        let weights = Weights { target: 1.0, balance: 0.0, each_layer: false };
        let mut sum = Sum::default();
        let mut batch = Batch::new();
        let last = self.validation.documents.len() - 1;
        for (at, document) in self.validation.documents.iter().enumerate() {
            batch.push(&document.tokens, |at| document.has_loss(at));
            let enough = sum.tokens + batch.len() >= self.recipe.eval_tokens;
            if at == last || enough || batch.len() >= self.recipe.batch_tokens {
                sum.add(self.model.pass(&batch, weights, &pass)?, batch.len());
                batch = Batch::new();
            }
            if enough {
                break;
            }
        }
        Ok(Validation { loss: sum.mean_loss(), rewards: None, targets: sum.targets, best: false, load: sum.load })
    }
}

/// The steps of a training by its recipe: `max_steps`, or as many as `num_train_epochs` take with these data.
pub fn steps_of(recipe: &Recipe, data: &Data) -> u64 {
    let documents = documents_of(recipe);
    let examples = data.documents.len() / documents;
    let Some(epochs) = recipe.num_train_epochs.filter(|_| examples > 0) else { return recipe.max_steps };
    let mut dealer = BatchSampler::new(examples, recipe.seed, 0, 0);
    let len = |at: usize| data.documents[at * documents..][..documents].iter().map(|d| d.tokens.len() - 1).sum();
    let all = (f64::from(epochs) * examples as f64).ceil() as u64;
    let mut batches = 0u64;
    while dealer.epoch * (examples as u64) + (dealer.at as u64) < all {
        dealer.next_examples(recipe.batch_tokens, len);
        batches += 1;
    }
    batches.div_ceil(recipe.gradient_accumulation_steps as u64).max(1)
}

/// How many documents an example has.
fn documents_of(recipe: &Recipe) -> usize {
    if recipe.dpo.is_some() { 2 } else { 1 }
}
