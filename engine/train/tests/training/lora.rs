//! Adapters on a frozen base: they begin by changing nothing, learn alone, and fold into the base.

use std::path::Path;

use mixtral_engine::arch::{Config, TensorRole};
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::lora::{Adapter, fold};
use mixtral_train::choice::Choice;
use mixtral_train::model::Model;
use mixtral_train::output;
use mixtral_train::recipe::{Lora, Recipe, Shape};
use mixtral_train::trainer::Trainer;
use mixtral_train::{base, lora};

use crate::{batch, data, inferred, pass};

/// Wide enough for blocks of 32.
pub fn shape() -> Shape {
    Shape {
        hidden_size: 64,
        intermediate_size: 96,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_local_experts: 4,
        max_position_embeddings: 32,
        rope_theta: 100.0,
        ..Shape::default()
    }
}

/// A base of random weights in a type, as a file.
fn written(folder: &Path, kind: GgmlType) -> (Gguf, Config) {
    let model = Model::random(&shape().config(50).expect("a shape"), 5).expect("a model");
    let file = folder.join("base.gguf");
    output::write_gguf(&file, &model, Vec::new(), kind).expect("written");
    let gguf = Gguf::open(&file).expect("a base");
    let config = Config::from_gguf(&gguf).expect("a shape");
    (gguf, config)
}

fn settings(quantised: bool, whole: &[&str]) -> Lora {
    let modules_to_save = whole.iter().map(|w| (*w).to_owned()).collect();
    let quantized_base = quantised;
    Lora { r: 4, lora_alpha: 8.0, lora_dropout: 0.1, quantized_base, modules_to_save, ..Lora::default() }
}

fn trainer(gguf: &Gguf, config: &Config, lora: Lora) -> Trainer {
    let model = lora::model(gguf, config, &lora, 3).expect("a model");
    let recipe = Recipe { lora: Some(lora), max_steps: 40, batch_tokens: 64, learning_rate: 1e-2, ..Recipe::default() };
    Trainer::new(recipe, model, data(), data()).expect("a training")
}

fn logits(model: &Model) -> Vec<Vec<f32>> {
    model.logits(&batch(), &pass(false, None)).expect("logits").to_vec2().expect("rows")
}

#[test]
fn fresh_adapters_change_nothing_and_begin_as_pefts_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let (gguf, config) = written(folder.path(), GgmlType::F32);
    let plain = base::model(&gguf, &config).expect("a model");
    let model = lora::model(&gguf, &config, &settings(false, &[]), 3).expect("a model");
    assert_eq!(logits(&plain), logits(&model));
    let adapters: Vec<_> = model.parts().into_iter().filter_map(|(part, p)| Some((part, p.adapter?))).collect();
    assert_eq!(adapters.len(), 2 * 8, "q, k, v, o, gate, w1, w2, w3 of two layers");
    for (part, adapter) in adapters {
        assert!(adapter.b.copy().iter().all(|b| *b == 0.0), "{}", part.name());
        let (a, bound) = (adapter.a.copy(), 1.0 / (part.dims[part.dims.len() - 1] as f32).sqrt());
        let spread = (a.iter().map(|a| a * a).sum::<f32>() / a.len() as f32).sqrt();
        assert!(a.iter().all(|a| a.abs() <= bound), "{}", part.name());
        // An even distribution spreads by its bound over the root of 3.
        assert!((spread * 3f32.sqrt() / bound - 1.0).abs() < 0.15, "{}: {spread} of {bound}", part.name());
        assert_eq!(adapter.scale, 2.0);
    }
}

#[test]
fn adapters_learn_while_the_base_keeps_every_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    for kind in [GgmlType::F32, GgmlType::Q8_0] {
        let (gguf, config) = written(folder.path(), kind);
        let mut training = trainer(&gguf, &config, settings(kind != GgmlType::F32, &[]));
        let weights = |t: &Trainer| t.model().parts().into_iter().map(|(_, p)| p.weight.copy()).collect::<Vec<_>>();
        let (before, first) = (weights(&training), training.validate().expect("a loss").expect("data").loss);
        (0..40).for_each(|_| assert!(training.step().expect("a step").grad_norm > 0.0));
        let last = training.validate().expect("a loss").expect("data").loss;
        assert!(last < 0.7 * first, "{kind}: {first} to {last}");
        let same =
            weights(&training).iter().flatten().zip(before.iter().flatten()).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{kind}: the base has changed");
    }
}

#[test]
fn a_quantised_base_stays_in_its_blocks_and_whole_modules_are_plain() {
    let folder = tempfile::tempdir().expect("a folder");
    let (gguf, config) = written(folder.path(), GgmlType::Q8_0);
    let training = trainer(&gguf, &config, settings(true, &["embed_tokens", "lm_head"]));
    for (part, projection) in training.model().parts() {
        let whole = matches!(part.role, TensorRole::Embedding | TensorRole::Output);
        let expected = match part.role {
            _ if whole || part.role.is_norm() => None,
            TensorRole::Router => Some(GgmlType::F32),
            _ => Some(GgmlType::Q8_0),
        };
        assert_eq!(projection.weight.kind(), expected, "{}", part.name());
        assert_eq!(projection.weight.is_trained(), whole, "{}", part.name());
    }
    let names: Vec<String> = training.model().trained().iter().map(|p| p.name.clone()).collect();
    assert!(names.iter().any(|n| n == "output.weight") && names.iter().any(|n| n == "token_embd.weight"));
    assert!(!names.iter().any(|n| n.contains("norm")), "{names:?}");
}

#[test]
fn a_model_with_adapters_and_the_merged_one_give_the_same_logits() {
    let folder = tempfile::tempdir().expect("a folder");
    for kind in [GgmlType::F32, GgmlType::Q8_0] {
        let (gguf, config) = written(folder.path(), kind);
        let mut training = trainer(&gguf, &config, settings(kind != GgmlType::F32, &["lm_head"]));
        (0..10).for_each(|_| drop(training.step().expect("a step")));
        let file = folder.path().join("merged.gguf");
        output::write_gguf(&file, training.model(), Vec::new(), GgmlType::F32).expect("written");
        let (batch, rows) = (batch(), logits(training.model()));
        for w in batch.starts.windows(2) {
            for (a, b) in inferred(&file, &batch.tokens[w[0]..w[1]]).iter().zip(&rows[w[0]..w[1]]) {
                a.iter().zip(b).for_each(|(a, b)| assert!((a - b).abs() < 5e-4, "{kind}: {a} and {b}"));
            }
        }
    }
}

#[test]
fn a_training_of_adapters_resumed_from_a_checkpoint_gives_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (gguf, config) = written(folder.path(), GgmlType::Q8_0);
    let file = folder.path().join("checkpoint.safetensors");
    let make = || trainer(&gguf, &config, settings(true, &["embed_tokens"]));
    let (mut whole, mut first, mut second) = (make(), make(), make());
    for _ in 0..5 {
        whole.step().expect("a step");
        first.step().expect("a step");
    }
    first.save(&file).expect("saved");
    second.resume(&file).expect("resumed");
    for _ in 0..5 {
        assert_eq!(whole.step().expect("a step").loss.to_bits(), second.step().expect("a step").loss.to_bits());
    }
    let other = trainer(&gguf, &config, Lora { r: 5, ..settings(true, &["embed_tokens"]) }).resume(&file);
    let message = other.expect_err("another rank").to_string();
    assert!(message.contains("lora.r: 4 there, 5 here"), "{message}");
    let (gguf, config) = written(folder.path(), GgmlType::Q5_0);
    let message = trainer(&gguf, &config, settings(true, &["embed_tokens"])).resume(&file).expect_err("another base");
    assert!(message.to_string().contains("the base model"), "{message}");
}

#[test]
fn names_that_mean_nothing_are_refused_and_both_spellings_are_known() {
    let choose = |targets: &[&str], whole: &[&str]| {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        Choice::new(&words(targets), &words(whole))
    };
    assert_eq!(choose(&["q", "w2"], &[]).expect("short"), choose(&["q_proj", "w2"], &[]).expect("PEFT's"));
    for (targets, whole, named) in [
        (&["q", "x_proj"][..], &[][..], "x_proj"),
        (&["q", "q_proj"], &[], "q_proj"),
        (&["q"], &["norm"], "norm"),
        (&[], &["lm_head"], "target_modules"),
    ] {
        let message = choose(targets, whole).expect_err(named).to_string();
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn a_written_adapter_folds_onto_its_base_to_the_trained_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let (gguf, config) = written(folder.path(), GgmlType::Q8_0);
    let settings = settings(true, &["embed_tokens", "lm_head"]);
    let mut training = trainer(&gguf, &config, settings.clone());
    (0..5).for_each(|_| drop(training.step().expect("a step")));
    let out = folder.path().join("adapter");
    output::write_adapter(&out, training.model(), &settings, "../base.gguf", GgmlType::F32).expect("written");
    let adapter = Adapter::open(&out, &config).expect("an adapter that fits");
    assert_eq!(adapter.config().base, "../base.gguf");
    assert_eq!(adapter.config().targets, ["q_proj", "k_proj", "v_proj", "o_proj", "gate", "w1", "w2", "w3"]);
    for (part, projection) in training.model().parts() {
        let mut weights = match adapter.whole(&part).expect("readable") {
            Some(whole) => whole,
            None => base::values(&gguf, &part).expect("the base"),
        };
        let cols = part.dims[part.dims.len() - 1];
        let experts = if part.role.is_expert() { part.dims[0] } else { 1 };
        let share = weights.len() / experts;
        let mut folded = false;
        for (expert, weights) in weights.chunks_exact_mut(share).enumerate() {
            if let Some(pair) = adapter.pair(&part, expert).expect("readable") {
                fold(&pair, weights, cols);
                folded = true;
            }
        }
        assert_eq!(folded, projection.adapter.is_some(), "{}", part.name());
        let far = weights.iter().zip(projection.merged()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-6, "{}: {far}", part.name());
    }
}
