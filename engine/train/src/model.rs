//! The trainable model: its parameters by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::data::Fingerprint;
use super::layers::{AttentionLayer, ExpertsLayer};
use super::parameter::Parameter;
use super::projection::Projection;
use mixtral_engine::arch::{Config, Rope, TensorRole, TensorSpec, tensor_specs};
use mixtral_engine::error::{Error, Result};

/// A model of the Mixtral family that can learn.
#[derive(Debug)]
pub struct Model {
    pub(super) config: Config,
    pub(super) rope: Rope,
    pub(super) embedding: Arc<Parameter>,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Arc<Parameter>,
    pub(super) output: Projection,
}

#[derive(Debug)]
pub(super) struct Layer {
    pub(super) attention_norm: Arc<Parameter>,
    pub(super) attention: AttentionLayer,
    pub(super) expert_norm: Arc<Parameter>,
    pub(super) router: Projection,
    pub(super) experts: ExpertsLayer,
}

impl Model {
    /// Builds a model; `make` gives each part's parameter.
    pub fn build(config: &Config, mut make: impl FnMut(&TensorSpec) -> Result<Projection>) -> Result<Self> {
        let mut made = BTreeMap::new();
        for part in tensor_specs(config) {
            made.insert((part.layer, part.role), make(&part)?);
        }
        let mut take = |layer, role| {
            let part = made.remove(&(layer, role));
            part.ok_or_else(|| Error::Training(format!("the list of parts lacks {role:?}")))
        };
        let layers = (0..config.layers)
            .map(|i| {
                let layer = Some(i);
                Ok(Layer {
                    attention_norm: take(layer, TensorRole::AttentionNorm)?.weight,
                    attention: AttentionLayer {
                        query: take(layer, TensorRole::Query)?,
                        key: take(layer, TensorRole::Key)?,
                        value: take(layer, TensorRole::Value)?,
                        output: take(layer, TensorRole::AttentionOutput)?,
                        heads: config.heads,
                        kv_heads: config.kv_heads,
                        dim: config.head_dim,
                    },
                    expert_norm: take(layer, TensorRole::ExpertNorm)?.weight,
                    router: take(layer, TensorRole::Router)?,
                    experts: ExpertsLayer {
                        gate: take(layer, TensorRole::Gate)?,
                        up: take(layer, TensorRole::Up)?,
                        down: take(layer, TensorRole::Down)?,
                    },
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config: config.clone(),
            rope: Rope::new(config),
            embedding: take(None, TensorRole::Embedding)?.weight,
            layers,
            norm: take(None, TensorRole::OutputNorm)?.weight,
            output: take(None, TensorRole::Output)?,
        })
    }

    /// A new model with random weights: normal, scaled to the width of the inputs; what enters the
    /// residual stream is smaller, so that its sum over the layers stays of one size.
    pub fn random(config: &Config, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self::build(config, |part| {
            let deviation = match part.role {
                TensorRole::Embedding => 0.5,
                TensorRole::Output => 0.5 / (config.hidden_size as f32).sqrt(),
                TensorRole::Router => 0.02,
                role => {
                    let fan_in = part.dims[part.dims.len() - 1] as f32;
                    let residual = matches!(role, TensorRole::AttentionOutput | TensorRole::Down);
                    let depth = if residual { (2.0 * config.layers as f32).sqrt() } else { 1.0 };
                    1.0 / fan_in.sqrt() / depth
                }
            };
            let values = if part.role.is_norm() {
                vec![1.0; part.len()]
            } else {
                (0..part.len()).map(|_| normal(&mut rng) * deviation).collect()
            };
            Ok(Projection::new(Arc::new(Parameter::new(part.name(), &part.dims, values, true))))
        })
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All matrices and norms by part, in the order of [`tensor_specs`].
    pub fn parts(&self) -> Vec<(TensorSpec, Projection)> {
        let find = |part: &TensorSpec| {
            let plain = |p: &Arc<Parameter>| Projection::new(p.clone());
            let layer = part.layer.map(|i| &self.layers[i]);
            match (part.role, layer) {
                (TensorRole::AttentionNorm, Some(l)) => plain(&l.attention_norm),
                (TensorRole::Query, Some(l)) => l.attention.query.clone(),
                (TensorRole::Key, Some(l)) => l.attention.key.clone(),
                (TensorRole::Value, Some(l)) => l.attention.value.clone(),
                (TensorRole::AttentionOutput, Some(l)) => l.attention.output.clone(),
                (TensorRole::ExpertNorm, Some(l)) => plain(&l.expert_norm),
                (TensorRole::Router, Some(l)) => l.router.clone(),
                (TensorRole::Gate, Some(l)) => l.experts.gate.clone(),
                (TensorRole::Up, Some(l)) => l.experts.up.clone(),
                (TensorRole::Down, Some(l)) => l.experts.down.clone(),
                (TensorRole::OutputNorm, _) => plain(&self.norm),
                (TensorRole::Output, _) => self.output.clone(),
                _ => plain(&self.embedding),
            }
        };
        tensor_specs(&self.config).into_iter().map(|part| (part.clone(), find(&part))).collect()
    }

    /// What is trained, adapters included.
    pub fn trained(&self) -> Vec<Arc<Parameter>> {
        let mut out = Vec::new();
        for (_, projection) in self.parts() {
            if projection.weight.is_trained() {
                out.push(projection.weight);
            }
            if let Some(adapter) = projection.adapter {
                out.extend([adapter.a, adapter.b]);
            }
        }
        out
    }

    /// What the frozen weights come to in one number, by some of each tensor: enough to tell one base from another.
    pub fn frozen_fingerprint(&self) -> u64 {
        self.fingerprint_of(|weight| !weight.is_trained())
    }

    /// The same of all weights, but not of adapters beside them.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint_of(|_| true)
    }

    fn fingerprint_of(&self, which: impl Fn(&Parameter) -> bool) -> u64 {
        let mut print = Fingerprint::default();
        for (_, projection) in self.parts().iter().filter(|(_, p)| which(&p.weight)) {
            projection.weight.dims.iter().for_each(|&d| print.add(d as u64));
            projection.weight.lend_row(0, |row| row.iter().for_each(|w| print.add(u64::from(w.to_bits()))));
        }
        print.0
    }
}

/// A number of the standard normal distribution (Box and Muller).
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (a, b): (f64, f64) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random_range(0.0..1.0));
    ((-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()) as f32
}
