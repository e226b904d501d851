//! The loop: deal, pass, step; validate now and then.

use std::path::Path;
use std::sync::Arc;

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

/// A training under way.
#[derive(Debug)]
pub struct Trainer {
    recipe: Recipe,
    model: Model,
    data: Data,
    validation: Data,
    dealer: BatchSampler,
    optimiser: Optimiser,
    profiler: Arc<Profiler>,
    tokens: u64,
    best: Option<f64>,
}

/// What one step tells.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number, from 1.
    pub step: u64,
    /// Mean loss of a target.
    pub loss: f64,
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

    fn add(&mut self, more: Vec<Vec<usize>>) {
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
    /// Mean loss of a target.
    pub loss: f64,
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

impl Trainer {
    /// Starts a training.
    ///
    /// # Errors
    /// The recipe makes no sense, or there is nothing to learn.
    pub fn new(recipe: Recipe, model: Model, data: Data, validation: Data) -> Result<Self> {
        recipe.check()?;
        if data.documents.iter().all(|d| d.loss_spans.is_empty()) {
            return Err(Error::NothingToLearn);
        }
        let trained = model.trained();
        if trained.is_empty() {
            return Err(Error::NothingToTrain);
        }
        Ok(Self {
            dealer: BatchSampler::new(data.documents.len(), recipe.seed, 0, 0),
            optimiser: Optimiser::new(trained),
            profiler: Arc::default(),
            tokens: 0,
            best: None,
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
        let (here, documents) = (self.state(), self.data.documents.len());
        let state = checkpoint::load(path, &mut self.optimiser, |there| {
            let mut differences = there.differences(&here)?;
            if there.at > documents {
                differences.push("the training data".into());
            }
            if differences.is_empty() {
                return Ok(());
            }
            let fault = CheckpointFault::Other { differences: differences.join("; ") };
            Err(mixtral_engine::Error::file(path, Place::Whole, fault))
        })?;
        self.dealer = BatchSampler::new(self.data.documents.len(), state.seed, state.epoch, state.at);
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
            base: Some(self.model.frozen_fingerprint()),
        }
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
        let has_loss = batch.is_some();
        let number = |batch| {
            (self.optimiser.steps() + 1)
                .wrapping_mul(self.recipe.gradient_accumulation_steps as u64)
                .wrapping_add(batch)
        };
        let seed = batch.map(|batch| self.recipe.seed ^ number(batch).wrapping_mul(0xD134_2543_DE82_EF95));
        Pass { has_loss, drops: DropoutKey { seed }, profiler: self.profiler.clone() }
    }

    /// One step of the optimiser.
    ///
    /// # Errors
    /// A computation failed, or the numbers are no longer numbers.
    pub fn step(&mut self) -> Result<Step> {
        let recipe = &self.recipe;
        let batches: Vec<_> = (0..recipe.gradient_accumulation_steps)
            .map(|_| self.dealer.next_batch(&self.data, recipe.batch_tokens))
            .collect();
        let targets: usize = batches.iter().map(|b| b.targets()).sum();
        let share = recipe.gradient_accumulation_steps as f32;
        let weights = Weights {
            target: 1.0 / targets.max(1) as f32,
            balance: recipe.router_aux_loss_coef / share,
            each_layer: recipe.router_aux_loss_per_layer,
        };
        let (mut sum, mut load) = (Outcome::default(), Load::default());
        for (number, batch) in batches.iter().enumerate() {
            let outcome = self.model.pass(batch, weights, &self.pass(Some(number as u64)))?;
            sum.loss += outcome.loss;
            sum.balance += outcome.balance / f64::from(share);
            load.add(outcome.load);
            self.tokens += batch.len() as u64;
        }
        let learning_rate = recipe.rate_at(self.optimiser.steps());
        let grad_norm = self.optimiser.step(learning_rate, recipe, &self.profiler);
        if !grad_norm.is_finite() || !sum.loss.is_finite() {
            return Err(Error::NotFinite { step: self.optimiser.steps() + 1 });
        }
        Ok(Step {
            step: self.optimiser.steps(),
            loss: sum.loss / targets.max(1) as f64,
            aux_loss: sum.balance,
            grad_norm,
            learning_rate,
            tokens: batches.iter().map(|b| b.len()).sum(),
            load,
        })
    }

    /// The loss over the first documents of the validation data.
    ///
    /// # Errors
    /// A computation failed.
    pub fn validate(&mut self) -> Result<Option<Validation>> {
        if self.validation.documents.is_empty() {
            return Ok(None);
        }
        let pass = self.pass(None);
        let weights = Weights { target: 1.0, balance: 0.0, each_layer: false };
        let (mut loss, mut targets, mut tokens, mut load) = (0.0, 0, 0, Load::default());
        let mut batch = super::batch::Batch::new();
        let last = self.validation.documents.len() - 1;
        for (at, document) in self.validation.documents.iter().enumerate() {
            batch.push(&document.tokens, |at| document.has_loss(at));
            let enough = tokens + batch.len() >= self.recipe.eval_tokens;
            if at == last || enough || batch.len() >= self.recipe.batch_tokens {
                let outcome = self.model.pass(&batch, weights, &pass)?;
                loss += outcome.loss;
                targets += outcome.targets;
                load.add(outcome.load);
                tokens += batch.len();
                batch = super::batch::Batch::new();
            }
            if enough {
                break;
            }
        }
        let loss = loss / targets.max(1) as f64;
        let best = self.best.is_none_or(|b| loss < b);
        if best {
            self.best = Some(loss);
        }
        Ok(Some(Validation { loss, targets, best, load }))
    }
}
