//! Where weights come from: one trait over the file formats.

pub mod gguf;
pub mod lora;
pub mod safetensors;
pub mod whole_file;
pub mod whole_folder;

use std::path::Path;

use crate::quant::GgmlType;

/// A set of named tensors. Names and layouts are those of GGUF's `llama` architecture; other
/// formats translate theirs.
pub trait Source {
    /// The file (or folder) to name in messages.
    fn path(&self) -> &Path;

    /// The tensor of this name.
    fn tensor(&self, name: &str) -> Option<View<'_>>;

    /// The names of all tensors.
    fn names(&self) -> Vec<&str>;
}

/// A tensor's bytes and what they mean.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub kind: GgmlType,
    /// Its dimensions, outermost first; the last one runs fastest.
    pub dims: Vec<usize>,
    /// Its blocks.
    pub bytes: &'a [u8],
}
