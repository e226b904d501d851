//! An adapter put onto its base when the weights are read, tensor by tensor.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::slice::from_ref;

use super::adapter::Adapter;
use super::merge::{apply, open_all};
use crate::arch::{Config, TensorSpec, tensor_specs};
use crate::error::{Error, Fault, Place, Result};
use crate::formats::{Info, Source as _};
use crate::weights::base::Base;

/// An adapter, and what of its base it changes.
#[derive(Debug)]
pub(crate) struct MergeAtLoad {
    adapter: Adapter,
    changed: BTreeMap<String, Change>,
}

/// A tensor that an adapter changes.
#[derive(Debug)]
struct Change {
    part: TensorSpec,
    /// All of the part's, or the one that the tensor is of.
    experts: Range<usize>,
    info: Info,
}

impl MergeAtLoad {
    /// Opens an adapter's folder for this base.
    ///
    /// # Errors
    /// The adapter is damaged or of another shape, or changes what a tied base uses twice.
    pub fn open(folder: &Path, base: &Base, shape: &Config) -> Result<Self> {
        let adapter = open_all(&[folder], shape, base.is_tied())?.swap_remove(0);
        let mut changed = BTreeMap::new();
        for part in tensor_specs(shape) {
            if !adapter.touches(&part)? {
                continue;
            }
            let experts = part.experts();
            let tensors = if part.role.is_expert() && base.info(&part.name()).is_none() {
                (0..experts).map(|e| (part.split_name(e), e..e + 1, part.dims[1..].to_vec())).collect()
            } else {
                vec![(part.name(), 0..experts, part.dims.clone())]
            };
            for (name, experts, dims) in tensors {
                let fault = |what: Fault| Error::file(base.path(), Place::Tensor(name.clone()), what);
                let found = base.info(&name).ok_or_else(|| fault(Fault::Missing))?;
                if found.dims != dims {
                    return Err(fault(Fault::Shape { found: found.dims.to_vec(), expected: dims.to_vec() }));
                }
                let info = Info { kind: base.merged_kind(found.kind), dims };
                changed.insert(name, Change { part: part.clone(), experts, info });
            }
        }
        Ok(Self { adapter, changed })
    }

    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// The type and shape of a tensor that is changed.
    pub fn info(&self, name: &str) -> Option<&Info> {
        self.changed.get(name).map(|change| &change.info)
    }

    /// The blocks of a tensor that is changed. In F32 there is never more of it than one matrix.
    ///
    /// # Errors
    /// The base's type cannot be read, or a sum does not fit the type.
    pub fn bytes(&self, base: &Base, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(Change { part, experts, info }) = self.changed.get(name) else { return Ok(None) };
        let mut out = Vec::new();
        for expert in experts.clone() {
            let weights = apply(from_ref(&self.adapter), part, expert, base.matrix(part, expert)?)?;
            let bytes = base.merged(info.kind, &weights, part.matrix().1);
            out.extend(bytes.map_err(|error| error.of_tensor(base.path(), name))?);
        }
        Ok(Some(out))
    }
}
