//! A model to go on from: the weights of a GGUF file, in the trainer's hands.

use std::sync::Arc;

use super::model::Model;
use super::parameter::Parameter;
use super::projection::Projection;
use mixtral_engine::arch::{Config, TensorRole, TensorSpec};
use mixtral_engine::error::{Error, Fault, Place, Result};
use mixtral_engine::formats::Source;
use mixtral_engine::quant::Blocks;

/// A model whose weights all learn, from where `source` has them.
///
/// # Errors
/// A tensor is missing, of another shape, or of a type that cannot be read.
pub fn model(source: &dyn Source, config: &Config) -> Result<Model> {
    Model::build(config, |part| {
        Ok(Projection::new(Arc::new(Parameter::new(part.name(), &part.dims, values(source, part)?, true))))
    })
}

/// A part's weights as plain numbers.
///
/// # Errors
/// As [`model`].
pub fn values(source: &dyn Source, part: &TensorSpec) -> Result<Vec<f32>> {
    let mut values = vec![0.0; part.len()];
    let blocks = blocks(source, part)?;
    let share = part.len() / blocks.len();
    blocks.iter().zip(values.chunks_mut(share.max(1))).for_each(|(blocks, values)| blocks.dequantise(0, values));
    if !values.iter().all(|v| v.is_finite()) {
        return Err(fault(source, &part.name(), Fault::NotFinite));
    }
    Ok(values)
}

/// A part's blocks as the file has them: all in one, or one an expert in the older layout.
/// A model without an output matrix of its own uses the embedding's.
///
/// # Errors
/// As [`model`].
pub fn blocks(source: &dyn Source, part: &TensorSpec) -> Result<Vec<Blocks>> {
    let tied = part.role == TensorRole::Output && source.is_tied();
    let whole = if tied { format!("{}.weight", TensorRole::Embedding.gguf()) } else { part.name() };
    let (names, dims) = if part.role.is_expert() && source.info(&whole).is_none() {
        ((0..part.experts()).map(|expert| part.split_name(expert)).collect(), &part.dims[1..])
    } else {
        (vec![whole], part.dims.as_slice())
    };
    let read = |name: String| {
        let info = source.info(&name).ok_or_else(|| fault(source, &name, Fault::Missing))?;
        if info.dims != dims {
            return Err(fault(source, &name, Fault::Shape { found: info.dims.to_vec(), expected: dims.to_vec() }));
        }
        let blocks = Blocks::new(info.kind, &source.bytes(&name)?);
        blocks.ok_or_else(|| fault(source, &name, Fault::Type(info.kind.to_string())))
    };
    names.into_iter().map(read).collect()
}

fn fault(source: &dyn Source, name: &str, what: Fault) -> Error {
    Error::file(source.path(), Place::Tensor(name.to_owned()), what)
}
