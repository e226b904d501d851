//! A training's whole state in one safetensors file: weights, moments, place in the data. A training
//! that resumes from it computes the same numbers as one that never stopped.

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::optimiser::Optimiser;
use super::recipe::Recipe;
use mixtral_engine::error::{CheckpointFault, Error, Place, Result};
use mixtral_tools::files::atomic_file;

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
    /// The seed, to be compared.
    pub seed: u64,
    /// The recipe, to be compared; checkpoints of older versions lack it.
    #[serde(default)]
    pub recipe: Option<Recipe>,
    /// What the training data come to, in one number.
    #[serde(default)]
    pub data: Option<u64>,
    /// What the frozen weights come to, in one number.
    #[serde(default)]
    pub base: Option<u64>,
}

/// Settings that change no number of the steps before, so that a resumed training may change them. A new `max_steps` bends the
/// rest of the rate's curve.
const FREE: [&str; 6] =
    ["max_steps", "num_train_epochs", "eval_steps", "eval_tokens", "save_steps", "gradient_checkpointing"];

impl State {
    /// How another training differs from this one, setting by setting; empty where it can go on from here.
    ///
    /// # Errors
    /// A recipe that cannot be written as JSON.
    pub fn differences(&self, other: &Self) -> Result<Vec<String>> {
        let mut out = Vec::new();
        if let (Some(there), Some(here)) = (&self.recipe, &other.recipe) {
            // By way of text, which shows numbers of single precision as they were given.
            let plain = |recipe: &Recipe| serde_json::from_str(&serde_json::to_string(recipe)?);
            let values = plain(there).and_then(|there| Ok((there, plain(here)?)));
            let (there, here) = values.map_err(|e: serde_json::Error| Error::Training(e.to_string()))?;
            compare("", &there, &here, &mut out);
        } else if self.seed != other.seed {
            out.push(format!("seed: {} there, {} here", self.seed, other.seed));
        }
        let differ = |there: Option<u64>, here: Option<u64>| there.zip(here).is_some_and(|(there, here)| there != here);
        if differ(self.data, other.data) {
            out.push("the training data".into());
        }
        if differ(self.base, other.base) {
            out.push("the base model".into());
        }
        Ok(out)
    }
}

fn compare(path: &str, there: &Value, here: &Value, out: &mut Vec<String>) {
    if let (Value::Object(a), Value::Object(b)) = (there, here) {
        for (key, there) in a {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(&path, there, b.get(key).unwrap_or(&Value::Null), out);
        }
    } else if there != here && !FREE.contains(&path) {
        out.push(format!("{path}: {there} there, {here} here"));
    }
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
    atomic_file::through(path, |part| {
        safetensors::serialize_to_file(views, Some(HashMap::from([(KEY.to_owned(), state)])), part)
            .map_err(|e| Error::file(path, Place::Whole, CheckpointFault::Damaged { why: e.to_string() }))
    })
}

/// Reads a checkpoint into the optimiser and its parameters, if `check` lets its place pass.
///
/// # Errors
/// The file is not a checkpoint of this model, or `check` refuses it; then nothing has changed.
pub fn load(path: &Path, optimiser: &mut Optimiser, check: impl FnOnce(&State) -> Result<()>) -> Result<State> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let whole = |why: String| Error::file(path, Place::Whole, CheckpointFault::Damaged { why });
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| whole(e.to_string()))?;
    let state = header.metadata().as_ref().and_then(|m| m.get(KEY));
    let state = state.ok_or_else(|| Error::file(path, Place::Whole, CheckpointFault::Foreign))?;
    let state: State = serde_json::from_str(state).map_err(|e| whole(e.to_string()))?;
    check(&state)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| whole(e.to_string()))?;
    let read = |name: String, dims: &[usize]| {
        let tensor = file.tensor(&name).map_err(|e| whole(format!("{name}: {e}")))?;
        if tensor.shape() != dims || tensor.dtype() != Dtype::F32 {
            return Err(Error::file(path, Place::Tensor(name), CheckpointFault::NotF32 { shape: format!("{dims:?}") }));
        }
        Ok(from_bytes(tensor.data()))
    };
    let (mut weights, mut moments) = (Vec::new(), Vec::new());
    for (p, _, _) in optimiser.state() {
        weights.push(read(p.name.clone(), &p.dims)?);
        moments.push((read(format!("{}.m", p.name), &p.dims)?, read(format!("{}.v", p.name), &p.dims)?));
    }
    for ((p, _, _), weights) in optimiser.state().zip(&weights) {
        p.change(|v| v.copy_from_slice(weights));
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
