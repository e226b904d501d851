//! `mixtral bench train`: how fast this machine trains the demo models' shape, and how much faster that is than the same model
//! in candle's own operations and autograd.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use candle_nn::{AdamW, Optimizer as _, ParamsAdamW};
use clap::Args;
use mixtral_train::batch::Batch;
use mixtral_train::model::Model;
use mixtral_train::optimiser::Optimiser;
use mixtral_train::pass::Weights;
use mixtral_train::reference::Reference;
use mixtral_train::{Pass, Profiler, Recipe};

use crate::i18n::Language;
use crate::options::{Pool, between};
use crate::train::report;

/// The vocabulary of the demo models.
const VOCABULARY: usize = 6400;
/// Documents as long as poems with their requests are.
const LENGTHS: std::ops::Range<usize> = 40..120;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, default_value_t = 5)]
    pub steps: usize,
    #[command(flatten)]
    pub pool: Pool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.pool.make(language)?;
    between("--steps", arguments.steps, 1..=1000, language)?;
    let rounds = arguments.steps;
    let recipe = Recipe::default();
    let model = Model::random(&recipe.model_config.config(VOCABULARY)?, recipe.seed)?;
    let count = language.count(model.trained().iter().map(|p| p.len() as u64).sum());
    let batch_tokens = recipe.batch_tokens;
    say!("{}", t!(language, "bench-train", parameters = count, tokens = batch_tokens));
    let reference = Reference::new(&model)?;
    let settings = ParamsAdamW { lr: 1e-4, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1 };
    let mut theirs = AdamW::new(reference.vars(), settings)?;
    let mut ours = Optimiser::new(model.trained());
    let mut profiler = Arc::new(Profiler::default());
    let (mut fast, mut slow, mut tokens) = (Vec::new(), Vec::new(), 0);
    // The first round warms up: memory is got, weights come into caches.
    for round in 0..=rounds {
        let batch = batch(batch_tokens, round);
        let weights =
            Weights { target: 1.0 / batch.targets() as f32, balance: recipe.router_aux_loss_coef, each_layer: false };
        if round == 1 {
            (fast, slow, tokens, profiler) = (Vec::new(), Vec::new(), 0, Arc::default());
        }
        let start = Instant::now();
        let outcome =
            model.pass(&batch, weights, &Pass { has_loss: true, profiler: profiler.clone(), ..Pass::default() })?;
        ours.step(1e-4, &recipe, &profiler);
        fast.push(start.elapsed().div_f64(batch.len() as f64));
        let start = Instant::now();
        let loss = reference.loss(&batch, weights)?;
        theirs.step(&loss.backward()?)?;
        slow.push(start.elapsed().div_f64(batch.len() as f64));
        tokens += batch.len();
        if round == 0 {
            let own = outcome.loss * f64::from(weights.target) + outcome.balance * f64::from(weights.balance);
            let other = f64::from(loss.to_scalar::<f32>()?);
            let differ = || t!(language, "bench-losses-differ", own = own.to_string(), candle = other.to_string());
            ensure!((own - other).abs() < 1e-3, differ());
        }
    }
    let (own, other) = (1.0 / median(&mut fast).as_secs_f64(), 1.0 / median(&mut slow).as_secs_f64());
    let spent: Duration = fast.iter().sum::<Duration>().mul_f64(tokens as f64 / fast.len() as f64);
    report::end(language, &profiler, spent, tokens as u64);
    let times = format!("{:.1}", own / other);
    let (own, other) = (own.round() as u64, other.round() as u64);
    say!("{}", t!(language, "bench-train-result", own = own, candle = other, times = times));
    Ok(())
}

/// Documents of random tokens, as many as fit.
fn batch(tokens: usize, seed: usize) -> Batch {
    // A generator of the plainest kind is random enough here (Knuth's constants).
    let mut state = seed as u64 + 1;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut batch = Batch::new();
    loop {
        let len = LENGTHS.start + draw(LENGTHS.len());
        if batch.len() + len > tokens {
            return batch;
        }
        let document: Vec<u32> = (0..=len).map(|_| draw(VOCABULARY) as u32).collect();
        batch.push(&document, |_| true);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_full_and_differ() {
        let (a, b) = (batch(2048, 1), batch(2048, 2));
        assert!(a != b && a == batch(2048, 1));
        for batch in [a, b] {
            assert!((2048 - LENGTHS.end..=2048).contains(&batch.len()), "{}", batch.len());
            assert_eq!(batch.targets(), batch.len());
        }
    }
}
