//! A folder's tensors by GGUF's names, as a model file gives them: in the folder's own types, or quantised as they are read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::hugging_face::Folder;
use crate::mixes::QuantMix;
use crate::quantize::encode_rows;
use mixtral_engine::arch::{TensorRole, TensorSpec, tensor_specs};
use mixtral_engine::error::{Error, Fault, Place, Result};
use mixtral_engine::formats::{Info, Source};
use mixtral_engine::quant::GgmlType;

/// A folder as a source of tensors.
#[derive(Debug)]
pub struct FolderSource {
    folder: Folder,
    parts: BTreeMap<String, (TensorSpec, GgmlType)>,
}

impl FolderSource {
    /// The folder's matrices in the types of a mix, norms and routers in F32; without a mix all as the folder has them.
    ///
    /// # Errors
    /// A type that cannot be written.
    pub fn new(folder: Folder, types: Option<QuantMix>) -> Result<Self> {
        types.map_or(Ok(()), |types| types.check(false))?;
        let tied = folder.tied();
        let parts = tensor_specs(folder.config()).into_iter().filter(|part| !(tied && part.role == TensorRole::Output));
        let kind = |part: &TensorSpec| match types {
            Some(types) => types.of_tensor(&part.name(), &part.dims),
            None => folder.kind_of(part),
        };
        let parts = parts.map(|part| (part.name(), (part.clone(), kind(&part)))).collect();
        Ok(Self { folder, parts })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }
}

impl Source for FolderSource {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn info(&self, name: &str) -> Option<Info> {
        self.parts.get(name).map(|(part, kind)| Info { kind: *kind, dims: part.dims.clone() })
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        let missing = || Error::file(self.path(), Place::Tensor(name.to_owned()), Fault::Missing);
        let (part, kind) = self.parts.get(name).ok_or_else(missing)?;
        let mut bytes = Vec::new();
        for expert in 0..part.experts() {
            let weights = self.folder.matrix(part, expert)?;
            let encoded = encode_rows(*kind, &weights, part.matrix().1);
            bytes.extend(encoded.map_err(|error| error.of_tensor(self.path(), name))?);
        }
        Ok(bytes.into())
    }

    fn names(&self) -> Vec<&str> {
        self.parts.keys().map(String::as_str).collect()
    }
}
