//! Tensors that belong to no Mixtral model.

use std::collections::HashSet;

use mixtral_engine::arch::{Config, tensor_specs};
use mixtral_engine::error::{Error, Fault, Place, Result};
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::Gguf;

/// Whether the embedding is the output matrix too; and no tensor may be left over, or the model would be another.
///
/// # Errors
/// A tensor that no Mixtral model has.
pub(super) fn refuse_strangers(gguf: &Gguf, config: &Config) -> Result<bool> {
    let known: HashSet<String> = tensor_specs(config)
        .iter()
        .flat_map(|part| (0..part.experts()).map(|e| part.split_name(e)).chain([part.name()]))
        .collect();
    if let Some(stranger) = gguf.tensors().iter().find(|tensor| !known.contains(&tensor.name)) {
        return Err(Error::file(gguf.path(), Place::Tensor(stranger.name.clone()), Fault::Surplus));
    }
    Ok(gguf.is_tied())
}
