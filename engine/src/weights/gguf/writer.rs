//! A small GGUF writer: metadata and tensors in order, version 3.

use std::io::{self, Write};

use super::value::{Array, Value};
use crate::quant::GgmlType;

/// What every tensor's offset is a multiple of: the format's default.
const ALIGNMENT: u64 = 32;

/// Collects a file's parts; [`Writer::write`] lays them out.
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
    bytes: std::borrow::Cow<'a, [u8]>,
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
        bytes: impl Into<std::borrow::Cow<'a, [u8]>>,
    ) -> io::Result<&mut Self> {
        let (name, bytes) = (name.into(), bytes.into());
        let elements = dims.iter().map(|&d| d as u64).product();
        if kind.bytes_of(elements) != Some(bytes.len() as u64) {
            let message = format!("{name}: {} bytes are not {dims:?} of {kind}", bytes.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.tensors.push(Part { name, kind, dims: dims.to_vec(), bytes });
        Ok(self)
    }

    /// Writes the file.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
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
            offset = (offset + t.bytes.len() as u64).next_multiple_of(ALIGNMENT);
        }
        pad(&mut head);
        out.write_all(&head)?;
        for t in &self.tensors {
            out.write_all(&t.bytes)?;
            let len = t.bytes.len() as u64;
            out.write_all(&[0; ALIGNMENT as usize][..(len.next_multiple_of(ALIGNMENT) - len) as usize])?;
        }
        out.flush()
    }
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
