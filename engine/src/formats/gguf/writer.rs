//! A small GGUF writer: metadata and tensors in order, version 3.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Write};

use super::value::{Array, Value};
use crate::quant::GgmlType;

/// What every tensor's offset is a multiple of: the format's default.
const ALIGNMENT: u64 = 32;

/// Collects a file's parts; [`Writer::write`] lays them out. Tensors that are only planned are given one after the other
/// to the [`Stream`] that [`Writer::begin`] returns, so that a model need not be held in memory.
#[derive(Debug, Default)]
pub struct Writer<'a> {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Part<'a>>,
}

#[derive(Debug)]
struct Part<'a> {
    name: String,
    kind: GgmlType,
    dims: Vec<usize>,
    len: u64,
    bytes: Option<Cow<'a, [u8]>>,
}

impl<'a> Writer<'a> {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a metadata entry.
    pub fn value(&mut self, key: impl Into<String>, value: Value) -> &mut Self {
        self.metadata.push((key.into(), value));
        self
    }

    /// Adds a tensor; `dims` outermost first, `bytes` its blocks.
    pub fn tensor(
        &mut self,
        name: impl Into<String>,
        kind: GgmlType,
        dims: &[usize],
        bytes: impl Into<Cow<'a, [u8]>>,
    ) -> io::Result<&mut Self> {
        let (name, bytes) = (name.into(), bytes.into());
        let len = bytes.len() as u64;
        if size(kind, dims) != Some(len) {
            return Err(fault(format!("{name}: {len} bytes are not {dims:?} of {kind}")));
        }
        self.tensors.push(Part { name, kind, dims: dims.to_vec(), len, bytes: Some(bytes) });
        Ok(self)
    }

    /// Adds a tensor whose blocks come later, through [`Stream::put`].
    pub fn plan(&mut self, name: impl Into<String>, kind: GgmlType, dims: &[usize]) -> io::Result<&mut Self> {
        let name = name.into();
        let Some(len) = size(kind, dims) else {
            return Err(fault(format!("{name}: {dims:?} are not whole blocks of {kind}")));
        };
        self.tensors.push(Part { name, kind, dims: dims.to_vec(), len, bytes: None });
        Ok(self)
    }

    /// Writes the file.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut stream = self.begin(out)?;
        for part in &self.tensors {
            match &part.bytes {
                Some(bytes) => stream.put(bytes)?,
                None => return Err(fault(format!("{}: planned, and never given", part.name))),
            }
        }
        stream.end()
    }

    /// Writes everything that stands before the tensors' blocks.
    pub fn begin<W: Write>(&self, mut out: W) -> io::Result<Stream<W>> {
        let mut head = b"GGUF".to_vec();
        head.extend(3u32.to_le_bytes());
        head.extend((self.tensors.len() as u64).to_le_bytes());
        head.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_str(&mut head, key);
            head.extend(value.type_id().to_le_bytes());
            put_value(&mut head, value);
        }
        let mut offset = 0u64;
        for t in &self.tensors {
            put_str(&mut head, &t.name);
            head.extend((t.dims.len() as u32).to_le_bytes());
            t.dims.iter().rev().for_each(|&d| head.extend((d as u64).to_le_bytes()));
            head.extend(t.kind.id().to_le_bytes());
            head.extend(offset.to_le_bytes());
            offset = (offset + t.len).next_multiple_of(ALIGNMENT);
        }
        pad(&mut head);
        out.write_all(&head)?;
        let wanted = self.tensors.iter().map(|t| (t.name.clone(), t.len)).collect::<VecDeque<_>>();
        Ok(Stream { out, wanted, given: 0 })
    }
}

/// A file whose tensors are being written.
#[derive(Debug)]
pub struct Stream<W> {
    out: W,
    wanted: VecDeque<(String, u64)>,
    /// bytes of the first of them
    given: u64,
}

impl<W: Write> Stream<W> {
    /// Writes the next tensor's blocks.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = bytes.len() as u64;
        match self.wanted.front() {
            Some((_, wanted)) if *wanted == len && self.given == 0 => self.piece(bytes),
            Some((name, wanted)) => Err(fault(format!("{name}: {len} bytes, should be {wanted}"))),
            None => Err(fault("more tensors than were planned".into())),
        }
    }

    /// Writes some of the next tensor's blocks, for a tensor that is too large to be made at once.
    pub fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some((name, wanted)) = self.wanted.front() else {
            return Err(fault("more tensors than were planned".into()));
        };
        let (given, wanted) = (self.given + bytes.len() as u64, *wanted);
        if given > wanted {
            return Err(fault(format!("{name}: {given} bytes, should be {wanted}")));
        }
        self.out.write_all(bytes)?;
        self.given = given;
        if given == wanted {
            self.wanted.pop_front();
            self.given = 0;
            self.out.write_all(&[0; ALIGNMENT as usize][..(wanted.next_multiple_of(ALIGNMENT) - wanted) as usize])?;
        }
        Ok(())
    }

    /// Ends the file.
    pub fn end(mut self) -> io::Result<()> {
        match self.wanted.pop_front() {
            Some((name, _)) => Err(fault(format!("{name}: planned, and never given"))),
            None => self.out.flush(),
        }
    }
}

fn size(kind: GgmlType, dims: &[usize]) -> Option<u64> {
    kind.bytes_of(dims.iter().map(|&d| d as u64).product())
}

fn fault(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn pad(head: &mut Vec<u8>) {
    head.resize((head.len() as u64).next_multiple_of(ALIGNMENT) as usize, 0);
}

fn put_str(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(v) => out.push(*v),
        Value::I8(v) => out.extend(v.to_le_bytes()),
        Value::U16(v) => out.extend(v.to_le_bytes()),
        Value::I16(v) => out.extend(v.to_le_bytes()),
        Value::U32(v) => out.extend(v.to_le_bytes()),
        Value::I32(v) => out.extend(v.to_le_bytes()),
        Value::U64(v) => out.extend(v.to_le_bytes()),
        Value::I64(v) => out.extend(v.to_le_bytes()),
        Value::F32(v) => out.extend(v.to_le_bytes()),
        Value::F64(v) => out.extend(v.to_le_bytes()),
        Value::Bool(v) => out.push(u8::from(*v)),
        Value::String(v) => put_str(out, v),
        Value::Array(v) => put_array(out, v),
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    out.extend(array.item_type_id().to_le_bytes());
    out.extend((array.len() as u64).to_le_bytes());
    match array {
        Array::U8(v) => out.extend(v),
        Array::I8(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::U16(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::I16(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::U32(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::I32(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::U64(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::I64(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::F32(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::F64(v) => v.iter().for_each(|v| out.extend(v.to_le_bytes())),
        Array::Bool(v) => v.iter().for_each(|v| out.push(u8::from(*v))),
        Array::String(v) => v.iter().for_each(|v| put_str(out, v)),
        Array::Array(v) => v.iter().for_each(|v| put_array(out, v)),
    }
}
