//! Whether a source has the tensors of a model, before they are read.

use std::collections::HashSet;

use crate::arch::{Config, TensorRole, TensorSpec, tensor_specs};
use crate::error::{Error, Fault, Place, Result};
use crate::formats::{Source, TensorReader};
use crate::quant::{Blocks, GgmlType};

/// Whether a norm may have this type.
fn is_plain(kind: GgmlType) -> bool {
    matches!(kind, GgmlType::F32 | GgmlType::F16 | GgmlType::BF16)
}

/// The weights of a norm out of its tensor, which `reader` has read.
///
/// # Errors
/// A norm may not have this type.
pub fn norm_weights(reader: &TensorReader<'_>, part: &TensorSpec, kind: GgmlType, bytes: &[u8]) -> Result<Vec<f32>> {
    let blocks = Blocks::new(kind, bytes).filter(|_| is_plain(kind));
    let blocks = blocks.ok_or_else(|| reader.fault(&part.name(), Fault::Type(kind.to_string())))?;
    let mut weights = vec![0f32; part.len()];
    blocks.dequantise(0, &mut weights);
    Ok(weights)
}

/// Checks that every tensor of a model is there, has its shape and a type that the processor computes with, and that there is
/// no other. What loading would find wrong it finds without reading weights.
///
/// # Errors
/// The tensor at fault.
pub fn check_tensors(source: &dyn Source, config: &Config) -> Result<()> {
    let fault = |name: &str, fault: Fault| Error::file(source.path(), Place::Tensor(name.to_owned()), fault);
    let mut used = HashSet::new();
    for part in tensor_specs(config) {
        if part.role == TensorRole::Output && source.is_tied() {
            continue;
        }
        for (name, dims) in tensors(source, &part) {
            let info = source.info(&name).ok_or_else(|| fault(&name, Fault::Missing))?;
            if info.dims != dims {
                return Err(fault(&name, Fault::Shape { found: info.dims, expected: dims }));
            }
            let is_norm = dims.len() == 1;
            if is_norm && !is_plain(info.kind) {
                return Err(fault(&name, Fault::Type(info.kind.to_string())));
            }
            if Blocks::new(info.kind, &[]).is_none() {
                return Err(fault(&name, Fault::Type(info.kind.to_string())));
            }
            used.insert(name);
        }
    }
    match source.names().into_iter().find(|name| !used.contains(*name)) {
        Some(name) => Err(fault(name, Fault::Surplus)),
        None => Ok(()),
    }
}

/// The tensors of a part with their dimensions: one, or one an expert.
fn tensors(source: &dyn Source, part: &TensorSpec) -> Vec<(String, Vec<usize>)> {
    let merged = part.name();
    if part.role.is_expert() && source.info(&merged).is_none() {
        let (rows, cols) = part.matrix();
        return (0..part.experts()).map(|expert| (part.split_name(expert), vec![rows, cols])).collect();
    }
    vec![(merged, part.dims.clone())]
}
