//! Adapters put into their base: for good, a folder onto a folder or a GGUF onto a GGUF, or as a model is loaded; one
//! tensor in memory at a time.

mod folder;
mod gguf;
mod on_load;
mod tokenizer;

use std::path::Path;

use crate::error::{Error, Place, Result};
use crate::model::{Config, Part, Role, parts};
use crate::weights::lora::{Adapter, fold};

pub use folder::into_folder;
pub use gguf::into_gguf;
pub(crate) use on_load::OnLoad;
pub use tokenizer::{TokenizerFrom, tokenizer_of};

use gguf::merged_matrix;

/// Opens adapters for a base of this shape, in the order in which they are put in.
///
/// # Errors
/// One is damaged or of another shape, or changes what a tied base uses twice.
pub fn open(folders: &[impl AsRef<Path>], shape: &Config, tied: bool) -> Result<Vec<Adapter>> {
    let adapters: Vec<Adapter> =
        folders.iter().map(|folder| Adapter::open(folder.as_ref(), shape)).collect::<Result<_>>()?;
    let shared = parts(shape).into_iter().filter(|part| matches!(part.role, Role::Embedding | Role::Output));
    for part in shared.filter(|_| tied) {
        for adapter in &adapters {
            if adapter.touches(&part)? {
                let message = "changes the embedding or the output matrix, which are one matrix in this base";
                return Err(Error::file(adapter.path(), Place::Tensor(part.name()), message));
            }
        }
    }
    Ok(adapters)
}

/// Whether any adapter changes this part.
fn touched(adapters: &[Adapter], part: &Part) -> Result<bool> {
    adapters.iter().try_fold(false, |any, adapter| Ok(any || adapter.touches(part)?))
}

/// Puts all adapters into the matrix of a part's expert, in GGUF's order.
fn apply(adapters: &[Adapter], part: &Part, expert: usize, mut weights: Vec<f32>) -> Result<Vec<f32>> {
    let cols = part.matrix().1;
    for adapter in adapters {
        if let Some(whole) = adapter.whole_one(part, expert)? {
            weights = whole;
        }
        if let Some(pair) = adapter.pair(part, expert)? {
            fold(&pair, &mut weights, cols);
        }
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(Error::file(adapter.path(), Place::Tensor(part.name()), "becomes what is no number"));
        }
    }
    Ok(weights)
}
