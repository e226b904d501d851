//! The trainer against finite differences, against inference, and against itself.

mod checkpointing;
mod data;
mod dpo;
mod files;
mod forms;
mod lora;
mod reference;

use std::sync::Arc;

use mixtral_engine::arch::{Config, TensorRole};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_reference::{KvCache, Mixtral};
use mixtral_train::batch::Batch;
use mixtral_train::data::{Data, Document};
use mixtral_train::model::Model;
use mixtral_train::optimiser::Optimiser;
use mixtral_train::parameter::Parameter;
use mixtral_train::pass::Weights;
use mixtral_train::projection::{Adapter, DropoutKey, Projection};
use mixtral_train::recipe::{Recipe, Shape};
use mixtral_train::trainer::Trainer;
use mixtral_train::{Pass, Profiler, output};

fn shape() -> Shape {
    Shape {
        hidden_size: 32,
        intermediate_size: 48,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_local_experts: 4,
        max_position_embeddings: 32,
        rope_theta: 100.0,
        ..Shape::default()
    }
}

fn pass(has_loss: bool, seed: Option<u64>) -> Pass {
    Pass { has_loss, drops: DropoutKey { seed }, ..Pass::default() }
}

fn batch() -> Batch {
    let mut batch = Batch::new();
    let document =
        |len: usize, seed: usize| -> Vec<u32> { (0..len).map(|i| ((i * i * 7 + i * 3 + seed) % 50) as u32).collect() };
    batch.push(&document(14, 1), |_| true);
    batch.push(&document(9, 5), |at| at > 3);
    batch.push(&document(2, 8), |_| true);
    batch
}

/// Makes the router's choices clear, so that small steps do not change them.
fn decide(model: &Model) {
    for (part, projection) in model.parts() {
        if part.role == TensorRole::Router {
            projection.weight.change(|v| v.iter_mut().for_each(|v| *v *= 30.0)).expect("plain");
        }
    }
}

/// Moves each parameter along its own gradient: the loss must change by the gradient's square norm
/// times the step.
fn check_gradients(model: &Model, seed: Option<u64>, each_layer: bool) {
    let batch = batch();
    let targets = batch.targets() as f32;
    let weights = Weights { target: 1.0 / targets, balance: 0.5, each_layer };
    model.pass(&batch, weights, &pass(true, seed)).expect("a pass");
    let loss = || {
        let outcome = model.pass(&batch, weights, &Pass { has_loss: false, ..pass(false, seed) }).expect("a pass");
        outcome.loss / f64::from(targets) + 0.5 * outcome.balance
    };
    let trained = model.trained();
    assert!(trained.len() > 10);
    for p in &trained {
        let gradient: Vec<f32> = (0..p.shares()).flat_map(|e| p.gradient(e).expect("trained").clone()).collect();
        let squares: f64 = gradient.iter().map(|g| f64::from(g * g)).sum();
        assert!(squares > 0.0, "{} has no gradient", p.name);
        let step = (4e-3 / squares.sqrt()) as f32;
        let move_by = |factor: f32| {
            p.change(|v| v.iter_mut().zip(&gradient).for_each(|(v, g)| *v += factor * step * g)).expect("plain");
        };
        move_by(1.0);
        let up = loss();
        move_by(-2.0);
        let down = loss();
        move_by(1.0);
        let (found, expected) = ((up - down) / (2.0 * f64::from(step)), squares);
        assert!((found / expected - 1.0).abs() < 0.02, "{}: {found} should be {expected}", p.name);
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let model = Model::random(&shape().config(50).expect("a shape"), 3).expect("a model");
    decide(&model);
    check_gradients(&model, None, false);
    model.trained().iter().for_each(|p| (0..p.shares()).for_each(|e| p.gradient(e).expect("trained").fill(0.0)));
    check_gradients(&model, None, true);
}

#[test]
fn gradients_of_adapters_agree_with_finite_differences_under_dropout() {
    let config = shape().config(50).expect("a shape");
    let base = Model::random(&config, 3).expect("a model");
    decide(&base);
    let mut given: Vec<_> = base.parts().into_iter().map(|(_, p)| p.weight.copy()).collect();
    given.reverse();
    let model = Model::build(&config, |part| {
        let weight = Parameter::new(part.name(), &part.dims, given.pop().expect("as many"), false);
        let mut projection = Projection::new(Arc::new(weight));
        if part.layer.is_some() && !part.role.is_norm() {
            let (outer, [rows, cols]) = part.dims.split_last_chunk().expect("a matrix");
            let make = |suffix: &str, shape: [usize; 2], seed: usize| {
                let dims: Vec<usize> = outer.iter().copied().chain(shape).collect();
                let len = dims.iter().product();
                let values = (0..len).map(|i: usize| ((i * 29 + seed * 13) % 17) as f32 / 40.0 - 0.2).collect();
                Arc::new(Parameter::new(format!("{}.{suffix}", part.name()), &dims, values, true))
            };
            projection.adapter =
                Some(Adapter { a: make("a", [3, *cols], 1), b: make("b", [*rows, 3], 2), scale: 0.5, dropout: 0.2 });
        }
        Ok(projection)
    });
    check_gradients(&model.expect("a model"), Some(11), false);
}

/// What inference says: one sequence, all rows.
fn inferred(file: &std::path::Path, tokens: &[u32]) -> Vec<Vec<f32>> {
    let gguf = Gguf::open(file).expect("a model");
    let config = Config::from_gguf(&gguf).expect("a shape");
    let device = candle_core::Device::Cpu;
    let model = Mixtral::load(&gguf, config, &device, &mut |_, _| {}).expect("a model");
    let mut cache = KvCache::new(model.config(), 4, 8, &device).expect("a cache");
    let len = tokens.len();
    let plan = StepInput {
        tokens: tokens.to_vec(),
        positions: (0..len as u32).collect(),
        slots: (0..len as u32).collect(),
        sequences: vec![SequenceSlice { start: 0, len, context: len, blocks: vec![0, 1, 2, 3] }],
        outputs: (0..len as u32).collect(),
    };
    model.forward(&plan, &mut cache).expect("logits").to_vec2().expect("rows")
}

#[test]
fn a_model_in_training_and_in_inference_gives_the_same_logits() {
    let config = shape().config(50).expect("a shape");
    let model = Model::random(&config, 9).expect("a model");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("model.gguf");
    output::write_gguf(&file, &model, Vec::new(), GgmlType::F32).expect("written");
    let batch = batch();
    let trained: Vec<Vec<f32>> = model.logits(&batch, &pass(false, None)).expect("logits").to_vec2().expect("rows");
    for w in batch.starts.windows(2) {
        let rows = inferred(&file, &batch.tokens[w[0]..w[1]]);
        for (a, b) in rows.iter().zip(&trained[w[0]..w[1]]) {
            for (a, b) in a.iter().zip(b) {
                assert!((a - b).abs() < 2e-4, "{a} and {b}");
            }
        }
    }
}

fn data() -> Data {
    let documents = (0..40).map(|d| {
        let tokens: Vec<u32> = (0..12).map(|i| ((d * 5 + i * 3) % 50) as u32).collect();
        Document { loss_spans: vec![(1, tokens.len())], tokens }
    });
    Data { documents: documents.collect() }
}

fn recipe(seed: u64) -> Recipe {
    Recipe { model_config: shape(), max_steps: 60, batch_tokens: 64, learning_rate: 5e-3, seed, ..Recipe::default() }
}

fn trainer(seed: u64) -> Trainer {
    let recipe = recipe(seed);
    let model = Model::random(&recipe.model_config.config(50).expect("a shape"), seed).expect("a model");
    Trainer::new(recipe, model, data(), data()).expect("a training")
}

#[test]
fn training_learns_and_the_same_seed_gives_the_same_numbers() {
    let (mut a, mut b, mut other) = (trainer(1), trainer(1), trainer(2));
    let before = a.validate().expect("a loss").expect("data").loss;
    let mut last = 0.0;
    for _ in 0..60 {
        last = a.step().expect("a step").loss;
        assert_eq!(last.to_bits(), b.step().expect("a step").loss.to_bits());
        assert_ne!(last.to_bits(), other.step().expect("a step").loss.to_bits());
    }
    let after = a.validate().expect("a loss").expect("data");
    assert!(after.best && after.loss < 0.5 * before, "{before} to {} (last step {last})", after.loss);
}

#[test]
fn a_training_resumed_from_a_checkpoint_gives_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.safetensors");
    let mut whole = trainer(4);
    let mut first = trainer(4);
    for _ in 0..7 {
        whole.step().expect("a step");
        first.step().expect("a step");
    }
    first.save(&file).expect("saved");
    let mut second = trainer(4);
    second.resume(&file).expect("resumed");
    for _ in 0..7 {
        assert_eq!(whole.step().expect("a step").loss.to_bits(), second.step().expect("a step").loss.to_bits());
    }
    assert_eq!(whole.tokens(), second.tokens());
    let message = trainer(5).resume(&file).expect_err("another seed").to_string();
    assert!(message.contains("seed: 4 there, 5 here"), "{message}");
}

#[test]
fn a_checkpoint_of_another_training_is_refused_by_what_differs_and_more_steps_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.safetensors");
    let mut first = trainer(4);
    first.step().expect("a step");
    first.save(&file).expect("saved");
    let with = |change: &dyn Fn(&mut Recipe), data: Data| {
        let mut recipe = recipe(4);
        change(&mut recipe);
        let model = Model::random(&recipe.model_config.config(50).expect("a shape"), 4).expect("a model");
        Trainer::new(recipe, model, data, Data::default()).expect("a training").resume(&file)
    };
    with(&|r| (r.max_steps, r.eval_steps) = (90, 7), data()).expect("longer is allowed");
    let refused = |change: &dyn Fn(&mut Recipe), data: Data| with(change, data).expect_err("refused").to_string();
    let message = refused(&|r| (r.learning_rate, r.gradient_accumulation_steps) = (1e-3, 3), data());
    assert!(
        message.contains("gradient_accumulation_steps: 2 there, 3 here; learning_rate: 0.005 there, 0.001 here"),
        "{message}"
    );
    let mut other = data();
    other.documents[3].tokens[2] += 1;
    let message = refused(&|_| (), other);
    assert!(message.contains("the training data"), "{message}");
}

#[test]
fn decay_spares_norms_and_clipping_bounds_the_step() {
    let config = shape().config(50).expect("a shape");
    let model = Model::random(&config, 3).expect("a model");
    for p in model.trained() {
        assert_eq!(p.decays, !p.name.contains("norm"), "{}", p.name);
    }
    let p = Arc::new(Parameter::new("matrix", &[1, 2], vec![1.0, -1.0], true));
    let mut optimiser = Optimiser::new(vec![p.clone()]);
    p.gradient(0).expect("trained").copy_from_slice(&[30.0, 40.0]);
    let recipe = Recipe { max_grad_norm: 1.0, weight_decay: 0.5, ..Recipe::default() };
    let norm = optimiser.step(0.1, &recipe, &Profiler::default());
    assert!((norm - 50.0).abs() < 1e-4);
    // The first step of Adam goes by the rate, whatever the gradient; decay takes rate * decay.
    let expected = [1.0 * (1.0 - 0.05) - 0.1, -(1.0 - 0.05) - 0.1];
    p.copy().iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{a} {b}"));
    assert_eq!(*p.gradient(0).expect("trained"), [0.0, 0.0]);
}
