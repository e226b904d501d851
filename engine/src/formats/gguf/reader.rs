//! A cursor over a GGUF header: every length is checked against what is left before it is used.

use std::path::Path;

use super::value::{Array, Value};
use crate::error::{Error, Fault, LayoutFault, Place, Result};

/// How deep arrays may stand in arrays. Real files use one level.
const MAX_DEPTH: usize = 4;

pub(super) struct Reader<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(path: &'a Path, bytes: &'a [u8]) -> Self {
        Self { path, bytes, at: 0 }
    }

    pub fn at(&self) -> u64 {
        self.at as u64
    }

    pub fn path(&self) -> &'a Path {
        self.path
    }

    pub fn left(&self) -> u64 {
        (self.bytes.len() - self.at) as u64
    }

    /// An error at `at`.
    pub fn fault(&self, at: u64, fault: impl Into<Fault>) -> Error {
        Error::file(self.path, Place::Offset(at), fault)
    }

    fn take(&mut self, n: u64) -> Result<&'a [u8]> {
        if n > self.left() {
            return Err(self.fault(self.at(), Fault::Truncated { wanted: n, left: self.left() }));
        }
        let start = self.at;
        self.at += n as usize; // fits: it is at most the length of a slice
        Ok(&self.bytes[start..self.at])
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N as u64)?);
        Ok(out)
    }

    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A count of things that take at least `least` bytes each.
    pub fn count(&mut self, least: u64, what: &'static str) -> Result<usize> {
        let at = self.at();
        let n = self.u64()?;
        if n > self.left() / least {
            return Err(self.fault(at, Fault::Crowded { count: n, what, left: self.left() }));
        }
        Ok(n as usize)
    }

    pub fn string(&mut self) -> Result<&'a str> {
        let n = self.count(1, "bytes of text")?;
        let at = self.at();
        let bytes = self.take(n as u64)?;
        std::str::from_utf8(bytes).map_err(|_| self.fault(at, Fault::NotUtf8))
    }

    pub fn value(&mut self) -> Result<Value> {
        let at = self.at();
        Ok(match self.u32()? {
            0 => Value::U8(u8::from_le_bytes(self.array()?)),
            1 => Value::I8(i8::from_le_bytes(self.array()?)),
            2 => Value::U16(u16::from_le_bytes(self.array()?)),
            3 => Value::I16(i16::from_le_bytes(self.array()?)),
            4 => Value::U32(self.u32()?),
            5 => Value::I32(i32::from_le_bytes(self.array()?)),
            6 => Value::F32(f32::from_le_bytes(self.array()?)),
            7 => Value::Bool(self.bool()?),
            8 => Value::String(self.string()?.to_owned()),
            9 => Value::Array(self.list(1)?),
            10 => Value::U64(self.u64()?),
            11 => Value::I64(i64::from_le_bytes(self.array()?)),
            12 => Value::F64(f64::from_le_bytes(self.array()?)),
            other => return Err(self.fault(at, Fault::UnknownType(other))),
        })
    }

    fn bool(&mut self) -> Result<bool> {
        let at = self.at();
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(self.fault(at, Fault::Impossible(other.to_string()))),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Array> {
        let at = self.at();
        Ok(match self.u32()? {
            0 => Array::U8(self.numbers(u8::from_le_bytes)?),
            1 => Array::I8(self.numbers(i8::from_le_bytes)?),
            2 => Array::U16(self.numbers(u16::from_le_bytes)?),
            3 => Array::I16(self.numbers(i16::from_le_bytes)?),
            4 => Array::U32(self.numbers(u32::from_le_bytes)?),
            5 => Array::I32(self.numbers(i32::from_le_bytes)?),
            6 => Array::F32(self.numbers(f32::from_le_bytes)?),
            7 => Array::Bool(self.items(1, Self::bool)?),
            8 => Array::String(self.items(8, |r| r.string().map(str::to_owned))?),
            9 if depth < MAX_DEPTH => Array::Array(self.items(12, |r| r.list(depth + 1))?),
            9 => return Err(self.fault(at, LayoutFault::Nested)),
            10 => Array::U64(self.numbers(u64::from_le_bytes)?),
            11 => Array::I64(self.numbers(i64::from_le_bytes)?),
            12 => Array::F64(self.numbers(f64::from_le_bytes)?),
            other => return Err(self.fault(at, Fault::UnknownType(other))),
        })
    }

    fn numbers<T, const N: usize>(&mut self, from: fn([u8; N]) -> T) -> Result<Vec<T>> {
        let n = self.count(N as u64, "array items")?;
        let bytes = self.take((n * N) as u64)?; // cannot overflow: count bounds it by what is left
        let (items, _) = bytes.as_chunks::<N>();
        Ok(items.iter().map(|item| from(*item)).collect())
    }

    fn items<T>(&mut self, least: u64, mut one: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let n = self.count(least, "array items")?;
        // An item in memory may be larger than in the file, so the list grows as items are read.
        let mut out = Vec::with_capacity(n.min(1 << 16));
        for _ in 0..n {
            out.push(one(self)?);
        }
        Ok(out)
    }
}
