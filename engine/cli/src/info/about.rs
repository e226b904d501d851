//! What is told of a model, whether it is a GGUF file or a Hugging Face folder that is read as one.

use std::path::Path;

use mixtral_engine::Result;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::{Gguf, Metadata};
use mixtral_engine::weights::ModelFiles;

pub struct About<'a> {
    pub path: &'a Path,
    /// Of a GGUF file.
    pub version: Option<u32>,
    /// Of all its files.
    pub bytes: u64,
    pub parameters: u64,
    pub metadata: &'a Metadata,
    pub config: Result<Config>,
    pub tensors: Vec<Shown>,
}

pub struct Shown {
    pub name: String,
    pub kind: &'static str,
    pub dims: Vec<usize>,
    pub bytes: u64,
    /// The shard, and where in it; a folder's tensors are put together while they load.
    pub place: Option<(usize, u64)>,
}

impl<'a> About<'a> {
    pub fn of_file(gguf: &'a Gguf) -> Self {
        let tensor = |t: &mixtral_engine::formats::gguf::TensorInfo| Shown {
            name: t.name.clone(),
            kind: t.kind.name(),
            dims: t.dims.clone(),
            bytes: t.len,
            place: Some((t.shard, t.start)),
        };
        Self {
            path: gguf.path(),
            version: Some(gguf.version()),
            bytes: gguf.file_bytes(),
            parameters: gguf.parameters(),
            metadata: gguf.metadata(),
            config: Config::from_gguf(gguf),
            tensors: gguf.tensors().iter().map(tensor).collect(),
        }
    }

    /// A folder as it is loaded: experts merged, matrices in the type that was asked for.
    pub fn of_folder(files: &'a ModelFiles) -> Self {
        let tensor = |name: &str| {
            let info = files.info(name)?;
            let (kind, bytes) = (info.kind.name(), info.bytes());
            Some(Shown { name: name.to_owned(), kind, dims: info.dims, bytes, place: None })
        };
        Self {
            path: files.base_path(),
            version: None,
            bytes: files.file_bytes(),
            parameters: files.parameters(),
            metadata: files.metadata(),
            config: Ok(files.config().clone()),
            tensors: files.names().into_iter().filter_map(tensor).collect(),
        }
    }
}
