//! One pass of the trainable model, from a batch to its loss and the gradients.

use std::sync::{Arc, Mutex};

use candle_core::{DType, Device, Tensor, Var};

use super::batch::Batch;
use super::error::Result;
use super::layers::{
    Angles, AttentionOp, Balance, ExpertsOp, LossOp, Norm, Pass, RouteWeights, RouterOp, TargetWeights, logits, losses,
};
use super::model::Model;
use super::parameter::Parameter;
use super::profiler::Share;
use mixtral_engine::Error;
use mixtral_engine::ops::ExpertAssignments;
use mixtral_reference::read;

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
    fn trunk(&self, batch: &Batch, pass: &Pass) -> Result<Trunk> {
        let config = &self.config;
        if let Some(token) = batch.tokens.iter().find(|t| **t as usize >= config.vocab_size) {
            let message = format!("token {token} lies outside the vocabulary of {}", config.vocab_size);
            return Err(Error::Training(message).into());
        }
        if batch.is_empty() {
            return Err(Error::Training("an empty batch".into()).into());
        }
        let mut rows = Vec::with_capacity(batch.len() * config.hidden_size);
        for &token in &batch.tokens {
            self.embedding.lend_row(token as usize, |row| rows.extend_from_slice(row));
        }
        let input = Var::from_vec(rows, (batch.len(), config.hidden_size), &Device::Cpu)?;
        let (cos, sin) = self.rope.angles(&batch.positions());
        let angles = Arc::new(Angles::new(cos, sin));
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
            let routes = read([&scores], |[s]| {
                Arc::new(ExpertAssignments::new(s, config.num_experts, config.experts_per_token))
            })?;
            let mut counts = vec![0; config.num_experts];
            routes.active().for_each(|(e, places)| counts[e] = places.len());
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

    /// Computes a batch's losses and, if the pass has_loss, adds the gradients to the parameters'.
    pub fn pass(&self, batch: &Batch, weights: Weights, pass: &Pass) -> Result<Outcome> {
        let trunk = self.trunk(batch, pass)?;
        self.finish(trunk, batch, TargetWeights::Same(weights.target), weights, pass)
    }

    /// Computes what the losses of each document come to and, if the pass has_loss, the gradients of their sum, each
    /// times what `weigh` makes of them all.
    pub fn document_pass(
        &self,
        batch: &Batch,
        weights: Weights,
        pass: &Pass,
        weigh: impl FnOnce(&[f64]) -> Vec<f32>,
    ) -> Result<(Vec<f64>, Outcome)> {
        let trunk = self.trunk(batch, pass)?;
        let work = batch.targets() * self.output.weight.len();
        let each = read([&trunk.output], |[x]| {
            pass.profiler.time(Share::Loss, work, || losses(&self.output, &batch.targets, x))
        })?;
        let mut sums = vec![0f64; batch.starts.len() - 1];
        let document = |input: usize| batch.starts.partition_point(|&start| start <= input) - 1;
        each.iter().for_each(|(input, loss)| sums[document(*input)] += f64::from(*loss));
        if !pass.has_loss {
            let balance = f64::from(self.balance(&trunk, weights.each_layer)?.to_scalar::<f32>()?);
            let outcome = Outcome { loss: sums.iter().sum(), targets: each.len(), balance, load: trunk.load };
            return Ok((sums, outcome));
        }
        let by_document = weigh(&sums);
        let by_input = (0..batch.len()).map(|input| by_document[document(input)]).collect();
        let outcome = self.finish(trunk, batch, TargetWeights::Each(by_input), weights, pass)?;
        Ok((sums, outcome))
    }

    fn finish(
        &self,
        trunk: Trunk,
        batch: &Batch,
        by_target: TargetWeights,
        weights: Weights,
        pass: &Pass,
    ) -> Result<Outcome> {
        let sum = Arc::new(Mutex::new(0.0));
        let loss = LossOp {
            output: self.output.clone(),
            targets: Arc::new(batch.targets.clone()),
            weights: by_target,
            sum: sum.clone(),
            pass: pass.clone(),
            kept: Default::default(),
        };
        let mut root = trunk.output.apply_op1(loss)?;
        let balance = self.balance(&trunk, weights.each_layer)?;
        let told = f64::from(balance.to_scalar::<f32>()?);
        if pass.has_loss {
            if weights.balance != 0.0 {
                root = (root + (balance * f64::from(weights.balance))?)?;
            }
            let gradients = root.backward()?;
            if let (Some(d), Some(mut gradient)) = (gradients.get(&trunk.input), self.embedding.gradient(0)) {
                let hidden = self.config.hidden_size;
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
            let tokens = layers.iter().flatten().sum::<usize>() as f32 / self.config.experts_per_token as f32;
            Balance { shares: (0..self.config.num_experts).map(|e| of(e) / tokens).collect() }
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
