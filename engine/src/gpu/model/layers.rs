//! A model's weights on a GPU, and in which form each of them goes there.

use crate::arch::{Config, TensorRole, TensorSpec};
use crate::error::{Error, Fault, Place, Result};
use crate::formats::Source;
use crate::gpu::Buffer;
use crate::gpu::product::{DeviceMatrix, activation_stride};
use crate::quant::{Blocks, GgmlType};

/// One layer.
#[derive(Debug)]
pub struct Layer {
    /// (hidden) F32
    pub attention_norm: Buffer,
    /// Query, key and value: neighbours of one type are one matrix. With the first column of its results.
    pub qkv: Vec<(usize, DeviceMatrix)>,
    /// (hidden, heads * dim)
    pub output: DeviceMatrix,
    /// (hidden) F32
    pub expert_norm: Buffer,
    /// (experts, hidden)
    pub router: DeviceMatrix,
    pub gate_up: GateUp,
    /// (experts, hidden, ffn)
    pub down: DeviceMatrix,
}

/// The first half of the experts.
#[derive(Debug)]
pub enum GateUp {
    /// Gate and up in one, row by row.
    Fused(DeviceMatrix),
    /// Of different types.
    Apart { gate: DeviceMatrix, up: DeviceMatrix },
}

/// The embedding's rows: F32, F16 or BF16; quantised ones become F16.
#[derive(Debug)]
pub struct Embedding {
    pub kind: GgmlType,
    pub rows: Buffer,
}

impl Embedding {
    /// The type in which an embedding of this type is kept.
    pub fn kept(kind: GgmlType) -> GgmlType {
        match kind {
            GgmlType::F32 | GgmlType::BF16 => kind,
            _ => GgmlType::F16,
        }
    }

    pub fn bytes_of(source: &dyn Source, config: &Config) -> Result<u64> {
        let kind = Matrices::new(source, config).kind(&TensorSpec::new(config, TensorRole::Embedding, None).name())?;
        Ok((config.vocab_size * config.hidden_size * Self::kept(kind).block_bytes()) as u64)
    }
}

/// In which types experts of a role stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertKinds {
    All(GgmlType),
    /// Not all the same: they become F32.
    Mixed,
}

impl ExpertKinds {
    /// The type in which they are loaded.
    pub fn loaded(self) -> GgmlType {
        match self {
            Self::All(kind) => kind,
            Self::Mixed => GgmlType::F32,
        }
    }
}

/// What is said of a type that has no kernels here.
pub fn no_kernels(kind: GgmlType) -> Fault {
    match Blocks::new(kind, &[]) {
        Some(_) => Fault::NoGpuKernels(kind.to_string()),
        None => Fault::Type(kind.to_string()),
    }
}

/// What becomes of a model's matrices, told from the types of its tensors alone.
pub struct Matrices<'a> {
    source: &'a dyn Source,
    config: &'a Config,
}

impl<'a> Matrices<'a> {
    pub fn new(source: &'a dyn Source, config: &'a Config) -> Self {
        Self { source, config }
    }

    /// A tensor's type.
    pub fn kind(&self, name: &str) -> Result<GgmlType> {
        let fault = |fault: Fault| Error::file(self.source.path(), Place::Tensor(name.to_owned()), fault);
        let kind = self.source.info(name).ok_or_else(|| fault(Fault::Missing))?.kind;
        if DeviceMatrix::supports(kind) { Ok(kind) } else { Err(fault(no_kernels(kind))) }
    }

    /// The types of an expert's matrices, in either layout.
    pub fn experts(&self, role: TensorRole, layer: usize) -> Result<ExpertKinds> {
        let part = TensorSpec::new(self.config, role, Some(layer));
        if self.source.info(&part.name()).is_some() {
            return Ok(ExpertKinds::All(self.kind(&part.name())?));
        }
        let kinds = (0..self.config.num_experts).map(|e| self.kind(&part.split_name(e))).collect::<Result<Vec<_>>>()?;
        Ok(if kinds.iter().all(|kind| *kind == kinds[0]) { ExpertKinds::All(kinds[0]) } else { ExpertKinds::Mixed })
    }

    /// The types of gate and up; one for both where they are one matrix.
    pub fn gate_up(&self, layer: usize) -> Result<(GgmlType, GgmlType)> {
        let (gate, up) = (self.experts(TensorRole::Gate, layer)?, self.experts(TensorRole::Up, layer)?);
        Ok(match (gate, up) {
            (ExpertKinds::All(gate), ExpertKinds::All(up)) => (gate, up),
            _ => (GgmlType::F32, GgmlType::F32),
        })
    }

    /// Query, key and value in runs of one type.
    pub fn qkv(&self, layer: usize) -> Result<Vec<(GgmlType, Vec<TensorRole>)>> {
        let mut runs: Vec<(GgmlType, Vec<TensorRole>)> = Vec::new();
        for role in [TensorRole::Query, TensorRole::Key, TensorRole::Value] {
            let kind = self.kind(&TensorSpec::new(self.config, role, Some(layer)).name())?;
            match runs.last_mut().filter(|(of, _)| *of == kind) {
                Some((_, roles)) => roles.push(role),
                None => runs.push((kind, vec![role])),
            }
        }
        Ok(runs)
    }

    /// The tensor that makes logits.
    pub fn output(&self) -> TensorRole {
        if self.source.is_tied() { TensorRole::Embedding } else { TensorRole::Output }
    }

    /// Whether gate and up are apart in some layer.
    pub fn needs_gate_and_up(&self) -> Result<bool> {
        let apart = |layer| self.gate_up(layer).map(|(gate, up)| gate != up);
        (0..self.config.layers).try_fold(false, |any, layer| Ok(any | apart(layer)?))
    }

    /// Bytes of all matrices and norms on a device.
    pub fn bytes(&self) -> Result<u64> {
        let config = self.config;
        let plain = |role, layer| -> Result<usize> {
            let part = TensorSpec::new(config, role, layer);
            let (rows, cols) = part.matrix();
            Ok(size(self.kind(&part.name())?, 1, rows, cols))
        };
        let mut total = plain(self.output(), None)? + 4 * config.hidden_size * (2 * config.layers + 1);
        let (experts, hidden, ffn) = (config.num_experts, config.hidden_size, config.intermediate_size);
        for layer in 0..config.layers {
            for (kind, roles) in self.qkv(layer)? {
                let rows = roles.iter().map(|role| TensorSpec::new(config, *role, Some(layer)).matrix().0).sum();
                total += size(kind, 1, rows, hidden);
            }
            total += plain(TensorRole::AttentionOutput, Some(layer))? + plain(TensorRole::Router, Some(layer))?;
            total += match self.gate_up(layer)? {
                (gate, up) if gate == up => size(gate, experts, 2 * activation_stride(ffn), hidden),
                (gate, up) => size(gate, experts, ffn, hidden) + size(up, experts, ffn, hidden),
            };
            total += size(self.experts(TensorRole::Down, layer)?.loaded(), experts, hidden, ffn);
        }
        Ok(total as u64)
    }
}

/// Bytes of a matrix whose type was found to have kernels.
fn size(kind: GgmlType, experts: usize, rows: usize, cols: usize) -> usize {
    DeviceMatrix::bytes_of(kind, experts, rows, cols).unwrap_or(0)
}
