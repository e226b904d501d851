//! From a source's tensors to packed weights, and an adapter's beside those of its base. Each tensor must have the shape that the configuration promises, and each must be
//! used. What is packed is dropped from the file's mapping, so that memory holds it once.

use std::sync::Arc;

use super::pair::Pair;
use super::weights::{Forms, Layer, Matrix, Weights};
use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::cpu::product::PackedMatrix;
use crate::error::{Error, Fault, Result};
use crate::formats::{Source, TensorReader};
use crate::model::norm_weights;
use crate::quant::GgmlType;
use crate::weights::ModelFiles;
use crate::weights::lora::Adapter;

/// Loads all weights. `progress` hears how many bytes of how many are done.
pub fn load(source: &dyn Source, config: &Config, progress: &mut dyn FnMut(u64, u64)) -> Result<Weights> {
    let mut loader = Loader { reader: TensorReader::new(source, progress), config };
    let embedding = loader.matrix(TensorRole::Embedding, None)?;
    let layers = (0..config.layers).map(|layer| loader.layer(layer)).collect::<Result<_>>()?;
    let norm = loader.norm(TensorRole::OutputNorm, None)?;
    let output = (!source.is_tied()).then(|| loader.matrix(TensorRole::Output, None)).transpose()?;
    loader.reader.finish()?;
    let head_form = [output.as_ref().unwrap_or(&embedding).form()];
    Ok(Weights { embedding, layers, norm, output, head_form })
}

/// Puts an adapter beside the weights of its base: its pairs, and in place of the base's what it has whole, as `files` give it.
pub fn adapt(base: &Weights, files: &ModelFiles, adapter: &Adapter, config: &Config) -> Result<Weights> {
    let mut weights = base.clone();
    let mut ignored = |_, _| {};
    let mut loader = Loader { reader: TensorReader::new(files, &mut ignored), config };
    let mut whole = Vec::new();
    for part in tensor_specs(config) {
        let (at, name) = (part.layer.unwrap_or(0), part.name());
        if adapter.replaces(&part)? {
            whole.push(name);
            loader.replace(&mut weights, &part, at)?;
            continue;
        }
        for expert in 0..part.experts() {
            if let Some(pair) = adapter.pair(&part, expert)? {
                let pair = Arc::new(Pair::pack(&pair, part.matrix(), &name)?);
                if let Some(matrix) = matrix_of(&mut weights, part.role, at, expert) {
                    matrix.pair = Some(pair);
                }
            }
        }
    }
    weights.layers = weights.layers.into_iter().map(Layer::with_forms).collect();
    weights.head_form = [weights.head().form()];
    let (path, own) = (files.path().display().to_string(), weights.own_bytes(Some(base)));
    if !whole.is_empty() {
        tracing::info!(
            path,
            tensors = whole.join(", "),
            "an adapter has these tensors whole: its model holds its own copies"
        );
    }
    tracing::info!(path, bytes = own, "an adapter's factors are beside the weights of its base");
    Ok(weights)
}

/// The matrix of a part's expert; norms are none.
fn matrix_of(weights: &mut Weights, role: TensorRole, layer: usize, expert: usize) -> Option<&mut Matrix> {
    match role {
        TensorRole::Embedding => return Some(&mut weights.embedding),
        TensorRole::Output => return weights.output.as_mut(),
        _ => {}
    }
    let layer = weights.layers.get_mut(layer)?;
    match role {
        TensorRole::Query => Some(&mut layer.qkv[0]),
        TensorRole::Key => Some(&mut layer.qkv[1]),
        TensorRole::Value => Some(&mut layer.qkv[2]),
        TensorRole::AttentionOutput => Some(&mut layer.output),
        TensorRole::Router => Some(&mut layer.router),
        TensorRole::Gate => layer.gate.get_mut(expert),
        TensorRole::Up => layer.up.get_mut(expert),
        TensorRole::Down => layer.down.get_mut(expert),
        _ => None,
    }
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
        let forms = Forms::default();
        Ok(Layer { attention_norm, qkv, output, expert_norm, router, gate, up, down, forms }.with_forms())
    }

    /// Puts a part into the place of the base's.
    fn replace(&mut self, weights: &mut Weights, part: &TensorSpec, at: usize) -> Result<()> {
        let layer = &mut weights.layers[at];
        match part.role {
            TensorRole::AttentionNorm => layer.attention_norm = self.norm(part.role, part.layer)?,
            TensorRole::ExpertNorm => layer.expert_norm = self.norm(part.role, part.layer)?,
            TensorRole::OutputNorm => weights.norm = self.norm(part.role, None)?,
            TensorRole::Gate => layer.gate = self.experts(part.role, at)?,
            TensorRole::Up => layer.up = self.experts(part.role, at)?,
            TensorRole::Down => layer.down = self.experts(part.role, at)?,
            role => {
                let own = self.matrix(role, part.layer)?;
                if let Some(matrix) = matrix_of(weights, role, at, 0) {
                    *matrix = own;
                }
            }
        }
        Ok(())
    }

    fn pack(&self, name: &str, kind: GgmlType, (rows, cols): (usize, usize), bytes: &[u8]) -> Result<PackedMatrix> {
        let packed = PackedMatrix::pack(kind, rows, cols, bytes);
        let packed = packed.ok_or_else(|| self.reader.fault(name, Fault::Type(kind.to_string())))?;
        packed.map_err(|error| Error::Device { device: "cpu".to_owned(), message: format!("{name}: {error}") })
    }

    fn named(&mut self, name: &str, rows: usize, cols: usize) -> Result<Matrix> {
        let (kind, bytes) = self.reader.read(name, &[rows, cols])?;
        let matrix = self.pack(name, kind, (rows, cols), &bytes)?;
        self.reader.done(name, bytes.len());
        Ok(matrix.into())
    }

    fn matrix(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Matrix> {
        let part = TensorSpec::new(self.config, role, layer);
        let (rows, cols) = part.matrix();
        self.named(&part.name(), rows, cols)
    }

    fn norm(&mut self, role: TensorRole, layer: Option<usize>) -> Result<Arc<[f32]>> {
        let part = TensorSpec::new(self.config, role, layer);
        let name = part.name();
        let (kind, bytes) = self.reader.read(&name, &part.dims)?;
        let weight = norm_weights(&self.reader, &part, kind, &bytes)?;
        self.reader.done(&name, bytes.len());
        Ok(weight.into())
    }

    /// One matrix of each expert, from either layout: one tensor of three dimensions, cut by bytes, or one tensor an expert.
    fn experts(&mut self, role: TensorRole, layer: usize) -> Result<Vec<Matrix>> {
        let part = TensorSpec::new(self.config, role, Some(layer));
        let (rows, cols) = part.matrix();
        let (merged, experts) = (part.name(), self.config.num_experts);
        if self.reader.source().info(&merged).is_none() {
            return (0..experts).map(|expert| self.named(&part.split_name(expert), rows, cols)).collect();
        }
        let (kind, bytes) = self.reader.read(&merged, &part.dims)?;
        // Rows are whole blocks, so experts are too.
        let each = bytes.chunks_exact(bytes.len() / experts);
        let matrices =
            each.map(|bytes| Ok(self.pack(&merged, kind, (rows, cols), bytes)?.into())).collect::<Result<_>>()?;
        self.reader.done(&merged, bytes.len());
        Ok(matrices)
    }
}
