//! The slow, readable reference: the same model and loss in candle's own operations, all gradients by candle's autograd.
//! Tests hold the trainer against it, and `mixtral bench` measures by how much the trainer is faster.

use std::collections::BTreeMap;

use candle_core::{D, DType, Device, Tensor, Var};
use candle_nn::ops::{log_softmax, sigmoid, softmax};

use super::batch::Batch;
use super::error::Result;
use super::model::Model;
use super::pass::Weights;
use mixtral_engine::Error;
use mixtral_engine::arch::{Config, Rope, TensorRole, TensorSpec};
use mixtral_engine::ops::ExpertAssignments;
use mixtral_reference::ops::angles;
use mixtral_reference::read;

/// A model as candle's variables, one for each tensor of Hugging Face's files.
#[derive(Debug)]
pub struct Reference {
    config: Config,
    rope: Rope,
    vars: BTreeMap<(Option<usize>, TensorRole, usize), Var>,
}

impl Reference {
    /// Copies a model, adapters folded in.
    ///
    /// # Errors
    /// Candle refuses.
    pub fn new(model: &Model) -> Result<Self> {
        let mut vars = BTreeMap::new();
        for (part, projection) in model.parts() {
            let (experts, dims) =
                if part.role.is_expert() { (part.dims[0], &part.dims[1..]) } else { (1, &part.dims[..]) };
            for (expert, values) in projection.merged().chunks_exact(part.len() / experts).enumerate() {
                vars.insert((part.layer, part.role, expert), Var::from_slice(values, dims, &Device::Cpu)?);
            }
        }
        Ok(Self { config: model.config().clone(), rope: Rope::new(model.config()), vars })
    }

    /// All variables.
    pub fn vars(&self) -> Vec<Var> {
        self.vars.values().cloned().collect()
    }

    /// The variables of a part: one, or one an expert.
    pub fn of(&self, part: &TensorSpec) -> Vec<&Var> {
        self.vars.range((part.layer, part.role, 0)..=(part.layer, part.role, usize::MAX)).map(|(_, var)| var).collect()
    }

    fn get(&self, layer: Option<usize>, role: TensorRole, expert: usize) -> Result<&Tensor> {
        let var = self.vars.get(&(layer, role, expert)).map(Var::as_tensor);
        Ok(var.ok_or_else(|| Error::Training(format!("the reference lacks {role:?}")))?)
    }

    /// The loss of a batch as [`Model::pass`] computes it, weighed and with the load-balancing loss: one number, with its
    /// gradients on candle's tape.
    ///
    /// # Errors
    /// Candle refuses.
    pub fn loss(&self, batch: &Batch, weights: Weights) -> Result<Tensor> {
        let padded = Padded::new(batch)?;
        let hidden = self.config.hidden_size;
        let mut x = self.get(None, TensorRole::Embedding, 0)?.index_select(&padded.tokens, 0)?; // (slots, hidden)
        let (mut scores, mut shares) = (Vec::new(), vec![0f32; self.config.num_experts]);
        for layer in (0..self.config.layers).map(Some) {
            let normed = self.norm(&x, layer, TensorRole::AttentionNorm)?;
            x = (x + self.attention(layer, &normed, &padded)?)?;
            let normed = self.norm(&x, layer, TensorRole::ExpertNorm)?.index_select(&padded.real, 0)?; // (tokens, hidden)
            let logits = normed.matmul(&self.get(layer, TensorRole::Router, 0)?.t()?)?;
            let mixed = self.experts(layer, &normed, &logits, &mut shares)?;
            let slots = Tensor::zeros((padded.documents * padded.longest, hidden), DType::F32, &Device::Cpu)?;
            x = (x + slots.index_add(&padded.real, &mixed, 0)?)?;
            scores.push(logits);
        }
        let x = self.norm(&x, None, TensorRole::OutputNorm)?.index_select(&padded.loss_positions, 0)?;
        let logits = x.matmul(&self.get(None, TensorRole::Output, 0)?.t()?)?; // (targets, vocabulary)
        let chosen = log_softmax(&logits, D::Minus1)?.gather(&padded.targets.unsqueeze(1)?, 1)?;
        let loss = (chosen.sum_all()? * -f64::from(weights.target))?;
        let tokens = (batch.len() * self.config.layers) as f32;
        let shares: Vec<f32> = shares.iter().map(|n| n / tokens).collect();
        let means = softmax(&Tensor::cat(&scores, 0)?, D::Minus1)?.mean(0)?;
        let balance = (means * Tensor::from_vec(shares, self.config.num_experts, &Device::Cpu)?)?.sum_all()?;
        Ok((loss + (balance * (self.config.num_experts as f64 * f64::from(weights.balance)))?)?)
    }

    fn norm(&self, x: &Tensor, layer: Option<usize>, role: TensorRole) -> Result<Tensor> {
        let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
        let normed = x.broadcast_div(&(mean + f64::from(self.config.norm_eps))?.sqrt()?)?;
        Ok(normed.broadcast_mul(self.get(layer, role, 0)?)?)
    }

    fn attention(&self, layer: Option<usize>, x: &Tensor, padded: &Padded) -> Result<Tensor> {
        let Config { heads, kv_heads, head_dim: dim, .. } = self.config;
        let (documents, len) = (padded.documents, padded.longest);
        // (documents, heads, len, dim)
        let project = |role, heads: usize| -> Result<Tensor> {
            let y = x.matmul(&self.get(layer, role, 0)?.t()?)?;
            Ok(y.reshape((documents, len, heads, dim))?.transpose(1, 2)?.contiguous()?)
        };
        let wide = |x: Tensor| -> Result<Tensor> {
            let each = heads / kv_heads;
            let x = x.unsqueeze(2)?.broadcast_as((documents, kv_heads, each, len, dim))?;
            Ok(x.reshape((documents, heads, len, dim))?)
        };
        let q = self.rotate(&project(TensorRole::Query, heads)?)?;
        let k = wide(self.rotate(&project(TensorRole::Key, kv_heads)?)?)?;
        let v = wide(project(TensorRole::Value, kv_heads)?)?;
        let scores = (q.matmul(&k.transpose(2, 3)?)? / (dim as f64).sqrt())?;
        // A place sees itself and what comes before; padding stands behind, so nobody sees it.
        let mask: Vec<f32> =
            (0..len * len).map(|at| if at % len > at / len { f32::NEG_INFINITY } else { 0.0 }).collect();
        let mask = Tensor::from_vec(mask, (len, len), &Device::Cpu)?;
        let y = softmax(&scores.broadcast_add(&mask)?, D::Minus1)?.matmul(&v)?;
        let y = y.transpose(1, 2)?.reshape((documents * len, heads * dim))?;
        Ok(y.matmul(&self.get(layer, TensorRole::AttentionOutput, 0)?.t()?)?)
    }

    /// Turns neighbouring pairs. `x`: (documents, heads, len, dim).
    fn rotate(&self, x: &Tensor) -> Result<Tensor> {
        let (documents, heads, len, dim) = x.dims4()?;
        let positions: Vec<u32> = (0..len as u32).collect();
        let (cos, sin) = angles(&self.rope, &positions, &Device::Cpu)?; // (len, dim / 2)
        let (cos, sin) = (cos.unsqueeze(D::Minus1)?, sin.unsqueeze(D::Minus1)?);
        let x = x.reshape((documents, heads, len, dim / 2, 2))?;
        let (a, b) = (x.narrow(4, 0, 1)?, x.narrow(4, 1, 1)?);
        let turned =
            [(a.broadcast_mul(&cos)? - b.broadcast_mul(&sin)?)?, (a.broadcast_mul(&sin)? + b.broadcast_mul(&cos)?)?];
        Ok(Tensor::cat(&turned, 4)?.reshape((documents, heads, len, dim))?)
    }

    /// Each expert over the tokens that chose it. `x`: (tokens, hidden).
    fn experts(&self, layer: Option<usize>, x: &Tensor, logits: &Tensor, shares: &mut [f32]) -> Result<Tensor> {
        let Config { num_experts: experts, experts_per_token: top, .. } = self.config;
        let routes = read([logits], |[logits]| ExpertAssignments::new(logits, experts, top))?;
        let all = softmax(logits, D::Minus1)?;
        // The chosen ones' probabilities are made to sum to one.
        let mut chosen = vec![0f32; logits.elem_count()];
        for (expert, slots) in routes.active() {
            shares[expert] += slots.len() as f32;
            routes.tokens()[slots].iter().for_each(|&token| chosen[token as usize * experts + expert] = 1.0);
        }
        let chosen = (all * Tensor::from_vec(chosen, logits.shape(), &Device::Cpu)?)?;
        let weights = chosen.broadcast_div(&chosen.sum_keepdim(1)?)?; // (tokens, experts)
        let mut out = x.zeros_like()?;
        for (expert, slots) in routes.active() {
            let tokens = Tensor::new(&routes.tokens()[slots], &Device::Cpu)?;
            let x = x.index_select(&tokens, 0)?;
            let matrix = |role| self.get(layer, role, expert).and_then(|w| Ok(w.t()?));
            let gate = x.matmul(&matrix(TensorRole::Gate)?)?;
            let inner = ((&gate * sigmoid(&gate)?)? * x.matmul(&matrix(TensorRole::Up)?)?)?;
            let weight = weights.index_select(&tokens, 0)?.narrow(1, expert, 1)?;
            let y = inner.matmul(&matrix(TensorRole::Down)?)?.broadcast_mul(&weight)?;
            out = out.index_add(&tokens, &y, 0)?;
        }
        Ok(out)
    }
}

/// A batch as a rectangle: every document as long as the longest.
struct Padded {
    documents: usize,
    longest: usize,
    /// (documents * longest)
    tokens: Tensor,
    /// The slots of the batch's tokens.
    real: Tensor,
    /// The slots that have a target, and the targets.
    loss_positions: Tensor,
    targets: Tensor,
}

impl Padded {
    fn new(batch: &Batch) -> Result<Self> {
        let longest = batch.starts.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0);
        let documents = batch.starts.len() - 1;
        let mut tokens = vec![0u32; documents * longest];
        let (mut real, mut loss_positions, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for (document, w) in batch.starts.windows(2).enumerate() {
            for at in w[0]..w[1] {
                let place = document * longest + at - w[0];
                tokens[place] = batch.tokens[at];
                real.push(place as u32);
                if let Some(target) = batch.targets[at] {
                    loss_positions.push(place as u32);
                    targets.push(target);
                }
            }
        }
        let tensor = |list: Vec<u32>| Tensor::new(list, &Device::Cpu);
        let (tokens, real) = (tensor(tokens)?, tensor(real)?);
        Ok(Self {
            documents,
            longest,
            tokens,
            real,
            loss_positions: tensor(loss_positions)?,
            targets: tensor(targets)?,
        })
    }
}
