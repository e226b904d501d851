//! One GGUF file: magic, metadata, tensor table, and the checks that make its ranges safe to read.

use std::collections::BTreeMap;
use std::path::Path;

use super::reader::Reader;
use super::value::Value;
use crate::error::{Error, Fault, Foreign, LayoutFault, Place, Result};
use crate::quant::GgmlType;

/// A tensor as its file's table describes it.
pub(super) struct Entry {
    pub name: String,
    pub kind: GgmlType,
    /// outermost first
    pub dims: Vec<usize>,
    /// from the start of the file
    pub start: u64,
    pub len: u64,
}

pub(super) struct Header {
    pub version: u32,
    pub metadata: BTreeMap<String, Value>,
    pub tensors: Vec<Entry>,
}

/// The bytes that other files begin with which are taken for models.
const FOREIGN: [(&[u8], Foreign); 5] = [
    (b"PK\x03\x04", Foreign::Zip),
    (b"tjgg", Foreign::Predecessor),
    (b"lmgg", Foreign::Predecessor),
    (b"version https://git-lfs", Foreign::LfsPointer),
    (b"<", Foreign::WebPage),
];

pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Header> {
    let mut r = Reader::new(path, bytes);
    let version = read_magic(&mut r, bytes)?;
    let tensor_count = r.count(8 + 4 + 8 + 4 + 8, "tensors")?;
    let key_count = r.count(8 + 4 + 1, "metadata entries")?;
    let mut metadata = BTreeMap::new();
    for _ in 0..key_count {
        let key = r.string()?.to_owned();
        let value = r.value().map_err(|e| about_key(path, &key, e))?;
        if metadata.insert(key.clone(), value).is_some() {
            return Err(Error::file(path, Place::Key(key), Fault::Duplicate));
        }
    }
    let alignment = alignment(path, &metadata)?;
    let mut tensors = Vec::with_capacity(tensor_count);
    for _ in 0..tensor_count {
        tensors.push(read_entry(&mut r)?);
    }
    let data = r.at().next_multiple_of(alignment);
    place(path, &mut tensors, data, alignment, bytes.len() as u64)?;
    Ok(Header { version, metadata, tensors })
}

fn read_magic(r: &mut Reader<'_>, bytes: &[u8]) -> Result<u32> {
    if !bytes.starts_with(b"GGUF") {
        let foreign = FOREIGN.iter().find(|(start, _)| bytes.starts_with(start));
        return Err(r.fault(0, Fault::NotGguf(foreign.map(|(_, what)| *what))));
    }
    r.array::<4>()?;
    match r.u32()? {
        version @ (2 | 3) => Ok(version),
        big if big > 3 && big.swap_bytes() <= 3 => Err(r.fault(4, Fault::BigEndian)),
        other => Err(r.fault(4, Fault::GgufVersion(other))),
    }
}

/// Adds the key to an error found inside its value.
fn about_key(path: &Path, key: &str, error: Error) -> Error {
    match error {
        Error::File { fault, .. } => Error::file(path, Place::Key(key.to_owned()), fault),
        other => other,
    }
}

fn alignment(path: &Path, metadata: &BTreeMap<String, Value>) -> Result<u64> {
    const KEY: &str = "general.alignment";
    let Some(value) = metadata.get(KEY) else {
        return Ok(32);
    };
    match value.integer() {
        Some(v) if (8..=1 << 20).contains(&v) && v % 8 == 0 => Ok(v as u64),
        _ => Err(Error::file(path, Place::Key(KEY.to_owned()), LayoutFault::Alignment)),
    }
}

/// Reads a row of the table; `start` is still relative to the data section.
fn read_entry(r: &mut Reader<'_>) -> Result<Entry> {
    let name = r.string()?.to_owned();
    let path = r.path();
    let fault = |fault: Fault| Error::file(path, Place::Tensor(name.clone()), fault);
    let rank = r.u32()?;
    if !(1..=4).contains(&rank) {
        return Err(fault(Fault::Rank(rank)));
    }
    let mut dims = Vec::with_capacity(rank as usize);
    let mut elements = 1u64;
    for _ in 0..rank {
        let dim = r.u64()?;
        elements = match elements.checked_mul(dim) {
            Some(n) if n > 0 && n <= i64::MAX as u64 => n,
            _ => return Err(fault(Fault::Dimension(dim))),
        };
        dims.push(usize::try_from(dim).map_err(|_| fault(Fault::Dimension(dim)))?);
    }
    let id = r.u32()?;
    let kind = GgmlType::from_id(id).ok_or_else(|| fault(Fault::UnknownType(id)))?;
    if !dims[0].is_multiple_of(kind.block_len()) {
        let (row, block) = (dims[0], kind.block_len());
        return Err(fault(Fault::RowBlocks { row, kind: kind.to_string(), block }));
    }
    let len = kind.bytes_of(elements).ok_or_else(|| fault(Fault::TooManyWeights(elements)))?;
    let start = r.u64()?;
    dims.reverse(); // a file lists the fastest dimension first
    Ok(Entry { name, kind, dims, start, len })
}

/// Turns relative starts into absolute ones, and checks every range against the file and the others.
fn place(path: &Path, tensors: &mut [Entry], data: u64, alignment: u64, file_len: u64) -> Result<()> {
    let fault = |name: &str, fault: Fault| Error::file(path, Place::Tensor(name.to_owned()), fault);
    for t in tensors.iter_mut() {
        if !t.start.is_multiple_of(alignment) {
            return Err(fault(&t.name, Fault::Unaligned { start: t.start, alignment }));
        }
        let start = t.start.checked_add(data);
        let end = start.and_then(|start| start.checked_add(t.len));
        match (start, end) {
            (Some(start), Some(end)) if end <= file_len => t.start = start,
            _ => {
                let start = t.start.saturating_add(data);
                return Err(fault(&t.name, Fault::BeyondEnd { len: t.len, start, file: file_len }));
            }
        }
    }
    let mut order: Vec<&Entry> = tensors.iter().collect();
    order.sort_by_key(|t| t.start);
    for pair in order.windows(2) {
        if pair[0].start + pair[0].len > pair[1].start {
            return Err(fault(&pair[1].name, Fault::Overlap(pair[0].name.clone())));
        }
    }
    Ok(())
}
