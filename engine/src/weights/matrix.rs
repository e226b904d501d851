//! Single matrices out of a GGUF.

use rayon::prelude::*;

use crate::arch::TensorSpec;
use crate::error::{Error, Fault, LayoutFault, Place, Result};
use crate::formats::gguf::Gguf;
use crate::quant::Blocks;

/// Weights that one thread decodes at once.
const CHUNK: usize = 1 << 20;

fn fault(gguf: &Gguf, name: &str, fault: impl Into<Fault>) -> Error {
    Error::file(gguf.path(), Place::Tensor(name.to_owned()), fault)
}

/// The matrix of a part's expert (0 for parts without), out of either layout of experts.
///
/// # Errors
/// It is missing, of another shape or of a type that cannot be read, or holds what is no number.
pub fn source_matrix(gguf: &Gguf, part: &TensorSpec, expert: usize) -> Result<Vec<f32>> {
    let merged = part.name();
    let (name, dims, at, of) = match gguf.tensor(&merged) {
        None if part.role.is_expert() => (part.split_name(expert), &part.dims[1..], 0, 1),
        _ => (merged, &part.dims[..], expert, part.experts()),
    };
    let view = gguf.tensor(&name).ok_or_else(|| fault(gguf, &name, Fault::Missing))?;
    if view.dims != dims {
        return Err(fault(gguf, &name, Fault::Shape { found: view.dims.to_vec(), expected: dims.to_vec() }));
    }
    let cols =
        dims.last().copied().filter(|cols| *cols > 0).ok_or_else(|| fault(gguf, &name, LayoutFault::NoColumns))?;
    let row = view.kind.bytes_of(cols as u64).ok_or_else(|| fault(gguf, &name, LayoutFault::RowsNotBlocks))?;
    // Rows are whole blocks, so experts are too.
    let each = view.bytes.len() / of;
    let bytes = &view.bytes[at * each..][..each];
    let chunk = (CHUNK / cols).max(1);
    let mut weights = vec![0.0; part.len() / part.experts()];
    weights.par_chunks_mut(chunk * cols).zip(bytes.par_chunks(chunk * row as usize)).try_for_each(|(out, bytes)| {
        let blocks = Blocks::new(view.kind, bytes);
        blocks.ok_or_else(|| fault(gguf, &name, Fault::Type(view.kind.to_string())))?.dequantise(0, out);
        match out.iter().all(|weight| weight.is_finite()) {
            true => Ok(()),
            false => Err(fault(gguf, &name, Fault::NotFinite)),
        }
    })?;
    Ok(weights)
}
