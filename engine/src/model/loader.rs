//! From a source's tensors to the model's parts. Every tensor must have the shape that the
//! configuration promises, and every tensor must be used.

use std::collections::HashSet;

use candle_core::{Device, Tensor};

use super::attention::Attention;
use super::config::Config;
use super::moe::Moe;
use super::norm::Norm;
use crate::error::{Error, Place, Result};
use crate::ops::{Backend, Expert, Matrix};
use crate::quant::{Blocks, GgmlType};
use crate::weights::{Source, View};

/// How many bytes the weights take once loaded, on the processor or a GPU: what they take in the
/// file, for they stay in their types.
pub fn weight_bytes(source: &dyn Source) -> u64 {
    source.names().into_iter().filter_map(|name| source.tensor(name)).map(|t| t.bytes.len() as u64).sum()
}

pub(super) struct Loader<'a> {
    ops: Backend,
    source: &'a dyn Source,
    config: &'a Config,
    device: &'a Device,
    progress: &'a mut dyn FnMut(u64, u64),
    used: HashSet<String>,
    done: u64,
    total: u64,
}

impl<'a> Loader<'a> {
    pub fn new(
        ops: Backend,
        source: &'a dyn Source,
        config: &'a Config,
        device: &'a Device,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Self {
        let total = weight_bytes(source);
        progress(0, total);
        Self { ops, source, config, device, progress, used: HashSet::new(), done: 0, total }
    }

    fn fault(&self, name: &str, message: impl Into<String>) -> Error {
        Error::file(self.source.path(), Place::Tensor(name.to_owned()), message)
    }

    /// The tensor of this name, if it has these dimensions.
    fn view(&mut self, name: &str, dims: &[usize]) -> Result<View<'a>> {
        let view = self.source.tensor(name).ok_or_else(|| self.fault(name, "is missing"))?;
        if view.dims != dims {
            return Err(self.fault(name, format!("is {:?}, should be {dims:?}", view.dims)));
        }
        self.used.insert(name.to_owned());
        Ok(view)
    }

    fn advance(&mut self, bytes: usize) {
        self.done += bytes as u64;
        (self.progress)(self.done, self.total);
    }

    fn build(&mut self, name: &str, kind: GgmlType, rows: usize, cols: usize, bytes: &[u8]) -> Result<Matrix> {
        let matrix = Matrix::new(self.ops, kind, rows, cols, bytes, self.device)
            .ok_or_else(|| self.fault(name, format!("type {kind} is not supported yet")))??;
        self.advance(bytes.len());
        Ok(matrix)
    }

    pub fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Matrix> {
        let View { kind, bytes, .. } = self.view(name, &[rows, cols])?;
        self.build(name, kind, rows, cols, bytes)
    }

    pub fn optional_matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Option<Matrix>> {
        self.source.tensor(name).is_some().then(|| self.matrix(name, rows, cols)).transpose()
    }

    pub fn norm(&mut self, name: &str) -> Result<Norm> {
        let hidden = self.config.hidden;
        let View { kind, bytes, .. } = self.view(name, &[hidden])?;
        let plain = matches!(kind, GgmlType::F32 | GgmlType::F16 | GgmlType::BF16);
        let Some(blocks) = Blocks::new(kind, bytes).filter(|_| plain) else {
            return Err(self.fault(name, format!("a norm in {kind} is not supported")));
        };
        let mut weight = vec![0f32; hidden];
        blocks.dequantise(0, &mut weight);
        self.advance(bytes.len());
        Ok(Norm { weight: Tensor::from_vec(weight, hidden, self.device)?, eps: self.config.norm_eps })
    }

    pub fn attention(&mut self, layer: usize) -> Result<Attention> {
        let &Config { hidden, heads, kv_heads, head_dim: dim, .. } = self.config;
        let name = |part: &str| format!("blk.{layer}.attn_{part}.weight");
        Ok(Attention {
            q: self.matrix(&name("q"), heads * dim, hidden)?,
            k: self.matrix(&name("k"), kv_heads * dim, hidden)?,
            v: self.matrix(&name("v"), kv_heads * dim, hidden)?,
            output: self.matrix(&name("output"), hidden, heads * dim)?,
            heads,
            kv_heads,
            dim,
        })
    }

    pub fn moe(&mut self, layer: usize) -> Result<Moe> {
        let &Config { hidden, ffn, experts, top, .. } = self.config;
        let router = self.matrix(&format!("blk.{layer}.ffn_gate_inp.weight"), experts, hidden)?;
        let gate = self.experts(layer, "gate", ffn, hidden)?;
        let up = self.experts(layer, "up", ffn, hidden)?;
        let down = self.experts(layer, "down", hidden, ffn)?;
        let experts = gate.into_iter().zip(up).zip(down);
        let experts = experts.map(|((gate, up), down)| Expert { gate, up, down }).collect();
        Ok(Moe { router, experts, top })
    }

    /// One matrix of each expert, from either layout: one tensor of three dimensions, cut by bytes,
    /// or one tensor an expert.
    fn experts(&mut self, layer: usize, part: &str, rows: usize, cols: usize) -> Result<Vec<Matrix>> {
        let experts = self.config.experts;
        let merged = format!("blk.{layer}.ffn_{part}_exps.weight");
        if self.source.tensor(&merged).is_none() {
            return (0..experts)
                .map(|expert| self.matrix(&format!("blk.{layer}.ffn_{part}.{expert}.weight"), rows, cols))
                .collect();
        }
        let View { kind, bytes, .. } = self.view(&merged, &[experts, rows, cols])?;
        // Rows are whole blocks, so experts are too.
        bytes.chunks_exact(bytes.len() / experts).map(|bytes| self.build(&merged, kind, rows, cols, bytes)).collect()
    }

    /// Refuses a model with parts that this engine does not know: its output would be wrong.
    pub fn finish(self) -> Result<()> {
        match self.source.names().into_iter().find(|name| !self.used.contains(*name)) {
            Some(name) => {
                Err(self.fault(name, "is not a part of a Mixtral model; the file holds more than is supported"))
            }
            None => Ok(()),
        }
    }
}
