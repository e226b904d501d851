//! Random models in memory, in any type.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use mixtral_engine::arch::{Config, RopeScaling, TensorRole, tensor_specs};
use mixtral_engine::error::{Error, RequestFault, Result};
use mixtral_engine::formats::{Info, Source};
use mixtral_engine::quant::{Blocks, GgmlType};
use mixtral_engine::quantize::encode;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A model's tensors by name.
pub struct Random {
    tensors: HashMap<String, (Info, Vec<u8>)>,
}

/// A small model's shape, with heads of `dim` and a context.
pub fn config(dim: usize, layers: usize, max_context: usize) -> Config {
    Config {
        hidden_size: 512,
        layers,
        heads: 512 / dim,
        kv_heads: (512 / dim / 4).max(1),
        head_dim: dim,
        intermediate_size: 768,
        num_experts: 8,
        experts_per_token: 2,
        vocab_size: 512,
        max_context,
        norm_eps: 1e-5,
        rope_theta: 1e6,
        rope_scaling: RopeScaling::None,
    }
}

impl Random {
    /// A model of this shape whose matrices are of `kind`.
    pub fn new(config: &Config, kind: GgmlType, seed: u64) -> Result<Self> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut tensors = HashMap::new();
        for spec in tensor_specs(config) {
            let (_, cols) = spec.matrix();
            // Sums of products stay about 1; embeddings stand apart, and a decided router chooses the same under rounding.
            let scale = match spec.role {
                TensorRole::Embedding => 1.0,
                TensorRole::Router => 4.0 / (cols as f32).sqrt(),
                _ => 1.0 / (cols as f32).sqrt(),
            };
            let is_norm = spec.role.is_norm();
            let mut weight =
                || if is_norm { rng.random_range(0.5..1.5) } else { rng.random_range(-1.7f32..1.7) * scale };
            let weights: Vec<f32> = (0..spec.len()).map(|_| weight()).collect();
            let kind = if is_norm || spec.role == TensorRole::Router { GgmlType::F32 } else { kind };
            let bytes = encode(kind, &weights, cols, None)?;
            tensors.insert(spec.name(), (Info { kind, dims: spec.dims.clone() }, bytes));
        }
        Ok(Self { tensors })
    }
}

impl Source for Random {
    fn path(&self) -> &Path {
        Path::new("random")
    }

    fn info(&self, name: &str) -> Option<Info> {
        self.tensors.get(name).map(|(info, _)| info.clone())
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        let found = self.tensors.get(name).map(|(_, bytes)| Cow::Borrowed(bytes.as_slice()));
        found.ok_or_else(|| Error::Request(RequestFault::NoTensor { name: name.to_owned() }))
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }
}

/// The same weights in F32: what multiplies with them rounds nothing but sums.
pub struct InF32<'a>(pub &'a dyn Source);

impl Source for InF32<'_> {
    fn path(&self) -> &Path {
        self.0.path()
    }

    fn info(&self, name: &str) -> Option<Info> {
        self.0.info(name).map(|info| Info { kind: GgmlType::F32, ..info })
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        let bytes = self.0.bytes(name)?;
        let kind = self.0.info(name).map_or(GgmlType::F32, |info| info.kind);
        let unknown = || Error::Request(RequestFault::Type { name: name.to_owned(), kind: kind.to_string() });
        let blocks = Blocks::new(kind, &bytes).ok_or_else(unknown)?;
        let mut weights = vec![0f32; bytes.len() / kind.block_bytes() * kind.block_len()];
        blocks.dequantise(0, &mut weights);
        Ok(Cow::Owned(weights.iter().flat_map(|weight| weight.to_le_bytes()).collect()))
    }

    fn names(&self) -> Vec<&str> {
        self.0.names()
    }
}
