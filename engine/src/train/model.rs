//! The trainable model: parameters by name, and one pass from a batch to its loss.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use candle_core::{DType, Device, Tensor, Var};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::batch::Batch;
use super::data::Fingerprint;
use super::layers::{
    Angles, AttentionLayer, AttentionOp, Balance, ExpertsLayer, ExpertsOp, LossOp, Norm, Pass, RouteWeights, RouterOp,
    logits,
};
use super::parameter::Parameter;
use super::projection::Projection;
use crate::error::{Error, Result};
use crate::model::{Config, Part, Role, Rope, parts};
use crate::ops::{Routes, read};

/// A model of the Mixtral family that can learn.
#[derive(Debug)]
pub struct Model {
    config: Config,
    rope: Rope,
    embedding: Arc<Parameter>,
    layers: Vec<Layer>,
    norm: Arc<Parameter>,
    output: Projection,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Arc<Parameter>,
    attention: AttentionLayer,
    expert_norm: Arc<Parameter>,
    router: Projection,
    experts: ExpertsLayer,
}

/// What a pass tells.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The sum of the losses of all targets.
    pub loss: f64,
    /// How many targets there were.
    pub targets: usize,
    /// The load-balancing loss, before its coefficient.
    pub balance: f64,
    /// How many tokens each expert got: layers, experts.
    pub load: Vec<Vec<usize>>,
}

/// How the losses of a pass are weighed.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// What each target's loss is multiplied by.
    pub target: f32,
    /// What the load-balancing loss is multiplied by.
    pub balance: f32,
    /// Whether that loss is taken of each layer, rather than of all at once.
    pub each_layer: bool,
}

/// A pass up to the last norm.
struct Trunk {
    /// what the embedding gave, for its gradient
    input: Var,
    output: Tensor,
    logits: Vec<Tensor>,
    load: Vec<Vec<usize>>,
}

impl Model {
    /// Builds a model; `make` gives each part's parameter.
    pub fn build(config: &Config, mut make: impl FnMut(&Part) -> Result<Projection>) -> Result<Self> {
        let mut made = BTreeMap::new();
        for part in parts(config) {
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
                    attention_norm: take(layer, Role::AttentionNorm)?.weight,
                    attention: AttentionLayer {
                        query: take(layer, Role::Query)?,
                        key: take(layer, Role::Key)?,
                        value: take(layer, Role::Value)?,
                        output: take(layer, Role::AttentionOutput)?,
                        heads: config.heads,
                        kv_heads: config.kv_heads,
                        dim: config.head_dim,
                    },
                    expert_norm: take(layer, Role::ExpertNorm)?.weight,
                    router: take(layer, Role::Router)?,
                    experts: ExpertsLayer {
                        gate: take(layer, Role::Gate)?,
                        up: take(layer, Role::Up)?,
                        down: take(layer, Role::Down)?,
                    },
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config: config.clone(),
            rope: Rope::new(config),
            embedding: take(None, Role::Embedding)?.weight,
            layers,
            norm: take(None, Role::OutputNorm)?.weight,
            output: take(None, Role::Output)?,
        })
    }

    /// A new model with random weights: normal, scaled to the width of the inputs; what enters the
    /// residual stream is smaller, so that its sum over the layers stays of one size.
    pub fn random(config: &Config, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self::build(config, |part| {
            let deviation = match part.role {
                Role::Embedding => 0.5,
                Role::Output => 0.5 / (config.hidden as f32).sqrt(),
                Role::Router => 0.02,
                role => {
                    let fan_in = part.dims[part.dims.len() - 1] as f32;
                    let residual = matches!(role, Role::AttentionOutput | Role::Down);
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

    /// All matrices and norms by part, in the order of [`parts`].
    pub fn parts(&self) -> Vec<(Part, Projection)> {
        let find = |part: &Part| {
            let plain = |p: &Arc<Parameter>| Projection::new(p.clone());
            let layer = part.layer.map(|i| &self.layers[i]);
            match (part.role, layer) {
                (Role::AttentionNorm, Some(l)) => plain(&l.attention_norm),
                (Role::Query, Some(l)) => l.attention.query.clone(),
                (Role::Key, Some(l)) => l.attention.key.clone(),
                (Role::Value, Some(l)) => l.attention.value.clone(),
                (Role::AttentionOutput, Some(l)) => l.attention.output.clone(),
                (Role::ExpertNorm, Some(l)) => plain(&l.expert_norm),
                (Role::Router, Some(l)) => l.router.clone(),
                (Role::Gate, Some(l)) => l.experts.gate.clone(),
                (Role::Up, Some(l)) => l.experts.up.clone(),
                (Role::Down, Some(l)) => l.experts.down.clone(),
                (Role::OutputNorm, _) => plain(&self.norm),
                (Role::Output, _) => self.output.clone(),
                _ => plain(&self.embedding),
            }
        };
        parts(&self.config).into_iter().map(|part| (part.clone(), find(&part))).collect()
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
        let mut print = Fingerprint::default();
        for (_, projection) in self.parts().iter().filter(|(_, p)| !p.weight.is_trained()) {
            projection.weight.dims.iter().for_each(|&d| print.add(d as u64));
            projection.weight.lend_row(0, |row| row.iter().for_each(|w| print.add(u64::from(w.to_bits()))));
        }
        print.0
    }

    fn trunk(&self, batch: &Batch, pass: &Pass) -> Result<Trunk> {
        let config = &self.config;
        if let Some(token) = batch.tokens.iter().find(|t| **t as usize >= config.vocabulary) {
            return Err(Error::Training(format!("token {token} lies outside the vocabulary of {}", config.vocabulary)));
        }
        if batch.is_empty() {
            return Err(Error::Training("an empty batch".into()));
        }
        let mut rows = Vec::with_capacity(batch.len() * config.hidden);
        for &token in &batch.tokens {
            self.embedding.lend_row(token as usize, |row| rows.extend_from_slice(row));
        }
        let input = Var::from_vec(rows, (batch.len(), config.hidden), &Device::Cpu)?;
        let (cos, sin) = self.rope.angles(&batch.positions(), &Device::Cpu)?;
        let angles = Arc::new(read([&cos, &sin], |[cos, sin]| Angles::new(cos.to_vec(), sin.to_vec()))?);
        let starts = Arc::new(batch.starts.clone());
        let norm = |weight: &Arc<Parameter>| Norm { weight: weight.clone(), eps: config.norm_eps };
        let (mut logits, mut load) = (Vec::new(), Vec::new());
        let mut x = input.as_tensor().clone(); // (tokens, hidden)
        for layer in &self.layers {
            let attention = AttentionOp {
                norm: norm(&layer.attention_norm),
                layer: layer.attention.clone(),
                starts: starts.clone(),
                angles: angles.clone(),
                pass: pass.clone(),
                kept: Default::default(),
            };
            x = x.apply_op1(attention)?;
            let router = RouterOp {
                norm: norm(&layer.expert_norm),
                projection: layer.router.clone(),
                pass: pass.clone(),
                kept: Default::default(),
            };
            let scores = x.apply_op1(router)?; // (tokens, experts)
            let routes = read([&scores], |[s]| Arc::new(Routes::new(s, config.experts, config.top)))?;
            let mut counts = vec![0; config.experts];
            routes.busy().for_each(|(e, places)| counts[e] = places.len());
            load.push(counts);
            let weights = scores.apply_op1(RouteWeights { routes: routes.clone() })?;
            let experts = ExpertsOp {
                norm: norm(&layer.expert_norm),
                layer: layer.experts.clone(),
                routes,
                pass: pass.clone(),
                kept: Default::default(),
            };
            x = x.apply_op2(&weights, experts)?;
            logits.push(scores);
        }
        Ok(Trunk { input, output: x.apply_op1(norm(&self.norm))?, logits, load })
    }

    /// Computes a batch's losses and, if the pass learns, adds the gradients to the parameters'.
    pub fn pass(&self, batch: &Batch, weights: Weights, pass: &Pass) -> Result<Outcome> {
        let trunk = self.trunk(batch, pass)?;
        let sum = Arc::new(Mutex::new(0.0));
        let loss = LossOp {
            output: self.output.clone(),
            targets: Arc::new(batch.targets.clone()),
            weight: weights.target,
            sum: sum.clone(),
            pass: pass.clone(),
            kept: Default::default(),
        };
        let mut root = trunk.output.apply_op1(loss)?;
        let balance = self.balance(&trunk, weights.each_layer)?;
        let told = f64::from(balance.to_scalar::<f32>()?);
        if pass.learns {
            if weights.balance != 0.0 {
                root = (root + (balance * f64::from(weights.balance))?)?;
            }
            let gradients = root.backward()?;
            if let (Some(d), Some(mut gradient)) = (gradients.get(&trunk.input), self.embedding.gradient(0)) {
                let hidden = self.config.hidden;
                read([d], |[d]| {
                    for (&token, d) in batch.tokens.iter().zip(d.chunks_exact(hidden)) {
                        let row = &mut gradient[token as usize * hidden..][..hidden];
                        row.iter_mut().zip(d).for_each(|(g, d)| *g += d);
                    }
                })?;
            }
        }
        let loss = *sum.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Outcome { loss, targets: batch.targets(), balance: told, load: trunk.load })
    }

    /// The load-balancing loss, over all layers at once or as the mean of the layers' own.
    fn balance(&self, trunk: &Trunk, each_layer: bool) -> Result<Tensor> {
        let shares = |layers: &[Vec<usize>]| {
            let of = |e: usize| layers.iter().map(|counts| counts[e]).sum::<usize>() as f32;
            let tokens = layers.iter().flatten().sum::<usize>() as f32 / self.config.top as f32;
            Balance { shares: (0..self.config.experts).map(|e| of(e) / tokens).collect() }
        };
        if !each_layer {
            return Ok(Tensor::cat(&trunk.logits, 0)?.apply_op1(shares(&trunk.load))?);
        }
        let mut sum = Tensor::zeros((), DType::F32, &Device::Cpu)?;
        for (logits, load) in trunk.logits.iter().zip(trunk.load.chunks(1)) {
            sum = (sum + logits.apply_op1(shares(load))?)?;
        }
        Ok((sum / self.config.layers as f64)?)
    }

    /// The logits of every input: (tokens, vocabulary).
    pub fn logits(&self, batch: &Batch, pass: &Pass) -> Result<Tensor> {
        Ok(logits(&self.output, &self.trunk(batch, pass)?.output)?)
    }
}

/// A number of the standard normal distribution (Box and Muller).
pub(super) fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let (a, b): (f64, f64) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random_range(0.0..1.0));
    ((-2.0 * a.ln()).sqrt() * (2.0 * std::f64::consts::PI * b).cos()) as f32
}
