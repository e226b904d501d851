//! A safetensors file of plain numbers, mapped into memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Fault, LayoutFault, Place, Result};
use crate::formats::mmap::{Mapped, Stamp};
use crate::quant::{Blocks, GgmlType};

/// No real header is longer; the format's own bound, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// How Git LFS's pointers begin.
const LFS: &[u8] = b"version https://git-lfs";

/// The open file. Its header is checked; numbers are read when they are asked for.
#[derive(Debug)]
pub struct Tensors {
    path: PathBuf,
    map: Mapped,
    all: BTreeMap<String, Tensor>,
}

/// What the header says of a tensor.
#[derive(Debug)]
pub struct Tensor {
    /// F32, F16 or BF16.
    pub kind: GgmlType,
    /// Dimensions, outermost first.
    pub dims: Vec<usize>,
    /// its place in the file
    bytes: Range<usize>,
}

impl Tensor {
    /// How many bytes it takes.
    pub fn size(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// A tensor in the header, as it is written there.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

impl Entry {
    /// The tensor, if it lies within so many bytes of data, which start there in the file.
    fn checked(self, data: usize, start: usize) -> Result<Tensor, Fault> {
        let kind = match self.dtype.as_str() {
            "F32" => GgmlType::F32,
            "F16" => GgmlType::F16,
            "BF16" => GgmlType::BF16,
            other => {
                return Err(Fault::UnknownChoice { found: other.to_owned(), known: &["F32", "F16", "BF16"] });
            }
        };
        let (from, to) = self.data_offsets;
        let length = to.checked_sub(from).filter(|_| to <= data).ok_or(LayoutFault::CutOff)?;
        let wanted = self.shape.iter().try_fold(kind.block_bytes(), |size, dim| size.checked_mul(*dim));
        if wanted != Some(length) {
            let (bytes, shape) = (length.to_string(), format!("{:?}", self.shape));
            return Err(LayoutFault::Bytes { bytes, shape, kind: kind.to_string() }.into());
        }
        Ok(Tensor { kind, dims: self.shape, bytes: start + from..start + to })
    }
}

impl Tensors {
    /// Opens the file and checks every tensor's place. (The crate `safetensors` adds offsets unchecked, and panics on a
    /// hostile header.)
    ///
    /// # Errors
    /// It cannot be read, is damaged, or holds other types.
    pub fn open(path: &Path) -> Result<Self> {
        let map = Mapped::open(path)?;
        let whole = |fault: LayoutFault| Error::file(path, Place::Whole, fault);
        if map.starts_with(LFS) {
            return Err(whole(LayoutFault::LfsPointer));
        }
        let (length, rest) = map.split_first_chunk().ok_or_else(|| whole(LayoutFault::NotSafetensors))?;
        let length = u64::from_le_bytes(*length);
        if length > MAX_HEADER || length > rest.len() as u64 {
            return Err(whole(LayoutFault::HeaderBeyondEnd));
        }
        let (header, data) = rest.split_at(length as usize);
        let header: Map<String, Value> = serde_json::from_slice(header)
            .map_err(|error| whole(LayoutFault::HeaderNotJson { why: error.to_string() }))?;
        let start = map.len() - data.len();
        let mut all = BTreeMap::new();
        for (name, entry) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
            let tensor = Entry::deserialize(entry)
                .map_err(|error| LayoutFault::HeaderNotJson { why: error.to_string() }.into())
                .and_then(|entry| entry.checked(data.len(), start))
                .map_err(|fault| Error::file(path, Place::Tensor(name.clone()), fault))?;
            all.insert(name, tensor);
        }
        if all.values().map(|tensor: &Tensor| tensor.bytes.end).max().unwrap_or(start) != map.len() {
            return Err(whole(LayoutFault::LooseBytes));
        }
        Ok(Self { path: path.to_owned(), map, all })
    }

    /// An error about a tensor.
    pub fn fault(&self, name: &str, fault: impl Into<Fault>) -> Error {
        Error::file(&self.path, Place::Tensor(name.to_owned()), fault)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The length of the file.
    pub fn file_bytes(&self) -> u64 {
        self.map.len() as u64
    }

    /// Which file it is, if the system tells.
    pub fn stamp(&self) -> Option<Stamp> {
        self.map.stamp()
    }

    /// How many numbers there are.
    pub fn weights(&self) -> u64 {
        self.all.values().map(|tensor| tensor.dims.iter().map(|dim| *dim as u64).product::<u64>()).sum()
    }

    /// What the header says of a tensor.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.all.get(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// The names in the order of their bytes.
    pub fn in_order(&self) -> Vec<&str> {
        let mut all: Vec<(usize, &str)> = self.all.iter().map(|(name, t)| (t.bytes.start, name.as_str())).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, name)| name).collect()
    }

    /// A tensor's bytes as they are.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.map.get(self.get(name)?.bytes.clone())
    }

    /// Gives the memory of a tensor's bytes back to the system; whoever reads them again gets the file's anew.
    pub fn release(&self, name: &str) {
        if let Some(tensor) = self.get(name) {
            self.map.release(tensor.bytes.clone());
        }
    }

    /// A matrix's rows as F32.
    ///
    /// # Errors
    /// There is no such tensor, it has fewer rows, or a number is infinite or none.
    pub fn rows(&self, name: &str, rows: Range<usize>) -> Result<Vec<f32>> {
        let tensor = self.get(name).ok_or_else(|| self.fault(name, Fault::Missing))?;
        let width = tensor.dims.iter().skip(1).product::<usize>();
        let size = width * tensor.kind.block_bytes();
        let bytes = self.map[tensor.bytes.clone()].get(rows.start * size..rows.end * size);
        let blocks = bytes.and_then(|bytes| Blocks::new(tensor.kind, bytes));
        let blocks = blocks.ok_or_else(|| self.fault(name, LayoutFault::NoRows { rows: format!("{rows:?}") }))?;
        let mut out = vec![0.0; rows.len() * width];
        blocks.dequantise(0, &mut out);
        if out.iter().all(|number| number.is_finite()) { Ok(out) } else { Err(self.fault(name, Fault::NotFinite)) }
    }

    /// All of a tensor as F32.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn all(&self, name: &str) -> Result<Vec<f32>> {
        let rows = self.get(name).and_then(|tensor| tensor.dims.first().copied());
        self.rows(name, 0..rows.ok_or_else(|| self.fault(name, Fault::Missing))?)
    }
}
