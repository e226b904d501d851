//! A model's own weights: a GGUF file, or a Hugging Face folder that is read as one.

use std::borrow::Cow;
use std::path::Path;

use super::location::Location;
use super::matrix::source_matrix;
use crate::arch::{Config, TensorSpec};
use crate::error::{Error, LayoutFault, Place, RequestFault, Result};
use crate::formats::gguf::{Gguf, Metadata};
use crate::formats::{Info, Source, Stamp};
use crate::hugging_face::{CONFIG, Folder, FolderSource, is_folder};
use crate::quant::{GgmlType, round_rows};
use crate::quantize::encode_rows;

/// Which weights a base has: those of the same files in the same types are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    files: Vec<Stamp>,
    kind: Option<GgmlType>,
}

/// The open files.
#[derive(Debug)]
pub enum Base {
    File(Gguf),
    Folder(FolderSource),
}

impl Base {
    /// Opens a GGUF file, or a folder, whose matrices are brought into a type where one is told.
    ///
    /// # Errors
    /// A file is missing, damaged or not supported, or the type is not one for it.
    pub fn open(at: Location<'_>) -> Result<(Self, Config)> {
        let Location { path, kind } = at;
        if is_folder(path) {
            let folder = Folder::open(path)?;
            let config = folder.config().clone();
            return Ok((Self::Folder(FolderSource::new(folder, kind)?), config));
        }
        if path.is_dir() {
            return Err(Error::file(path, Place::Whole, LayoutFault::Folder { file: CONFIG.to_owned() }));
        }
        if kind.is_some() && path.exists() {
            return Err(Error::Request(RequestFault::TypeOfFile { path: path.display().to_string() }));
        }
        let gguf = Gguf::open(path)?;
        let config = Config::from_gguf(&gguf)?;
        Ok((Self::File(gguf), config))
    }

    pub fn metadata(&self) -> &Metadata {
        match self {
            Self::File(gguf) => gguf.metadata(),
            Self::Folder(folder) => folder.metadata(),
        }
    }

    /// The length of all its files.
    pub fn file_bytes(&self) -> u64 {
        match self {
            Self::File(gguf) => gguf.file_bytes(),
            Self::Folder(source) => source.folder().file_bytes(),
        }
    }

    /// How many weights the model has.
    pub fn parameters(&self) -> u64 {
        match self {
            Self::File(gguf) => gguf.parameters(),
            Self::Folder(source) => source.folder().weights(),
        }
    }

    /// Which weights they hold, if the system tells files apart.
    pub fn identity(&self) -> Option<Identity> {
        let (files, kind) = match self {
            Self::File(gguf) => (gguf.stamps()?, None),
            Self::Folder(source) => {
                let shards = source.folder().shards().iter();
                (shards.map(|(_, shard)| shard.stamp()).collect::<Option<_>>()?, source.kind())
            }
        };
        Some(Identity { files, kind })
    }

    /// The matrix of a part's expert, before it is quantised where that happens while it loads.
    ///
    /// # Errors
    /// It is missing, of another shape or type, or holds what is no number.
    pub fn matrix(&self, part: &TensorSpec, expert: usize) -> Result<Vec<f32>> {
        match self {
            Self::File(gguf) => source_matrix(gguf, part, expert),
            Self::Folder(source) => source.matrix(part, expert),
        }
    }

    /// The type of a tensor once an adapter is in it. Plain numbers keep theirs. In a file, every quantised type becomes Q8_0: an
    /// adapter changes weights by less than the steps between the values of four or five bits, which would round it away again. A
    /// folder's matrices are quantised with the adapter in them, so that nothing is rounded twice.
    pub fn merged_kind(&self, own: GgmlType) -> GgmlType {
        match (self, own) {
            (Self::Folder(_), _) | (_, GgmlType::F32 | GgmlType::F16 | GgmlType::BF16) => own,
            _ => GgmlType::Q8_0,
        }
    }

    /// A matrix with an adapter in it, in the blocks of its type.
    ///
    /// # Errors
    /// A weight does not fit the type.
    pub fn merged(&self, kind: GgmlType, weights: &[f32], cols: usize) -> Result<Vec<u8>> {
        match self {
            Self::File(_) => round_rows(kind, weights, cols),
            Self::Folder(_) => encode_rows(kind, weights, cols),
        }
    }

    fn source(&self) -> &dyn Source {
        match self {
            Self::File(gguf) => gguf,
            Self::Folder(folder) => folder,
        }
    }
}

impl Source for Base {
    fn path(&self) -> &Path {
        self.source().path()
    }

    fn info(&self, name: &str) -> Option<Info> {
        self.source().info(name)
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        self.source().bytes(name)
    }

    fn release(&self, name: &str) {
        self.source().release(name);
    }

    fn names(&self) -> Vec<&str> {
        self.source().names()
    }
}
