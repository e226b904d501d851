//! The trainer against candle's own autograd.

use mixtral_train::model::Model;
use mixtral_train::pass::Weights;
use mixtral_train::reference::Reference;

use crate::{batch, decide, pass, shape};

#[test]
fn loss_and_every_gradient_agree_with_candles_autograd() {
    let model = Model::random(&shape().config(50).expect("a shape"), 3).expect("a model");
    decide(&model);
    let batch = batch();
    let weights = Weights { target: 1.0 / batch.targets() as f32, balance: 0.5, each_layer: false };
    let outcome = model.pass(&batch, weights, &pass(true, None)).expect("a pass");
    let reference = Reference::new(&model).expect("a reference");
    let loss = reference.loss(&batch, weights).expect("a loss");
    let ours = outcome.loss * f64::from(weights.target) + outcome.balance * f64::from(weights.balance);
    let theirs = f64::from(loss.to_scalar::<f32>().expect("a number"));
    assert!((ours - theirs).abs() < 1e-5, "{ours} and {theirs}");
    let gradients = loss.backward().expect("gradients");
    for (part, projection) in model.parts() {
        for (expert, var) in reference.of(&part).into_iter().enumerate() {
            let ours = projection.weight.gradient(expert).expect("trained").clone();
            let theirs: Vec<f32> = match gradients.get(var) {
                Some(gradient) => gradient.flatten_all().and_then(|g| g.to_vec1()).expect("numbers"),
                // an expert that no token chose
                None => vec![0.0; ours.len()],
            };
            let size = theirs.iter().map(|g| g * g).sum::<f32>().sqrt();
            let far = ours.iter().zip(&theirs).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
            assert!(ours.len() == theirs.len() && far <= 1e-4 * size, "{} {expert}: {far} of {size}", part.name());
        }
    }
}
