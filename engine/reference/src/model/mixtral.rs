//! The model itself: one forward pass over a flat batch.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use mixtral_engine::Error;
use mixtral_engine::arch::{Config, Rope, TensorRole, TensorSpec, tensor_specs};
use mixtral_engine::formats::Source;
use mixtral_engine::schedule::StepInput;

use super::attention::Attention;
use super::kv_cache::KvCache;
use super::loader::Loader;
use super::moe::Moe;
use super::norm::Norm;
use crate::error::Result;
use crate::ops::{self, ActivationRecorder, Batch, Matrix};

/// A model of the Mixtral family in candle's operations: what is read to understand it, watched for importance matrices, and
/// what the executors are held against.
#[derive(Debug)]
pub struct Mixtral {
    config: Config,
    device: Device,
    /// (vocabulary, hidden)
    embedding: Matrix,
    layers: Vec<Layer>,
    norm: Norm,
    /// (vocabulary, hidden); absent where the embedding serves for it
    output: Option<Matrix>,
    rope: Rope,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Norm,
    attention: Attention,
    moe_norm: Norm,
    moe: Moe,
}

impl Layer {
    fn watch(&mut self, role: TensorRole) -> Vec<Arc<ActivationRecorder>> {
        let experts = &mut self.moe.experts;
        match role {
            TensorRole::Query => vec![self.attention.q.watch()],
            TensorRole::Key => vec![self.attention.k.watch()],
            TensorRole::Value => vec![self.attention.v.watch()],
            TensorRole::AttentionOutput => vec![self.attention.output.watch()],
            TensorRole::Router => vec![self.moe.router.watch()],
            TensorRole::Gate => experts.iter_mut().map(|expert| expert.gate.watch()).collect(),
            TensorRole::Up => experts.iter_mut().map(|expert| expert.up.watch()).collect(),
            TensorRole::Down => experts.iter_mut().map(|expert| expert.down.watch()).collect(),
            TensorRole::Embedding
            | TensorRole::AttentionNorm
            | TensorRole::ExpertNorm
            | TensorRole::OutputNorm
            | TensorRole::Output => Vec::new(),
        }
    }
}

impl Mixtral {
    /// Loads a model. `progress` hears how many bytes of how many are done.
    ///
    /// # Errors
    /// A tensor is missing, of another shape or too much; or the device has no room.
    pub fn load(
        source: &dyn Source,
        config: Config,
        device: &Device,
        progress: &mut dyn FnMut(u64, u64),
    ) -> mixtral_engine::Result<Self> {
        Ok(Self::read(source, config, device, progress)?)
    }

    fn read(source: &dyn Source, config: Config, device: &Device, progress: &mut dyn FnMut(u64, u64)) -> Result<Self> {
        let mut loader = Loader::new(source, &config, device, progress);
        let embedding = loader.matrix(TensorRole::Embedding, None)?;
        let layers = (0..config.layers)
            .map(|i| {
                Ok(Layer {
                    attention_norm: loader.norm(TensorRole::AttentionNorm, Some(i))?,
                    attention: loader.attention(i)?,
                    moe_norm: loader.norm(TensorRole::ExpertNorm, Some(i))?,
                    moe: loader.moe(i)?,
                })
            })
            .collect::<Result<_>>()?;
        let norm = loader.norm(TensorRole::OutputNorm, None)?;
        let output = loader.output()?;
        loader.finish()?;
        let rope = Rope::new(&config);
        Ok(Self { config, device: device.clone(), embedding, layers, norm, output, rope })
    }

    /// The model's shape.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where it computes.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Watches what every matrix is multiplied with: for each of the model's parts that is multiplied, one watch an
    /// expert.
    pub fn watch(&mut self) -> Vec<(TensorSpec, Vec<Arc<ActivationRecorder>>)> {
        let parts = tensor_specs(&self.config).into_iter().filter_map(|part| {
            let watches = match (part.layer, part.role) {
                (Some(layer), role) => self.layers[layer].watch(role),
                (None, TensorRole::Output) => self.output.iter_mut().map(Matrix::watch).collect(),
                _ => Vec::new(),
            };
            (!watches.is_empty()).then_some((part, watches))
        });
        parts.collect()
    }

    /// Computes the plan's tokens, writes their keys and values into the cache, and returns the
    /// logits of the rows that the plan wants: (outputs, vocabulary), F32.
    ///
    /// # Errors
    /// The plan does not fit, a value arose that is no finite number, or candle refused.
    pub fn forward(&self, plan: &StepInput, cache: &mut KvCache) -> mixtral_engine::Result<Tensor> {
        Ok(self.compute(plan, cache)?)
    }

    fn compute(&self, plan: &StepInput, cache: &KvCache) -> Result<Tensor> {
        let batch = Batch::new(plan, cache.blocks(), cache.block_size(), self.config.vocab_size, &self.device)?;
        if cache.layers().len() != self.layers.len() {
            return Err(Error::StepInput("the cache was made for another model".into()).into());
        }
        let (cos, sin) = ops::angles(&self.rope, &plan.positions, &self.device)?;
        let mut x = ops::embed(&self.embedding, &plan.tokens, &self.device)?; // (tokens, hidden)
        for (i, (layer, cache)) in self.layers.iter().zip(cache.layers()).enumerate() {
            let normed = layer.attention_norm.forward(&x).map_err(|error| in_layer(error, i))?;
            let attended = layer.attention.forward(&normed, (&cos, &sin), &batch, cache);
            x = (x + attended.map_err(|error| in_layer(error, i))?)?;
            if i + 1 == self.layers.len() {
                // After the last attention, only the rows that are asked for matter.
                x = self.wanted(x, plan)?;
                if plan.outputs.is_empty() {
                    return Ok(Tensor::zeros((0, self.config.vocab_size), x.dtype(), &self.device)?);
                }
            }
            let normed = layer.moe_norm.forward(&x).map_err(|error| in_layer(error, i))?;
            x = (x + layer.moe.forward(&normed).map_err(|error| in_layer(error, i))?)?;
        }
        let x = self.norm.forward(&x)?; // (outputs, hidden)
        ops::linear(self.output.as_ref().unwrap_or(&self.embedding), &x)
    }

    /// The rows that the plan wants: (tokens, hidden) to (outputs, hidden).
    fn wanted(&self, x: Tensor, plan: &StepInput) -> Result<Tensor> {
        if plan.outputs.iter().copied().eq(0..plan.tokens.len() as u32) {
            return Ok(x);
        }
        let rows = Tensor::new(plan.outputs.as_slice(), &self.device)?;
        Ok(x.index_select(&rows, 0)?)
    }
}

/// A value that is no number, told of the layer in which it arose.
fn in_layer(error: crate::Error, layer: usize) -> crate::Error {
    match error {
        crate::Error::Engine(error) => error.in_layer(layer).into(),
        other => other,
    }
}
