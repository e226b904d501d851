//! The loop: deal, pass, step; validate now and then.

use std::path::Path;
use std::sync::Arc;

use super::checkpoint::{self, State};
use super::data::{Data, Dealer};
use super::layers::Pass;
use super::meter::Meter;
use super::model::{Model, Outcome, Weights};
use super::optimiser::Optimiser;
use super::projection::Drops;
use super::recipe::Recipe;
use crate::error::{Error, Result};

/// A training under way.
#[derive(Debug)]
pub struct Trainer {
    recipe: Recipe,
    model: Model,
    data: Data,
    validation: Data,
    dealer: Dealer,
    optimiser: Optimiser,
    meter: Arc<Meter>,
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
    /// Load-balancing loss.
    pub balance: f64,
    /// Norm of the gradients before clipping.
    pub norm: f64,
    /// Learning rate.
    pub rate: f32,
    /// Input tokens of this step.
    pub tokens: usize,
    /// Share of each layer's busiest expert, 1/experts being even.
    pub busiest: Vec<f64>,
}

/// What a validation tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Validation {
    /// Mean loss of a target.
    pub loss: f64,
    /// Targets.
    pub targets: usize,
    /// Whether it is the lowest loss so far.
    pub best: bool,
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
        if data.documents.iter().all(|d| d.learnt.is_empty()) {
            return Err(Error::Training("the data holds nothing to learn".into()));
        }
        let trained = model.trained();
        if trained.is_empty() {
            return Err(Error::Training("nothing of the model is to be trained".into()));
        }
        Ok(Self {
            dealer: Dealer::new(data.documents.len(), recipe.seed, 0, 0),
            optimiser: Optimiser::new(trained),
            meter: Arc::default(),
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
        let state = checkpoint::load(path, &mut self.optimiser)?;
        if state.seed != self.recipe.seed || state.at > self.data.documents.len() {
            return Err(Error::Training(format!("{}: a checkpoint of other data or another seed", path.display())));
        }
        self.dealer = Dealer::new(self.data.documents.len(), state.seed, state.epoch, state.at);
        self.tokens = state.tokens;
        self.best = state.best;
        Ok(())
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let state = State {
            step: self.optimiser.steps(),
            tokens: self.tokens,
            epoch: self.dealer.epoch,
            at: self.dealer.at,
            best: self.best,
            seed: self.recipe.seed,
        };
        checkpoint::save(path, &state, &self.optimiser)
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Where the time went.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.optimiser.steps()
    }

    /// Input tokens seen.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    fn pass(&self, learns: bool) -> Pass {
        let seed = learns.then(|| self.recipe.seed ^ (self.optimiser.steps() + 1).wrapping_mul(0xD134_2543_DE82_EF95));
        Pass { learns, drops: Drops { seed }, meter: self.meter.clone() }
    }

    /// One step of the optimiser.
    ///
    /// # Errors
    /// A computation failed, or the numbers are no longer numbers.
    pub fn step(&mut self) -> Result<Step> {
        let recipe = &self.recipe;
        let batches: Vec<_> =
            (0..recipe.accumulate).map(|_| self.dealer.deal(&self.data, recipe.batch_tokens)).collect();
        let targets: usize = batches.iter().map(|b| b.targets()).sum();
        let share = recipe.accumulate as f32;
        let weights = Weights { target: 1.0 / targets.max(1) as f32, balance: recipe.balance / share };
        let pass = self.pass(true);
        let mut sum = Outcome::default();
        for batch in &batches {
            let outcome = self.model.pass(batch, weights, &pass)?;
            sum.loss += outcome.loss;
            sum.balance += outcome.balance / f64::from(share);
            sum.load = add(sum.load, outcome.load);
            self.tokens += batch.len() as u64;
        }
        let rate = recipe.rate_at(self.optimiser.steps());
        let norm = self.optimiser.step(rate, recipe, &self.meter);
        if !norm.is_finite() || !sum.loss.is_finite() {
            let message = "the gradients are no longer numbers; lower the learning rate and resume from a checkpoint";
            return Err(Error::Training(format!("step {}: {message}", self.optimiser.steps() + 1)));
        }
        let busiest = |counts: &Vec<usize>| {
            let all: usize = counts.iter().sum();
            counts.iter().copied().max().unwrap_or(0) as f64 / all.max(1) as f64
        };
        Ok(Step {
            step: self.optimiser.steps(),
            loss: sum.loss / targets.max(1) as f64,
            balance: sum.balance,
            norm,
            rate,
            tokens: batches.iter().map(|b| b.len()).sum(),
            busiest: sum.load.iter().map(busiest).collect(),
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
        let pass = self.pass(false);
        let weights = Weights { target: 1.0, balance: 0.0 };
        let (mut loss, mut targets, mut tokens) = (0.0, 0, 0);
        let mut batch = super::batch::Batch::new();
        let last = self.validation.documents.len() - 1;
        for (at, document) in self.validation.documents.iter().enumerate() {
            batch.push(&document.tokens, |at| document.learns(at));
            let enough = tokens + batch.len() >= self.recipe.validation_tokens;
            if at == last || enough || batch.len() >= self.recipe.batch_tokens {
                let outcome = self.model.pass(&batch, weights, &pass)?;
                loss += outcome.loss;
                targets += outcome.targets;
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
        Ok(Some(Validation { loss, targets, best }))
    }
}

fn add(mut sum: Vec<Vec<usize>>, more: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    if sum.is_empty() {
        return more;
    }
    for (sum, more) in sum.iter_mut().zip(&more) {
        sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
    }
    sum
}
