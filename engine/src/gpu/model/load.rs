//! From a source's tensors to weights on a GPU.

use std::borrow::Cow;
use std::sync::Arc;

use half::f16;
use rayon::prelude::*;

use super::layers::{Embedding, GateUp, Layer, Matrices, no_kernels};
use crate::arch::{Config, TensorRole, TensorSpec};
use crate::error::{Fault, Result};
use crate::formats::{Source, TensorReader};
use crate::gpu::product::{DeviceMatrix, Weights};
use crate::gpu::{Buffer, Gpu};
use crate::model::norm_weights;
use crate::quant::{Blocks, GgmlType};

/// Rows of the embedding that are converted at once.
const EMBEDDING_ROWS: usize = 1024;

/// A tensor's blocks, or part of it.
type Bytes<'a> = Cow<'a, [u8]>;

/// What a model's weights are on a GPU.
#[derive(Debug)]
pub struct Loaded {
    pub embedding: Embedding,
    pub layers: Vec<Layer>,
    /// (hidden) F32
    pub norm: Buffer,
    /// (vocabulary, hidden)
    pub output: DeviceMatrix,
}

/// Loads all weights. `progress` hears how many bytes of how many are done.
pub fn load(
    gpu: &Arc<dyn Gpu>,
    source: &dyn Source,
    config: &Config,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Loaded> {
    let matrices = Matrices::new(source, config);
    let mut loader = Loader { gpu, config, matrices: &matrices, reader: TensorReader::new(source, progress) };
    let embedding = loader.embedding()?;
    let layers = (0..config.layers).map(|layer| loader.layer(layer)).collect::<Result<_>>()?;
    let norm = loader.norm(TensorRole::OutputNorm, None)?;
    let output = loader.matrix(matrices.output(), None)?;
    loader.reader.finish()?;
    // What was copied last may still be on its way, from memory that is about to go.
    gpu.wait()?;
    Ok(Loaded { embedding, layers, norm, output })
}

struct Loader<'a> {
    gpu: &'a Arc<dyn Gpu>,
    config: &'a Config,
    matrices: &'a Matrices<'a>,
    reader: TensorReader<'a>,
}

impl<'a> Loader<'a> {
    fn read(&mut self, role: TensorRole, layer: Option<usize>) -> Result<(GgmlType, Bytes<'a>)> {
        let part = TensorSpec::new(self.config, role, layer);
        let (kind, bytes) = self.reader.read(&part.name(), &part.dims)?;
        if DeviceMatrix::supports(kind) {
            return Ok((kind, bytes));
        }
        Err(self.reader.fault(&part.name(), no_kernels(kind)))
    }

    fn embedding(&mut self) -> Result<Embedding> {
        let (kind, bytes) = self.read(TensorRole::Embedding, None)?;
        let kept = Embedding::kept(kind);
        let cols = self.config.hidden_size;
        let rows = Buffer::new(self.gpu, self.config.vocab_size * cols * kept.block_bytes())?;
        if kept == kind {
            rows.write(0, &bytes)?;
        } else {
            let row = bytes.len() / self.config.vocab_size;
            let name = TensorSpec::new(self.config, TensorRole::Embedding, None).name();
            for (i, bytes) in bytes.chunks(EMBEDDING_ROWS * row).enumerate() {
                let weights =
                    dequantise(kind, bytes).ok_or_else(|| self.reader.fault(&name, Fault::Type(kind.to_string())))?;
                let halves: Vec<u8> = weights.iter().flat_map(|w| f16::from_f32(*w).to_le_bytes()).collect();
                rows.write(i * EMBEDDING_ROWS * cols * kept.block_bytes(), &halves)?;
            }
        }
        self.reader.advance(bytes.len());
        Ok(Embedding { kind: kept, rows })
    }

    fn layer(&mut self, layer: usize) -> Result<Layer> {
        Ok(Layer {
            attention_norm: self.norm(TensorRole::AttentionNorm, Some(layer))?,
            qkv: self.qkv(layer)?,
            output: self.matrix(TensorRole::AttentionOutput, Some(layer))?,
            expert_norm: self.norm(TensorRole::ExpertNorm, Some(layer))?,
            router: self.matrix(TensorRole::Router, Some(layer))?,
            gate_up: self.gate_up(layer)?,
            down: self.down(layer)?,
        })
    }

    fn norm(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Buffer> {
        let part = TensorSpec::new(self.config, role, layer);
        let name = part.name();
        let (kind, bytes) = self.reader.read(&name, &part.dims)?;
        let weights = norm_weights(&self.reader, &part, kind, &bytes)?;
        self.reader.advance(bytes.len());
        Buffer::of(self.gpu, &weights)
    }

    fn matrix(&mut self, role: TensorRole, layer: Option<usize>) -> Result<DeviceMatrix> {
        let (kind, bytes) = self.read(role, layer)?;
        let (_, cols) = TensorSpec::new(self.config, role, layer).matrix();
        let matrix = DeviceMatrix::upload(self.gpu, kind, cols, &[Weights::Stack(&[&bytes])])?;
        self.reader.advance(bytes.len());
        Ok(matrix)
    }

    fn qkv(&mut self, layer: usize) -> Result<Vec<(usize, DeviceMatrix)>> {
        let mut column = 0;
        let mut out = Vec::new();
        for (kind, roles) in self.matrices.qkv(layer)? {
            let parts: Vec<Bytes<'a>> =
                roles.iter().map(|role| Ok(self.read(*role, Some(layer))?.1)).collect::<Result<_>>()?;
            let slices: Vec<&[u8]> = parts.iter().map(|part| &part[..]).collect();
            let matrix = DeviceMatrix::upload(self.gpu, kind, self.config.hidden_size, &[Weights::Stack(&slices)])?;
            self.reader.advance(slices.iter().map(|part| part.len()).sum());
            let rows = matrix.rows();
            out.push((column, matrix));
            column += rows;
        }
        Ok(out)
    }

    fn gate_up(&mut self, layer: usize) -> Result<GateUp> {
        let (gate_kind, up_kind) = self.matrices.gate_up(layer)?;
        let gate = self.experts(TensorRole::Gate, layer, gate_kind)?;
        let up = self.experts(TensorRole::Up, layer, up_kind)?;
        let cols = self.config.hidden_size;
        let made = if gate_kind == up_kind {
            let both: Vec<Weights<'_>> = gate.iter().zip(&up).map(|(gate, up)| Weights::GateUp { gate, up }).collect();
            GateUp::Fused(DeviceMatrix::upload(self.gpu, gate_kind, cols, &both)?)
        } else {
            GateUp::Apart {
                gate: stacked(self.gpu, gate_kind, cols, &gate)?,
                up: stacked(self.gpu, up_kind, cols, &up)?,
            }
        };
        Ok(made)
    }

    fn down(&mut self, layer: usize) -> Result<DeviceMatrix> {
        let kind = self.matrices.experts(TensorRole::Down, layer)?.loaded();
        let experts = self.experts(TensorRole::Down, layer, kind)?;
        stacked(self.gpu, kind, self.config.intermediate_size, &experts)
    }

    /// One matrix of each expert in a type, from either layout: one tensor of three dimensions, cut by bytes, or one tensor
    /// an expert. Types that differ become F32, which loses nothing.
    fn experts(&mut self, role: TensorRole, layer: usize, kind: GgmlType) -> Result<Vec<Bytes<'a>>> {
        let part = TensorSpec::new(self.config, role, Some(layer));
        let (merged, experts) = (part.name(), self.config.num_experts);
        let parts: Vec<(GgmlType, Bytes<'a>)> = if self.reader.source().info(&merged).is_some() {
            let (kind, bytes) = self.read(role, Some(layer))?;
            self.reader.advance(bytes.len());
            cut(&bytes, experts).into_iter().map(|bytes| (kind, bytes)).collect()
        } else {
            let (rows, cols) = part.matrix();
            let mut parts = Vec::with_capacity(experts);
            for expert in 0..experts {
                let (kind, bytes) = self.reader.read(&part.split_name(expert), &[rows, cols])?;
                self.reader.advance(bytes.len());
                parts.push((kind, bytes));
            }
            parts
        };
        let converted = parts.into_iter().map(|(from, bytes)| {
            if from == kind {
                return Ok(bytes);
            }
            let weights = dequantise(from, &bytes).filter(|_| kind == GgmlType::F32);
            let weights = weights.ok_or_else(|| self.reader.fault(&merged, Fault::Type(from.to_string())))?;
            Ok(Cow::Owned(weights.par_iter().flat_map_iter(|w| w.to_le_bytes()).collect()))
        });
        converted.collect()
    }
}

/// Whole experts: rows are whole blocks, so they are too.
fn cut<'a>(bytes: &Bytes<'a>, experts: usize) -> Vec<Bytes<'a>> {
    let one = bytes.len() / experts;
    match bytes {
        Cow::Borrowed(bytes) => bytes.chunks_exact(one).map(Cow::Borrowed).collect(),
        Cow::Owned(bytes) => bytes.chunks_exact(one).map(|part| Cow::Owned(part.to_vec())).collect(),
    }
}

fn stacked(gpu: &Arc<dyn Gpu>, kind: GgmlType, cols: usize, experts: &[Bytes<'_>]) -> Result<DeviceMatrix> {
    let parts: Vec<[&[u8]; 1]> = experts.iter().map(|bytes| [&bytes[..]]).collect();
    let weights: Vec<Weights<'_>> = parts.iter().map(|part| Weights::Stack(part)).collect();
    DeviceMatrix::upload(gpu, kind, cols, &weights)
}

/// Blocks as numbers; nothing if the type has no decoder.
fn dequantise(kind: GgmlType, bytes: &[u8]) -> Option<Vec<f32>> {
    let blocks = Blocks::new(kind, bytes)?;
    let mut weights = vec![0f32; bytes.len() / kind.block_bytes() * kind.block_len()];
    blocks.dequantise(0, &mut weights);
    Some(weights)
}
