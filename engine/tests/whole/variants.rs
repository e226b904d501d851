//! Copies of a model file with one thing changed.

use std::path::{Path, PathBuf};

use mixtral_engine::formats::gguf::{Gguf, Value, Writer};
use mixtral_engine::quant::GgmlType;

/// A tensor that may be changed before it is written.
pub struct Tensor {
    pub name: String,
    pub kind: GgmlType,
    /// Outermost first.
    pub dims: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// Writes a copy of `model` into `folder`, with its tensors and its metadata changed.
pub fn variant(
    model: &Path,
    folder: &Path,
    mut tensor: impl FnMut(&mut Tensor),
    mut value: impl FnMut(&str, &Value) -> Option<Value>,
) -> PathBuf {
    let file = Gguf::open(model).expect("a model");
    let mut writer = Writer::new();
    for (key, old) in file.metadata().iter() {
        writer.value(key, value(key, old).unwrap_or_else(|| old.clone()));
    }
    for info in file.tensors() {
        let view = file.tensor(&info.name).expect("in the table");
        let mut copy =
            Tensor { name: info.name.clone(), kind: view.kind, dims: view.dims.clone(), bytes: view.bytes.to_vec() };
        tensor(&mut copy);
        writer.tensor(copy.name, copy.kind, &copy.dims, copy.bytes).expect("whole blocks");
    }
    let path = folder.join("variant.gguf");
    let mut out = Vec::new();
    writer.write(&mut out).expect("laid out");
    std::fs::write(&path, out).expect("written");
    path
}
