//! A folder's tensors by GGUF's names, as a model file gives them: in the folder's own types, or quantised as they are read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use super::folder::Folder;
use super::metadata::{Named, named, values};
use crate::arch::{TensorRole, TensorSpec, tensor_specs};
use crate::error::{Error, Fault, Place, Result};
use crate::formats::gguf::Metadata;
use crate::formats::{Info, Source};
use crate::quant::GgmlType;
use crate::quantize::{QuantMix, encode_rows};

/// A folder as a source of tensors. Of what it reads, one matrix at a time is in memory: what was read is dropped from the
/// file's mapping.
#[derive(Debug)]
pub struct FolderSource {
    folder: Folder,
    metadata: Metadata,
    kind: Option<GgmlType>,
    parts: BTreeMap<String, (TensorSpec, GgmlType)>,
}

/// A folder's tensors in the order of computation, each with its type in a mix; without a mix matrices stay in the folder's own
/// types. Norms and routers are F32 in any case, as in files.
pub fn planned(folder: &Folder, types: Option<QuantMix>) -> Vec<(TensorSpec, GgmlType)> {
    let tied = folder.tied();
    let parts = tensor_specs(folder.config()).into_iter().filter(|part| !(tied && part.role == TensorRole::Output));
    let kind = |part: &TensorSpec| match types {
        Some(types) => types.of_tensor(&part.name(), &part.dims),
        None if part.role.is_norm() || part.role == TensorRole::Router => GgmlType::F32,
        None => folder.kind_of(part),
    };
    parts.map(|part| (kind(&part), part)).map(|(kind, part)| (part, kind)).collect()
}

impl FolderSource {
    /// The folder's matrices in a type, and those that are more precise beside it as `mixtral quantize` writes them; without a
    /// type as the folder has them.
    ///
    /// # Errors
    /// The type cannot be written without an importance matrix, or the tokenizer is missing.
    pub fn new(folder: Folder, kind: Option<GgmlType>) -> Result<Self> {
        let named = named(&folder)?;
        Self::with(folder, kind, named)
    }

    /// The same with a tokenizer that is known.
    ///
    /// # Errors
    /// The type cannot be written without an importance matrix.
    pub fn with(folder: Folder, kind: Option<GgmlType>, named: Named) -> Result<Self> {
        let mix = kind.map(|kind| QuantMix::of(kind).for_model(folder.config().layers, folder.tied()));
        mix.map_or(Ok(()), |mix| mix.check(false))?;
        let told = values(&folder, mix.unwrap_or_else(|| QuantMix::pure(folder.kind())), named);
        let metadata = Metadata::new(folder.path(), told.into_iter().collect());
        let parts = planned(&folder, mix).into_iter().map(|(part, kind)| (part.name(), (part, kind))).collect();
        Ok(Self { folder, metadata, kind, parts })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Whether matrices are quantised as they are read.
    pub fn quantises(&self) -> bool {
        self.kind.is_some_and(|kind| kind.block_len() > 1)
    }

    /// The type that was asked for.
    pub fn kind(&self) -> Option<GgmlType> {
        self.kind
    }

    /// A part's matrix as plain numbers.
    ///
    /// # Errors
    /// It holds what is no number.
    pub fn matrix(&self, part: &TensorSpec, expert: usize) -> Result<Vec<f32>> {
        let weights = self.folder.matrix(part, expert)?;
        self.folder.release(part, expert);
        Ok(weights)
    }

    /// What a GGUF file of this model would say.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
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
        let mut bytes = Vec::with_capacity(kind.bytes_of(part.len() as u64).unwrap_or(0) as usize);
        for expert in 0..part.experts() {
            if let Some(plain) = self.folder.plain(part, expert, *kind) {
                bytes.extend_from_slice(plain);
                self.folder.release(part, expert);
                continue;
            }
            let weights = self.matrix(part, expert)?;
            let encoded = encode_rows(*kind, &weights, part.matrix().1);
            bytes.extend(encoded.map_err(|error| error.of_tensor(self.path(), name))?);
        }
        Ok(bytes.into())
    }

    fn names(&self) -> Vec<&str> {
        self.parts.keys().map(String::as_str).collect()
    }
}
