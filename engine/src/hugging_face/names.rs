//! What a folder's files are called, and which matrices stand in them.

use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};

/// The file that tells a folder's shape, and that it is a model's.
pub const CONFIG: &str = "config.json";
/// The file of a model that is not sharded.
pub const SINGLE: &str = "model.safetensors";
/// The file that tells which shard a tensor is in.
pub const INDEX: &str = "model.safetensors.index.json";
/// The size of a shard where nobody says, as transformers has it.
pub const SHARD_BYTES: u64 = 5_000_000_000;

/// Which matrices a folder's tensors are, in the order in which they are written.
pub fn matrices(config: &Config, tied: bool) -> impl Iterator<Item = (TensorSpec, usize)> {
    let untied = tensor_specs(config).into_iter().filter(move |part| !(tied && part.role == TensorRole::Output));
    untied.flat_map(|part| (0..part.experts()).map(move |expert| (part.clone(), expert)))
}
