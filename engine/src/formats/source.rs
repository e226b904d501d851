//! One trait over the file formats: tensors by name.

use std::borrow::Cow;
use std::path::Path;

use crate::error::Result;
use crate::quant::GgmlType;

/// A set of named tensors. Names and layouts are those of GGUF's `llama` architecture; other
/// formats translate theirs.
pub trait Source {
    /// The file (or folder) to name in messages.
    fn path(&self) -> &Path;

    /// What there is to know of the tensor of this name before it is read.
    fn info(&self, name: &str) -> Option<Info>;

    /// The blocks of the tensor of this name: as they stand in the file, or computed now.
    ///
    /// # Errors
    /// There is no such tensor, or it cannot be computed.
    fn bytes(&self, name: &str) -> Result<Cow<'_, [u8]>>;

    /// The bytes of the tensor of this name will not be read again soon: where they are a file's, memory need not hold them.
    fn release(&self, _name: &str) {}

    /// The names of all tensors.
    fn names(&self) -> Vec<&str>;

    /// Whether the model has no output matrix of its own: the embedding serves for it.
    fn is_tied(&self) -> bool {
        self.info("output.weight").is_none()
    }
}

/// A tensor's type and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub kind: GgmlType,
    /// Its dimensions, outermost first; the last one runs fastest.
    pub dims: Vec<usize>,
}

impl Info {
    /// How many weights it has.
    pub fn weights(&self) -> u64 {
        self.dims.iter().map(|dim| *dim as u64).product()
    }

    /// How many bytes its blocks take.
    pub fn bytes(&self) -> u64 {
        self.kind.bytes_of(self.weights()).unwrap_or(0)
    }
}

/// A tensor's bytes and what they mean.
#[derive(Clone, Debug)]
pub struct View<'a> {
    pub name: &'a str,
    pub kind: GgmlType,
    /// Its dimensions, outermost first; the last one runs fastest.
    pub dims: Vec<usize>,
    /// Its blocks.
    pub bytes: &'a [u8],
}
