//! Low-rank training of a frozen base: adapters on the chosen matrices (arXiv 2106.09685), modules trained whole beside
//! them, and a base that may stay in its file's quantised blocks (QLoRA, arXiv 2305.14314).

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::base;
use super::model::Model;
use super::parameter::Parameter;
use super::projection::{Adapter, Projection};
use super::recipe::Lora;
use crate::error::{Error, Result};
use crate::model::{Config, Part, Role};
use crate::weights::Source;

/// What may carry an adapter: our short name, PEFT's name, and the matrix.
const TARGETS: [(&str, &str, Role); 8] = [
    ("q", "q_proj", Role::Query),
    ("k", "k_proj", Role::Key),
    ("v", "v_proj", Role::Value),
    ("o", "o_proj", Role::AttentionOutput),
    ("gate", "gate", Role::Router),
    ("w1", "w1", Role::Gate),
    ("w2", "w2", Role::Down),
    ("w3", "w3", Role::Up),
];

/// What may be trained whole.
pub(super) const WHOLE: [(&str, Role); 2] = [("embed_tokens", Role::Embedding), ("lm_head", Role::Output)];

/// The settings of [`Lora`] with their names understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    targets: Vec<Role>,
    whole: Vec<Role>,
}

impl Choice {
    /// Reads the names of targets and whole modules.
    ///
    /// # Errors
    /// A name that is none, one that is given twice, or nothing to train.
    pub fn new(lora: &Lora) -> Result<Self> {
        let target = |name: &str| TARGETS.iter().find(|t| t.0 == name || t.1 == name).map(|t| t.2);
        let whole = |name: &str| WHOLE.iter().find(|w| w.0 == name).map(|w| w.1);
        let choice = Self {
            targets: read("targets", &lora.targets, target, "q, k, v, o, gate, w1, w2, w3")?,
            whole: read("whole", &lora.whole, whole, "embed_tokens, lm_head")?,
        };
        if choice.targets.is_empty() {
            return Err(Error::Training("lora: targets: nothing is named".into()));
        }
        Ok(choice)
    }

    /// The targets by PEFT's names, in the order of its recipes.
    pub fn target_names(&self) -> Vec<String> {
        TARGETS.iter().filter(|t| self.targets.contains(&t.2)).map(|t| t.1.to_owned()).collect()
    }

    /// The modules that are trained whole, by PEFT's names.
    pub fn whole_names(&self) -> Vec<String> {
        WHOLE.iter().filter(|w| self.whole.contains(&w.1)).map(|w| w.0.to_owned()).collect()
    }

    /// Whether the part carries an adapter.
    pub fn adapts(&self, part: &Part) -> bool {
        self.targets.contains(&part.role)
    }

    /// Whether the part is trained whole.
    pub fn trains(&self, part: &Part) -> bool {
        self.whole.contains(&part.role)
    }
}

fn read(key: &str, names: &[String], role: impl Fn(&str) -> Option<Role>, known: &str) -> Result<Vec<Role>> {
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        match role(name) {
            Some(role) if out.contains(&role) => {
                return Err(Error::Training(format!("lora: {key}: {name:?} is named twice")));
            }
            Some(role) => out.push(role),
            None => return Err(Error::Training(format!("lora: {key}: unknown {name:?}; there are {known}"))),
        }
    }
    Ok(out)
}

/// A model whose base is frozen, as `source` has it, with fresh adapters that change nothing yet.
///
/// # Errors
/// The settings make no sense, or a tensor of the base is missing or cannot be read.
pub fn model(source: &dyn Source, config: &Config, lora: &Lora, seed: u64) -> Result<Model> {
    let choice = Choice::new(lora)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Model::build(config, |part| {
        let mut projection = Projection::new(Arc::new(weights(source, part, &choice, lora.quantised)?));
        if choice.adapts(part) {
            projection.adapter = Some(adapter(part, lora, &mut rng));
        }
        Ok(projection)
    })
}

/// A part of the base. What the model multiplies by may stay in its blocks; norms, and what is trained whole, are plain.
fn weights(source: &dyn Source, part: &Part, choice: &Choice, quantised: bool) -> Result<Parameter> {
    let trained = choice.trains(part);
    if quantised && !trained && !part.role.is_norm() {
        let blocks = base::blocks(source, part)?;
        return Ok(Parameter::quantised(part.name(), &part.dims, blocks));
    }
    Ok(Parameter::new(part.name(), &part.dims, base::values(source, part)?, trained))
}

/// A as PEFT begins it (`kaiming_uniform_` with a = sqrt(5), which is even from -1/sqrt(cols) to 1/sqrt(cols)), B zero.
fn adapter(part: &Part, lora: &Lora, rng: &mut ChaCha8Rng) -> Adapter {
    let (rows, cols) = part.matrix();
    let experts = &part.dims[..part.dims.len() - 2];
    let make = |suffix: &str, shape: [usize; 2], mut value: Box<dyn FnMut() -> f32 + '_>| {
        let dims: Vec<usize> = experts.iter().copied().chain(shape).collect();
        let values = (0..dims.iter().product()).map(|_: usize| value()).collect();
        Arc::new(Parameter::new(format!("{}.{suffix}", part.name()), &dims, values, true))
    };
    let bound = 1.0 / (cols as f32).sqrt();
    Adapter {
        a: make("lora_a", [lora.rank, cols], Box::new(move || rng.random_range(-bound..bound))),
        b: make("lora_b", [rows, lora.rank], Box::new(|| 0.0)),
        scale: lora.alpha / lora.rank as f32,
        dropout: lora.dropout,
    }
}
