//! Training on preferences: the loss against plain arithmetic in F64, its gradients against finite differences, and what a
//! training makes of pairs.

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::quant::GgmlType;
use mixtral_train::baseline::Baseline;
use mixtral_train::batch::Batch;
use mixtral_train::data::{Data, Document};
use mixtral_train::model::Model;
use mixtral_train::pass::Weights;
use mixtral_train::preference::PairLoss;
use mixtral_train::recipe::{Dpo, Lora, Recipe, Shape};
use mixtral_train::trainer::{Step, Trainer};
use mixtral_train::{base, lora, output};

use crate::{pass, shape};

/// Pairs of one prompt each: the chosen answer climbs, the rejected one falls.
fn pairs(count: usize) -> Data {
    let documents = (0..2 * count).map(|at| {
        let (pair, rejected) = (at / 2, at % 2 == 1);
        let prompt = (0..4).map(|i| ((pair * 7 + i * 3) % 50) as u32);
        let answer = (0..5 + pair % 3).map(|i| ((pair * 7 + if rejected { 50 - 2 * i } else { 12 + i }) % 50) as u32);
        let tokens: Vec<u32> = prompt.chain(answer).collect();
        Document { loss_spans: vec![(4, tokens.len())], tokens }
    });
    Data { documents: documents.collect() }
}

fn batch_of(data: &Data) -> Batch {
    let mut batch = Batch::new();
    data.documents.iter().for_each(|d| batch.push(&d.tokens, |at| d.has_loss(at)));
    batch
}

/// The log probability of each document's answers, out of the logits, in F64.
fn plain_log_probabilities(model: &Model, data: &Data) -> Vec<f64> {
    let batch = batch_of(data);
    let rows: Vec<Vec<f32>> = model.logits(&batch, &pass(false, None)).expect("logits").to_vec2().expect("rows");
    let of = |at: usize| {
        let row: Vec<f64> = rows[at].iter().map(|&x| f64::from(x)).collect();
        let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|x| (x - top).exp()).sum();
        batch.targets[at].map_or(0.0, |target| row[target as usize] - top - sum.ln())
    };
    batch.starts.windows(2).map(|w| (w[0]..w[1]).map(of).sum()).collect()
}

/// The mean loss of pairs, as the paper has it.
fn plain_loss(dpo: &Dpo, model: &[f64], reference: &[f64]) -> f64 {
    let (beta, smoothing) = (f64::from(dpo.beta), f64::from(dpo.label_smoothing));
    let log_sigmoid = |x: f64| -(1.0 + (-x).exp()).ln();
    let of = |pair: usize| {
        let difference = |list: &[f64]| list[2 * pair] - list[2 * pair + 1];
        let logits = beta * (difference(model) - difference(reference));
        -(1.0 - smoothing) * log_sigmoid(logits) - smoothing * log_sigmoid(-logits)
    };
    (0..model.len() / 2).map(of).sum::<f64>() / (model.len() / 2) as f64
}

#[test]
fn log_probabilities_and_loss_are_those_of_plain_arithmetic_and_gradients_those_of_finite_differences() {
    // Every expert works on every token, so that no small step changes a choice: choices are held by the other tests.
    let config = Shape { num_experts_per_tok: 4, ..shape() }.config(50).expect("a shape");
    let (model, other) = (Model::random(&config, 3).expect("a model"), Model::random(&config, 4).expect("another"));
    let data = pairs(5);
    let batch = batch_of(&data);
    let reference = plain_log_probabilities(&other, &data);
    for dpo in [Dpo { beta: 0.7, ..Dpo::default() }, Dpo { beta: 0.3, label_smoothing: 0.2, ..Dpo::default() }] {
        let weights = Weights { target: 1.0, balance: 0.5, each_layer: false };
        let judged = |losses: &[f64]| -> Vec<PairLoss> {
            let pair = |at: usize| {
                let of = |list: &[f64]| [list[2 * at], list[2 * at + 1]];
                PairLoss::new(&dpo, of(losses).map(|loss| -loss), of(&reference))
            };
            (0..losses.len() / 2).map(pair).collect()
        };
        let weigh = |losses: &[f64]| -> Vec<f32> {
            let pairs = judged(losses);
            pairs.iter().flat_map(|pair| pair.slopes.map(|slope| (-slope / pairs.len() as f64) as f32)).collect()
        };
        let (losses, outcome) = model.document_pass(&batch, weights, &pass(true, None), weigh).expect("a pass");
        let plain = plain_log_probabilities(&model, &data);
        for (loss, plain) in losses.iter().zip(&plain) {
            assert!((loss + plain).abs() < 1e-4, "{loss} should be {}", -plain);
        }
        assert!((outcome.loss - losses.iter().sum::<f64>()).abs() < 1e-4);
        let mean = |losses: &[f64]| judged(losses).iter().map(|p| p.loss).sum::<f64>() / 5.0;
        let expected = plain_loss(&dpo, &plain, &reference);
        assert!((mean(&losses) - expected).abs() < 1e-5, "{} should be {expected}", mean(&losses));
        let loss = || {
            let (losses, outcome) =
                model.document_pass(&batch, weights, &pass(false, None), |_| Vec::new()).expect("a pass");
            mean(&losses) + 0.5 * outcome.balance
        };
        let mut wrong = Vec::new();
        for p in &model.trained() {
            let gradient: Vec<f32> = (0..p.shares()).flat_map(|e| p.gradient(e).expect("trained").clone()).collect();
            let squares: f64 = gradient.iter().map(|g| f64::from(g * g)).sum();
            assert!(squares > 0.0, "{} has no gradient", p.name);
            let step = (4e-3 / squares.sqrt()) as f32;
            let moved = |factor: f32| {
                p.change(|v| v.iter_mut().zip(&gradient).for_each(|(v, g)| *v += factor * step * g)).expect("plain");
            };
            moved(1.0);
            let up = loss();
            moved(-2.0);
            let down = loss();
            moved(1.0);
            let found = (up - down) / (2.0 * f64::from(step));
            if (found / squares - 1.0).abs() > 0.02 {
                wrong.push(format!("{}: {found} should be {squares}", p.name));
            }
            (0..p.shares()).for_each(|e| p.gradient(e).expect("trained").fill(0.0));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

fn recipe(lora: Option<Lora>) -> Recipe {
    Recipe {
        model_config: shape(),
        lora,
        dpo: Some(Dpo { beta: 0.5, ..Dpo::default() }),
        max_steps: 40,
        batch_tokens: 90,
        learning_rate: 2e-3,
        seed: 4,
        ..Recipe::default()
    }
}

fn trainer() -> Trainer {
    let model = Model::random(&shape().config(50).expect("a shape"), 4).expect("a model");
    Trainer::new(recipe(None), model, pairs(20), pairs(7)).expect("a training")
}

#[test]
fn a_training_begins_at_chance_and_learns_to_prefer_what_was_chosen() {
    let mut training = trainer();
    let first = training.validate().expect("a loss").expect("data");
    let rewards = first.rewards.expect("of pairs");
    assert!((first.loss - 2f64.ln()).abs() < 1e-6 && rewards.margins().abs() < 1e-6, "{first:?}");
    assert_eq!(first.targets, 7);
    let steps: Vec<Step> = (0..40).map(|_| training.step().expect("a step")).collect();
    let begin = steps[0].rewards.expect("of pairs");
    assert!((steps[0].loss - 2f64.ln()).abs() < 1e-6 && begin.margins().abs() < 1e-6, "{begin:?}");
    let found = training.validate().expect("a loss").expect("data");
    let rewards = found.rewards.expect("of pairs");
    assert!(found.best && found.loss < 0.2 && rewards.accuracies == 1.0, "{found:?}");
    assert!(rewards.chosen > 0.0 && rewards.rejected < 0.0 && rewards.margins() > 2.0, "{rewards:?}");
    // What is logged is what the model says: checked against plain arithmetic, and a reference that was trained on nothing.
    let data = pairs(7);
    let start = Model::random(&shape().config(50).expect("a shape"), 4).expect("a model");
    let (now, before) = (plain_log_probabilities(training.model(), &data), plain_log_probabilities(&start, &data));
    let mean = |side: usize, list: &[f64]| list.iter().skip(side).step_by(2).sum::<f64>() / 7.0;
    assert!(
        (rewards.logps_chosen - mean(0, &now)).abs() < 1e-3 && (rewards.logps_rejected - mean(1, &now)).abs() < 1e-3
    );
    assert!((rewards.chosen - 0.5 * (mean(0, &now) - mean(0, &before))).abs() < 1e-3, "{rewards:?}");
    assert!((found.loss - plain_loss(&Dpo { beta: 0.5, ..Dpo::default() }, &now, &before)).abs() < 1e-4);
}

#[test]
fn a_training_on_preferences_resumed_from_a_checkpoint_gives_the_same_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.safetensors");
    let (mut whole, mut first, mut second) = (trainer(), trainer(), trainer());
    for _ in 0..6 {
        whole.step().expect("a step");
        first.step().expect("a step");
    }
    first.save(&file).expect("saved");
    second.resume(&file).expect("resumed");
    for _ in 0..6 {
        let (a, b) = (whole.step().expect("a step"), second.step().expect("a step"));
        assert_eq!((a.loss.to_bits(), a.rewards), (b.loss.to_bits(), b.rewards));
    }
    let with = |recipe: Recipe, seed| {
        let model = Model::random(&shape().config(50).expect("a shape"), seed).expect("a model");
        let mut other = Trainer::new(recipe, model, pairs(20), pairs(7)).expect("a training");
        other.resume(&file).expect_err("refused").to_string()
    };
    let changed = with(Recipe { dpo: Some(Dpo { beta: 0.1, ..Dpo::default() }), ..recipe(None) }, 4);
    assert!(changed.contains("dpo.beta: 0.5 there, 0.1 here"), "{changed}");
    let other = with(recipe(None), 5);
    assert!(other.contains("the base model"), "another reference: {other}");
}

#[test]
fn the_reference_of_adapters_is_the_base_without_them_and_its_file_is_of_one_model_and_data_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = crate::lora::shape().config(50).expect("a shape");
    let file = folder.path().join("base.gguf");
    output::write_gguf(&file, &Model::random(&config, 5).expect("a model"), Vec::new(), GgmlType::Q8_0)
        .expect("written");
    let gguf = Gguf::open(&file).expect("a base");
    let settings = Lora { r: 4, lora_alpha: 8.0, quantized_base: true, ..Lora::default() };
    let make = || lora::model(&gguf, &config, &settings, 3).expect("a model");
    let (data, validation) = (pairs(12), pairs(3));
    let mut told = Vec::new();
    let measured = Baseline::measure(&make(), (&data, &validation), 60, &mut |done, all| told.push((done, all)));
    let baseline = measured.expect("measured");
    assert!(told.is_sorted() && told.last() == Some(&(30, 30)), "{told:?}");
    let plain = plain_log_probabilities(&base::model(&gguf, &config).expect("the base"), &data);
    baseline.training.iter().zip(&plain).for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{a} should be {b}"));

    let kept = folder.path().join("reference.safetensors");
    baseline.save(&kept).expect("saved");
    assert_eq!(Baseline::load(&kept, Baseline::key_of(&make(), &data, &validation)), Some(baseline.clone()));
    for key in [Baseline::key_of(&make(), &pairs(11), &validation), Baseline::key_of(&make(), &data, &data)] {
        assert_eq!(Baseline::load(&kept, key), None);
    }
    let other = Model::random(&config, 6).expect("a model");
    assert_ne!(Baseline::key_of(&other, &data, &validation), baseline.key);

    let recipe = Recipe { learning_rate: 1e-2, ..recipe(Some(settings.clone())) };
    let mut training = Trainer::with_baseline(recipe, make(), data, validation, baseline.clone()).expect("a training");
    let first = training.step().expect("a step");
    assert!((first.loss - 2f64.ln()).abs() < 1e-2, "dropout alone sets it off the reference: {}", first.loss);
    (0..30).for_each(|_| drop(training.step().expect("a step")));
    let found = training.validate().expect("a loss").expect("data");
    assert!(found.loss < 0.4 && found.rewards.expect("of pairs").accuracies == 1.0, "{found:?}");
}
