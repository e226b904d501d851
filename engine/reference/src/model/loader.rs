//! From a source's tensors to the model's parts. Every tensor must have the shape that the
//! configuration promises, and every tensor must be used.

use candle_core::{Device, Tensor};
use mixtral_engine::arch::{Config, TensorRole, TensorSpec};
use mixtral_engine::error::Fault;
use mixtral_engine::formats::{Source, TensorReader};
use mixtral_engine::model::norm_weights;
use mixtral_engine::quant::GgmlType;

use super::attention::Attention;
use super::moe::Moe;
use super::norm::Norm;
use crate::error::Result;
use crate::ops::{Expert, Matrix};

pub(super) struct Loader<'a> {
    reader: TensorReader<'a>,
    config: &'a Config,
    device: &'a Device,
}

impl<'a> Loader<'a> {
    pub fn new(
        source: &'a dyn Source,
        config: &'a Config,
        device: &'a Device,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Self {
        Self { reader: TensorReader::new(source, progress), config, device }
    }

    fn build(&mut self, name: &str, kind: GgmlType, rows: usize, cols: usize, bytes: &[u8]) -> Result<Matrix> {
        let matrix = Matrix::new(kind, rows, cols, bytes, self.device)
            .ok_or_else(|| self.reader.fault(name, Fault::Type(kind.to_string())))??;
        self.reader.advance(bytes.len());
        Ok(matrix)
    }

    fn named(&mut self, name: &str, rows: usize, cols: usize) -> Result<Matrix> {
        let (kind, bytes) = self.reader.read(name, &[rows, cols])?;
        self.build(name, kind, rows, cols, &bytes)
    }

    pub fn matrix(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Matrix> {
        let part = TensorSpec::new(self.config, role, layer);
        let (rows, cols) = part.matrix();
        self.named(&part.name(), rows, cols)
    }

    /// The output matrix, where the embedding does not serve for it.
    pub fn output(&mut self) -> Result<Option<Matrix>> {
        (!self.reader.source().is_tied()).then(|| self.matrix(TensorRole::Output, None)).transpose()
    }

    pub fn norm(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Norm> {
        let part = TensorSpec::new(self.config, role, layer);
        let name = part.name();
        let (kind, bytes) = self.reader.read(&name, &part.dims)?;
        let weight = norm_weights(&self.reader, &part, kind, &bytes)?;
        self.reader.advance(bytes.len());
        Ok(Norm { weight: Tensor::from_vec(weight, part.len(), self.device)?, eps: self.config.norm_eps })
    }

    pub fn attention(&mut self, layer: usize) -> Result<Attention> {
        let &Config { heads, kv_heads, head_dim: dim, .. } = self.config;
        let layer = Some(layer);
        Ok(Attention {
            q: self.matrix(TensorRole::Query, layer)?,
            k: self.matrix(TensorRole::Key, layer)?,
            v: self.matrix(TensorRole::Value, layer)?,
            output: self.matrix(TensorRole::AttentionOutput, layer)?,
            heads,
            kv_heads,
            dim,
        })
    }

    pub fn moe(&mut self, layer: usize) -> Result<Moe> {
        let layer = Some(layer);
        let router = self.matrix(TensorRole::Router, layer)?;
        let gate = self.experts(TensorRole::Gate, layer)?;
        let up = self.experts(TensorRole::Up, layer)?;
        let down = self.experts(TensorRole::Down, layer)?;
        let experts = gate.into_iter().zip(up).zip(down);
        let experts = experts.map(|((gate, up), down)| Expert { gate, up, down }).collect();
        Ok(Moe { router, experts, top: self.config.experts_per_token })
    }

    /// One matrix of each expert, from either layout: one tensor of three dimensions, cut by bytes,
    /// or one tensor an expert.
    fn experts(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Vec<Matrix>> {
        let part = TensorSpec::new(self.config, role, layer);
        let (rows, cols) = part.matrix();
        let (merged, experts) = (part.name(), self.config.num_experts);
        if self.reader.source().info(&merged).is_none() {
            return (0..experts).map(|expert| self.named(&part.split_name(expert), rows, cols)).collect();
        }
        let (kind, bytes) = self.reader.read(&merged, &part.dims)?;
        // Rows are whole blocks, so experts are too.
        bytes.chunks_exact(bytes.len() / experts).map(|bytes| self.build(&merged, kind, rows, cols, bytes)).collect()
    }

    /// Refuses a model with parts that are not known here: its output would be wrong.
    pub fn finish(self) -> Result<()> {
        Ok(self.reader.finish()?)
    }
}
