//! Writing an adapter's folder, so that PEFT reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mixtral_engine::weights::lora::{AdapterConfig, Pair, WEIGHTS_FILE, names, transposed};

use super::config::write_config;
use crate::files::atomic_file;
use crate::safetensors::{Planned, Stream};
use mixtral_engine::arch::order::to_hugging_face;
use mixtral_engine::arch::{Config, TensorRole, TensorSpec};
use mixtral_engine::error::{AdapterFault, Error, Fault, Place, RequestFault, Result};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::encode;

/// Writes an adapter for a model of this shape: both files, each whole or not at all, the tensors under the names that
/// PEFT gives them for the `MixtralForCausalLM` of transformers 4. (PEFT turns them into those of transformers 5 itself.)
///
/// `kind` is F32, F16 or BF16. F16 is the one to ship: half of F32's size, and its 11 bits leave an error far below what
/// training's own noise is; numbers too large for it are refused, not made infinite. The rank and the scale of every pair
/// must be what `config` says of its module.
///
/// Where routers or experts are among the pairs, the dropout of the training is not written: transformers 5 keeps them as
/// plain parameters, PEFT refuses any dropout beside those (it would not open the adapter at all), and dropout changes
/// nothing but training.
///
/// # Errors
/// A pair or a whole module is not of its part's shape, does not fit `config` or `kind`, or a file cannot be written.
pub fn write(
    folder: &Path,
    config: &AdapterConfig,
    shape: &Config,
    pairs: &mut dyn Iterator<Item = (TensorSpec, usize, Pair)>,
    whole: &mut dyn Iterator<Item = (TensorSpec, Vec<f32>)>,
    kind: GgmlType,
) -> Result<()> {
    let mut out = Tensors::new(folder, shape.head_dim, kind)?;
    let mut config = config.clone();
    for (part, expert, pair) in pairs {
        if part.role.is_expert() || part.role == TensorRole::Router {
            config.dropout = 0.0;
        }
        out.pair(&config, &part, expert, pair)?;
    }
    for (part, weights) in whole {
        out.whole(&part, weights)?;
    }
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    out.write()?;
    write_config(&config, folder)
}

/// The tensors that are to be written, encoded.
struct Tensors {
    path: PathBuf,
    head_dim: usize,
    kind: GgmlType,
    /// dimensions and bytes by name
    all: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    fn new(folder: &Path, head_dim: usize, kind: GgmlType) -> Result<Self> {
        if !matches!(kind, GgmlType::F32 | GgmlType::F16 | GgmlType::BF16) {
            return Err(Error::Request(RequestFault::NotPlain { kind: kind.to_string() }));
        }
        Ok(Self { path: folder.join(WEIGHTS_FILE), head_dim, kind, all: BTreeMap::new() })
    }

    fn fault(&self, name: &str, fault: impl Into<Fault>) -> Error {
        Error::file(&self.path, Place::Tensor(name.to_owned()), fault)
    }

    fn pair(&mut self, config: &AdapterConfig, part: &TensorSpec, expert: usize, pair: Pair) -> Result<()> {
        let module = part.role.hugging_face(part.layer, expert);
        let (rows, cols) = part.matrix();
        let Pair { rank, a, b, scale } = pair;
        if part.role.is_norm() || expert >= part.experts() {
            return Err(self.fault(&module, AdapterFault::NotAMatrix));
        }
        if a.len() != rank * cols || b.len() != rows * rank {
            return Err(self.fault(&module, AdapterFault::PairShape { rows: rows.to_string(), cols: cols.to_string() }));
        }
        let told = config.of(&module);
        if told.0 != rank || (told.1 - scale).abs() > 1e-6 * scale.abs() {
            let (told_rank, told_scale) = (told.0.to_string(), told.1.to_string());
            let (rank, scale) = (rank.to_string(), scale.to_string());
            return Err(self.fault(&module, AdapterFault::RankDiffers { rank, scale, told_rank, told_scale }));
        }
        let b = to_hugging_face(part.role, b, rank, self.head_dim);
        if part.role == TensorRole::Embedding {
            let (first, second) = names::embedding_pair(&module);
            self.tensor(first, vec![rank, rows], &transposed(&b, rows, rank))?;
            return self.tensor(second, vec![cols, rank], &transposed(&a, rank, cols));
        }
        let (first, second) = names::pair(&module);
        self.tensor(first, vec![rank, cols], &a)?;
        self.tensor(second, vec![rows, rank], &b)
    }

    fn whole(&mut self, part: &TensorSpec, weights: Vec<f32>) -> Result<()> {
        if weights.len() != part.len() || part.is_empty() {
            let (count, shape) = (weights.len().to_string(), format!("{:?}", part.dims));
            return Err(self.fault(&part.name(), AdapterFault::Weights { count, shape }));
        }
        let cols = part.matrix().1;
        let weights = to_hugging_face(part.role, weights, cols, self.head_dim);
        let experts = part.experts();
        for (expert, weights) in weights.chunks_exact(part.len() / experts).enumerate() {
            let dims = if part.role.is_expert() { &part.dims[1..] } else { &part.dims[..] };
            let [name, _] = names::whole(&part.role.hugging_face(part.layer, expert));
            self.tensor(name, dims.to_vec(), weights)?;
        }
        Ok(())
    }

    fn tensor(&mut self, name: String, dims: Vec<usize>, values: &[f32]) -> Result<()> {
        let fits = match self.kind {
            GgmlType::F16 => |v: &f32| half::f16::from_f32(*v).is_finite(),
            GgmlType::BF16 => |v: &f32| half::bf16::from_f32(*v).is_finite(),
            _ => |v: &f32| v.is_finite(),
        };
        if let Some(value) = values.iter().find(|value| !fits(value)) {
            let (value, kind) = (value.to_string(), self.kind.to_string());
            return Err(self.fault(&name, AdapterFault::DoesNotFit { value, kind }));
        }
        let bytes = encode(self.kind, values, 1, None)?;
        if self.all.contains_key(&name) {
            return Err(self.fault(&name, Fault::Duplicate));
        }
        self.all.insert(name, (dims, bytes));
        Ok(())
    }

    fn write(&self) -> Result<()> {
        let plan = |(name, (dims, _)): (&String, &(Vec<usize>, Vec<u8>))| Planned {
            name: name.clone(),
            kind: self.kind,
            dims: dims.clone(),
        };
        let planned: Vec<Planned> = self.all.iter().map(plan).collect();
        atomic_file::write(&self.path, |out| {
            let put = || {
                let mut stream = Stream::begin(out, &planned)?;
                self.all.values().try_for_each(|(_, bytes)| stream.put(bytes))?;
                stream.end().map(drop)
            };
            put().map_err(Error::io(&self.path))
        })
    }
}
