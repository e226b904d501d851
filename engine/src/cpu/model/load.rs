//! From a source's tensors to packed weights. Each tensor must have the shape that the configuration promises, and each must be
//! used. What is packed is dropped from the file's mapping, so that memory holds it once.

use super::weights::{Forms, Layer, Weights, forms};
use crate::arch::{Config, TensorRole, TensorSpec};
use crate::cpu::product::PackedMatrix;
use crate::error::{Error, Fault, Result};
use crate::formats::{Source, TensorReader};
use crate::model::norm_weights;
use crate::quant::GgmlType;

/// Loads all weights. `progress` hears how many bytes of how many are done.
pub fn load(source: &dyn Source, config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Weights> {
    let mut loader = Loader { reader: TensorReader::new(source, progress), config };
    let embedding = loader.matrix(TensorRole::Embedding, None)?;
    let layers = (0..config.layers).map(|layer| loader.layer(layer)).collect::<Result<_>>()?;
    let norm = loader.norm(TensorRole::OutputNorm, None)?;
    let output = (!source.is_tied()).then(|| loader.matrix(TensorRole::Output, None)).transpose()?;
    loader.reader.finish()?;
    Ok(Weights { embedding, layers, norm, output })
}

struct Loader<'a> {
    reader: TensorReader<'a>,
    config: &'a Config,
}

impl Loader<'_> {
    fn layer(&mut self, layer: usize) -> Result<Layer> {
        let at = Some(layer);
        let attention_norm = self.norm(TensorRole::AttentionNorm, at)?;
        let qkv = [
            self.matrix(TensorRole::Query, at)?,
            self.matrix(TensorRole::Key, at)?,
            self.matrix(TensorRole::Value, at)?,
        ];
        let output = self.matrix(TensorRole::AttentionOutput, at)?;
        let expert_norm = self.norm(TensorRole::ExpertNorm, at)?;
        let router = self.matrix(TensorRole::Router, at)?;
        let gate = self.experts(TensorRole::Gate, layer)?;
        let up = self.experts(TensorRole::Up, layer)?;
        let down = self.experts(TensorRole::Down, layer)?;
        let forms = Forms {
            qkv: forms(&qkv),
            output: forms([&output]),
            experts: forms(gate.iter().chain(&up).chain([&router])),
            down: forms(&down),
        };
        Ok(Layer { attention_norm, qkv, output, expert_norm, router, gate, up, down, forms })
    }

    fn pack(&self, name: &str, kind: GgmlType, (rows, cols): (usize, usize), bytes: &[u8]) -> Result<PackedMatrix> {
        let packed = PackedMatrix::pack(kind, rows, cols, bytes);
        let packed = packed.ok_or_else(|| self.reader.fault(name, Fault::Type(kind.to_string())))?;
        packed.map_err(|error| Error::Device { device: "cpu".to_owned(), message: format!("{name}: {error}") })
    }

    fn named(&mut self, name: &str, rows: usize, cols: usize) -> Result<PackedMatrix> {
        let (kind, bytes) = self.reader.read(name, &[rows, cols])?;
        let matrix = self.pack(name, kind, (rows, cols), &bytes)?;
        self.reader.done(name, bytes.len());
        Ok(matrix)
    }

    fn matrix(&mut self, role: TensorRole, layer: Option<usize>) -> Result<PackedMatrix> {
        let part = TensorSpec::new(self.config, role, layer);
        let (rows, cols) = part.matrix();
        self.named(&part.name(), rows, cols)
    }

    fn norm(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Vec<f32>> {
        let part = TensorSpec::new(self.config, role, layer);
        let name = part.name();
        let (kind, bytes) = self.reader.read(&name, &part.dims)?;
        let weight = norm_weights(&self.reader, &part, kind, &bytes)?;
        self.reader.done(&name, bytes.len());
        Ok(weight)
    }

    /// One matrix of each expert, from either layout: one tensor of three dimensions, cut by bytes, or one tensor an expert.
    fn experts(&mut self, role: TensorRole, layer: usize) -> Result<Vec<PackedMatrix>> {
        let part = TensorSpec::new(self.config, role, Some(layer));
        let (rows, cols) = part.matrix();
        let (merged, experts) = (part.name(), self.config.num_experts);
        if self.reader.source().info(&merged).is_none() {
            return (0..experts).map(|expert| self.named(&part.split_name(expert), rows, cols)).collect();
        }
        let (kind, bytes) = self.reader.read(&merged, &part.dims)?;
        // Rows are whole blocks, so experts are too.
        let each = bytes.chunks_exact(bytes.len() / experts);
        let matrices = each.map(|bytes| self.pack(&merged, kind, (rows, cols), bytes)).collect::<Result<_>>()?;
        self.reader.done(&merged, bytes.len());
        Ok(matrices)
    }
}
