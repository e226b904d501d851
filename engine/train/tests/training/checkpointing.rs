//! Gradient checkpointing: what is computed once more is the same, to the bit.

use std::sync::Arc;

use mixtral_train::Pass;
use mixtral_train::model::Model;
use mixtral_train::parameter::Parameter;
use mixtral_train::pass::Weights;
use mixtral_train::projection::{Adapter, Projection};
use mixtral_train::recipe::Recipe;
use mixtral_train::trainer::Trainer;

use crate::{batch, data, pass, recipe, shape};

#[test]
fn losses_and_gradients_are_the_same_bits_with_adapters_and_dropout_too() {
    let config = shape().config(50).expect("a shape");
    let plain = Model::random(&config, 3).expect("a model");
    let mut given: Vec<_> = plain.parts().into_iter().map(|(_, p)| p.weight.copy()).collect();
    given.reverse();
    let adapted = Model::build(&config, |part| {
        let weight = Parameter::new(part.name(), &part.dims, given.pop().expect("as many"), false);
        let mut projection = Projection::new(Arc::new(weight));
        if part.layer.is_some() && !part.role.is_norm() {
            let (outer, [rows, cols]) = part.dims.split_last_chunk().expect("a matrix");
            let make = |suffix: &str, shape: [usize; 2]| {
                let dims: Vec<usize> = outer.iter().copied().chain(shape).collect();
                let values = (0..dims.iter().product()).map(|i: usize| ((i * 29) % 17) as f32 / 40.0 - 0.2).collect();
                Arc::new(Parameter::new(format!("{}.{suffix}", part.name()), &dims, values, true))
            };
            let (a, b) = (make("a", [3, *cols]), make("b", [*rows, 3]));
            projection.adapter = Some(Adapter { a, b, scale: 0.5, dropout: 0.2 });
        }
        Ok(projection)
    })
    .expect("a model");
    for model in [plain, adapted] {
        let batch = batch();
        let weights = Weights { target: 1.0 / batch.targets() as f32, balance: 0.5, each_layer: true };
        let run = |recomputes: bool| {
            let outcome = model.pass(&batch, weights, &Pass { recomputes, ..pass(true, Some(11)) }).expect("a pass");
            let gradients: Vec<u32> = model
                .trained()
                .iter()
                .flat_map(|p| (0..p.shares()).map(move |e| (p.clone(), e)))
                .flat_map(|(p, e)| {
                    std::mem::take(&mut *p.gradient(e).expect("trained"))
                        .into_iter()
                        .map(f32::to_bits)
                        .collect::<Vec<_>>()
                })
                .collect();
            model.trained().iter().for_each(|p| {
                (0..p.shares()).for_each(|e| *p.gradient(e).expect("trained") = vec![0.0; p.len() / p.shares()]);
            });
            (outcome.loss.to_bits(), gradients)
        };
        let (kept, again) = (run(false), run(true));
        assert!(kept.1.iter().any(|bits| *bits != 0));
        assert!(kept == again, "the same bits");
    }
}

#[test]
fn a_training_may_go_on_with_or_without_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint.safetensors");
    let make = |gradient_checkpointing| {
        let recipe = Recipe { gradient_checkpointing, ..recipe(4) };
        let model = Model::random(&shape().config(50).expect("a shape"), 4).expect("a model");
        Trainer::new(recipe, model, data(), data()).expect("a training")
    };
    let (mut kept, mut again) = (make(false), make(true));
    for _ in 0..3 {
        assert_eq!(kept.step().expect("a step").loss.to_bits(), again.step().expect("a step").loss.to_bits());
    }
    kept.save(&file).expect("saved");
    let mut resumed = make(true);
    resumed.resume(&file).expect("resumed");
    assert_eq!(kept.step().expect("a step").loss.to_bits(), resumed.step().expect("a step").loss.to_bits());
}
