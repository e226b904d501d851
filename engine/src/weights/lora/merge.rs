//! Several adapters put into one matrix of their base.

use std::path::Path;

use super::adapter::Adapter;
use super::pair::fold;
use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::error::{AdapterFault, Error, Place, Result};

/// Opens adapters for a base of this shape, in the order in which they are put in.
///
/// # Errors
/// One is damaged or of another shape, or changes what a tied base uses twice.
pub fn open_all(folders: &[impl AsRef<Path>], shape: &Config, tied: bool) -> Result<Vec<Adapter>> {
    let adapters: Vec<Adapter> =
        folders.iter().map(|folder| Adapter::open(folder.as_ref(), shape)).collect::<Result<_>>()?;
    let shared =
        tensor_specs(shape).into_iter().filter(|part| matches!(part.role, TensorRole::Embedding | TensorRole::Output));
    for part in shared.filter(|_| tied) {
        for adapter in &adapters {
            if adapter.touches(&part)? {
                return Err(Error::file(adapter.path(), Place::Tensor(part.name()), AdapterFault::TiedBase));
            }
        }
    }
    Ok(adapters)
}

/// Whether any adapter changes this part.
///
/// # Errors
/// What one has for it is of another shape.
pub fn touched(adapters: &[Adapter], part: &TensorSpec) -> Result<bool> {
    adapters.iter().try_fold(false, |any, adapter| Ok(any || adapter.touches(part)?))
}

/// Puts all adapters into the matrix of a part's expert, in GGUF's order.
///
/// # Errors
/// A pair is of another shape, or a sum is no number.
pub fn apply(adapters: &[Adapter], part: &TensorSpec, expert: usize, mut weights: Vec<f32>) -> Result<Vec<f32>> {
    let cols = part.matrix().1;
    for adapter in adapters {
        if let Some(whole) = adapter.whole_one(part, expert)? {
            weights = whole;
        }
        if let Some(pair) = adapter.pair(part, expert)? {
            fold(&pair, &mut weights, cols);
        }
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Err(Error::file(adapter.path(), Place::Tensor(part.name()), AdapterFault::BecomesNotFinite));
        }
    }
    Ok(weights)
}
