//! Low-rank training of a frozen base: adapters on the chosen matrices (arXiv 2106.09685), modules trained whole beside
//! them, and a base that may stay in its file's quantised blocks (QLoRA, arXiv 2305.14314).

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::base;
use super::choice::Choice;
use super::error::Result;
use super::model::Model;
use super::parameter::Parameter;
use super::projection::{Adapter, Projection};
use super::recipe::Lora;
use mixtral_engine::arch::{Config, TensorSpec};
use mixtral_engine::formats::Source;

/// A model whose base is frozen, as `source` has it, with fresh adapters that change nothing yet.
///
/// # Errors
/// The settings make no sense, or a tensor of the base is missing or cannot be read.
pub fn model(source: &dyn Source, config: &Config, lora: &Lora, seed: u64) -> Result<Model> {
    let choice = Choice::new(&lora.target_modules, &lora.modules_to_save)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let model = Model::build(config, |part| {
        let mut projection = Projection::new(Arc::new(weights(source, part, &choice, lora.quantized_base)?));
        if choice.adapts(part) {
            projection.adapter = Some(adapter(part, lora, &mut rng));
        }
        Ok(projection)
    });
    Ok(model?)
}

/// A part of the base. What the model multiplies by may stay in its blocks; norms, and what is trained whole, are plain.
fn weights(
    source: &dyn Source,
    part: &TensorSpec,
    choice: &Choice,
    quantised: bool,
) -> mixtral_engine::Result<Parameter> {
    let trained = choice.trains(part);
    if quantised && !trained && !part.role.is_norm() {
        let blocks = base::blocks(source, part)?;
        return Ok(Parameter::quantised(part.name(), &part.dims, blocks));
    }
    Ok(Parameter::new(part.name(), &part.dims, base::values(source, part)?, trained))
}

/// A as PEFT begins it (`kaiming_uniform_` with a = sqrt(5), which is even from -1/sqrt(cols) to 1/sqrt(cols)), B zero.
fn adapter(part: &TensorSpec, lora: &Lora, rng: &mut ChaCha8Rng) -> Adapter {
    let (rows, cols) = part.matrix();
    let experts = &part.dims[..part.dims.len() - 2];
    let make = |suffix: &str, shape: [usize; 2], mut value: Box<dyn FnMut() -> f32 + '_>| {
        let dims: Vec<usize> = experts.iter().copied().chain(shape).collect();
        let values = (0..dims.iter().product()).map(|_: usize| value()).collect();
        Arc::new(Parameter::new(format!("{}.{suffix}", part.name()), &dims, values, true))
    };
    let bound = 1.0 / (cols as f32).sqrt();
    Adapter {
        a: make("lora_a", [lora.r, cols], Box::new(move || rng.random_range(-bound..bound))),
        b: make("lora_b", [rows, lora.r], Box::new(|| 0.0)),
        scale: lora.lora_alpha / lora.r as f32,
        dropout: lora.lora_dropout,
    }
}
