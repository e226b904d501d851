//! A GGUF model: one file or several shards, opened and checked as a whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::header::{self, Header};
use super::metadata::Metadata;
use super::shards::ShardName;
use crate::error::{Error, Fault, Place, Result};
use crate::formats::mmap::{Mapped, Stamp};
use crate::formats::source::{Info, Source, View};
use crate::quant::GgmlType;

/// No real model has more shards; a damaged count must not make us look for millions of files.
const MAX_SHARDS: usize = 9_999;

/// An open GGUF model.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    version: u32,
    metadata: Metadata,
    tensors: Vec<TensorInfo>,
    by_name: HashMap<String, usize>,
    shards: Vec<Mapped>,
}

/// What the tables say of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    pub name: String,
    pub kind: GgmlType,
    /// Its dimensions, outermost first.
    pub dims: Vec<usize>,
    /// The shard it stands in, from 0.
    pub shard: usize,
    /// Where its bytes start in that file.
    pub start: u64,
    /// How many bytes it takes.
    pub len: u64,
}

impl Gguf {
    /// Opens a model by its file, or by its first shard. The other shards must lie beside it.
    pub fn open(path: &Path) -> Result<Self> {
        let map = Mapped::open(path)?;
        let Header { version, metadata, tensors } = header::read(path, &map)?;
        let metadata = Metadata::new(path, metadata);
        let mut model = Self {
            path: path.to_owned(),
            version,
            metadata,
            tensors: Vec::new(),
            by_name: HashMap::new(),
            shards: Vec::new(),
        };
        let count = model.metadata.opt_u32("split.count")?.unwrap_or(1) as usize;
        let number = model.metadata.opt_u32("split.no")?.unwrap_or(0) as usize;
        model.add(path, map, tensors)?;
        if count > 1 {
            model.add_shards(number, count)?;
        }
        Ok(model)
    }

    fn add(&mut self, path: &Path, map: Mapped, tensors: Vec<header::Entry>) -> Result<()> {
        let shard = self.shards.len();
        self.shards.push(map);
        for header::Entry { name, kind, dims, start, len } in tensors {
            if self.by_name.insert(name.clone(), self.tensors.len()).is_some() {
                return Err(Error::file(path, Place::Tensor(name), Fault::Duplicate));
            }
            self.tensors.push(TensorInfo { name, kind, dims, shard, start, len });
        }
        Ok(())
    }

    fn add_shards(&mut self, number: usize, count: usize) -> Result<()> {
        if count > MAX_SHARDS {
            return Err(self.metadata.fault("split.count", Fault::TooManyShards(count)));
        }
        let Some(name) = ShardName::parse(&self.path).filter(|name| name.count == count) else {
            return Err(self.metadata.fault("split.count", Fault::ShardName { count }));
        };
        if number != 0 || name.number != 1 {
            let fault = Fault::LaterShard { number: number + 1, count, first: name.path(1).display().to_string() };
            return Err(self.metadata.fault("split.no", fault));
        }
        for number in 1..count {
            let path = name.path(number + 1);
            let map = Mapped::open(&path)?;
            let Header { metadata, tensors, .. } = header::read(&path, &map)?;
            let metadata = Metadata::new(&path, metadata);
            for (key, wanted) in [("split.no", number), ("split.count", count)] {
                let found = metadata.u32(key)? as usize;
                if found != wanted {
                    return Err(metadata.fault(key, differs(found, wanted)));
                }
            }
            self.add(&path, map, tensors)?;
        }
        if let Some(wanted) = self.metadata.opt_u32("split.tensors.count")?
            && wanted as usize != self.tensors.len()
        {
            return Err(self.metadata.fault("split.tensors.count", differs(wanted as usize, self.tensors.len())));
        }
        Ok(())
    }

    /// The file, or the first shard.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version of the format.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The metadata (of the first shard).
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// All tensors, in the order of the files.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The length of all files together.
    pub fn file_bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.len() as u64).sum()
    }

    /// Which files they are, if the system tells.
    pub fn stamps(&self) -> Option<Vec<Stamp>> {
        self.shards.iter().map(Mapped::stamp).collect()
    }

    /// How many weights the model has.
    pub fn parameters(&self) -> u64 {
        self.tensors.iter().map(|t| t.dims.iter().map(|&d| d as u64).product::<u64>()).sum()
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<View<'_>> {
        let info = &self.tensors[*self.by_name.get(name)?];
        // The range was checked against the file's length when it was opened.
        let bytes = &self.shards[info.shard][info.start as usize..][..info.len as usize];
        Some(View { name: &info.name, kind: info.kind, dims: info.dims.clone(), bytes })
    }
}

impl Source for Gguf {
    fn path(&self) -> &Path {
        &self.path
    }

    fn info(&self, name: &str) -> Option<Info> {
        let info = &self.tensors[*self.by_name.get(name)?];
        Some(Info { kind: info.kind, dims: info.dims.clone() })
    }

    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>> {
        let missing = || Error::file(&self.path, Place::Tensor(name.to_owned()), Fault::Missing);
        Ok(Cow::Borrowed(self.tensor(name).ok_or_else(missing)?.bytes))
    }

    fn release(&self, name: &str) {
        if let Some(info) = self.by_name.get(name).map(|at| &self.tensors[*at]) {
            self.shards[info.shard].release(info.start as usize..(info.start + info.len) as usize);
        }
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.iter().map(|t| t.name.as_str()).collect()
    }
}

fn differs(found: usize, wanted: usize) -> Fault {
    Fault::Differs { found: found.to_string(), wanted: wanted.to_string() }
}
