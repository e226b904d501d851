//! A training's whole state in one safetensors file: weights, moments, place in the data. A training
//! that resumes from it computes the same numbers as one that never stopped.

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use super::optimiser::Optimiser;
use crate::error::{Error, Place, Result};
use crate::weights::whole_file;

const KEY: &str = "mixtral.training";

/// The place of a training, besides its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps of the optimiser.
    pub step: u64,
    /// Input tokens seen.
    pub tokens: u64,
    /// Times all documents were dealt.
    pub epoch: u64,
    /// Documents of this epoch that were dealt.
    pub at: usize,
    /// The lowest validation loss so far.
    pub best: Option<f64>,
    /// The recipe, to be compared.
    pub seed: u64,
}

/// Writes a checkpoint; the file appears whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn save(path: &Path, state: &State, optimiser: &Optimiser) -> Result<()> {
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (p, m, v) in optimiser.state() {
        for (suffix, values) in [("", p.copy()), (".m", m.to_vec()), (".v", v.to_vec())] {
            tensors.push((format!("{}{suffix}", p.name), p.dims.clone(), to_bytes(&values)));
        }
    }
    let views = tensors
        .iter()
        .map(|(name, dims, bytes)| Ok((name.clone(), TensorView::new(Dtype::F32, dims.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|e| Error::Training(e.to_string()))?;
    let state = serde_json::to_string(state).map_err(|e| Error::Training(e.to_string()))?;
    whole_file::through(path, |part| {
        safetensors::serialize_to_file(views, Some(HashMap::from([(KEY.to_owned(), state)])), part)
            .map_err(|e| Error::file(path, Place::Whole, e.to_string()))
    })
}

/// Reads a checkpoint into the optimiser and its parameters.
///
/// # Errors
/// The file is not a checkpoint of this model.
pub fn load(path: &Path, optimiser: &mut Optimiser) -> Result<State> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let whole = |e: String| Error::file(path, Place::Whole, e);
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| whole(e.to_string()))?;
    let state = header.metadata().as_ref().and_then(|m| m.get(KEY));
    let state = state.ok_or_else(|| whole("this is no checkpoint of a training".into()))?;
    let state: State = serde_json::from_str(state).map_err(|e| whole(e.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| whole(e.to_string()))?;
    let read = |name: String, dims: &[usize]| {
        let tensor = file.tensor(&name).map_err(|e| whole(format!("{name}: {e}")))?;
        if tensor.shape() != dims || tensor.dtype() != Dtype::F32 {
            return Err(Error::file(path, Place::Tensor(name), format!("should be F32 of {dims:?}")));
        }
        Ok(from_bytes(tensor.data()))
    };
    let mut moments = Vec::new();
    for (p, _, _) in optimiser.state() {
        let values = read(p.name.clone(), &p.dims)?;
        p.change(|v| v.copy_from_slice(&values));
        moments.push((read(format!("{}.m", p.name), &p.dims)?, read(format!("{}.v", p.name), &p.dims)?));
    }
    optimiser.restore(state.step, moments);
    Ok(state)
}

/// F32 numbers as bytes.
pub fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Bytes as F32 numbers.
pub fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}
