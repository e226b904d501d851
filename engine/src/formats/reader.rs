//! Reading a model out of a [`Source`]: every tensor must have the shape that is promised, and every tensor must be used.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Source;
use crate::error::{Error, Fault, Place, Result};
use crate::quant::{GgmlType, are_finite};

/// Reads tensors by name, and knows at the end whether some were left.
pub struct TensorReader<'a> {
    source: &'a dyn Source,
    progress: &'a mut dyn FnMut(u64, u64),
    used: HashSet<String>,
    done: u64,
    total: u64,
}

impl<'a> TensorReader<'a> {
    /// `progress` hears how many bytes of how many are done.
    pub fn new(source: &'a dyn Source, progress: &'a mut dyn FnMut(u64, u64)) -> Self {
        let names = source.names().into_iter();
        let total = names.filter_map(|name| source.info(name)).map(|info| info.bytes()).sum();
        progress(0, total);
        Self { source, progress, used: HashSet::new(), done: 0, total }
    }

    /// Where tensors come from.
    pub fn source(&self) -> &'a dyn Source {
        self.source
    }

    /// A fault of a tensor.
    pub fn fault(&self, name: &str, fault: impl Into<Fault>) -> Error {
        Error::file(self.source.path(), Place::Tensor(name.to_owned()), fault)
    }

    /// The tensor's type and blocks, if it has these dimensions.
    ///
    /// # Errors
    /// It is missing, has another shape, holds what is no number, or cannot be read.
    pub fn read(&mut self, name: &str, dims: &[usize]) -> Result<(GgmlType, Cow<'a, [u8]>)> {
        let info = self.source.info(name).ok_or_else(|| self.fault(name, Fault::Missing))?;
        if info.dims != dims {
            return Err(self.fault(name, Fault::Shape { found: info.dims.to_vec(), expected: dims.to_vec() }));
        }
        self.used.insert(name.to_owned());
        let bytes = self.source.bytes(name)?;
        // Rounding activations to 8 bits would turn NaN into 0 and the fault into fluent nonsense.
        if !are_finite(info.kind, &bytes) {
            return Err(self.fault(name, Fault::NotFinite));
        }
        Ok((info.kind, bytes))
    }

    /// A tensor of so many bytes is where it belongs, and its file's need no memory any more.
    pub fn done(&mut self, name: &str, bytes: usize) {
        self.source.release(name);
        self.advance(bytes);
    }

    /// So many bytes more are where they belong. What is read twice counts once.
    pub fn advance(&mut self, bytes: usize) {
        self.done = self.total.min(self.done + bytes as u64);
        (self.progress)(self.done, self.total);
    }

    /// Refuses a model with parts that nobody asked for: its output would be wrong.
    ///
    /// # Errors
    /// The first tensor that was left.
    pub fn finish(self) -> Result<()> {
        match self.source.names().into_iter().find(|name| !self.used.contains(*name)) {
            Some(name) => Err(self.fault(name, Fault::Surplus)),
            None => Ok(()),
        }
    }
}
