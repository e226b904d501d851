//! A whole model file into smaller types, tensor by tensor: never more than one tensor in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;

use super::quantize::{WRITABLE, encode};
use super::{Blocks, GgmlType};
use crate::error::{Error, Place, Result};
use crate::weights::gguf::{Gguf, Stream, TensorInfo, Value, Writer};
use crate::weights::{Source, whole_file};

/// Weights that are decoded and encoded at once by one thread.
const CHUNK: usize = 1 << 20;
/// The version of GGML's block layouts that every current file has.
pub(crate) const LAYOUT_VERSION: u32 = 2;

/// Which types a file's matrices get.
#[derive(Clone, Copy, Debug)]
pub struct Types {
    /// Of all matrices but the next two.
    pub matrices: GgmlType,
    /// Of the embedding.
    pub embedding: GgmlType,
    /// Of the output matrix.
    pub output: GgmlType,
}

impl Types {
    /// One type throughout; but below Q4 the embedding and the output matrix, through which everything passes, stay in
    /// Q6_K, and below Q6 the output matrix alone, as llama.cpp does.
    pub fn of(kind: GgmlType) -> Self {
        let (embedding, output) = match kind {
            GgmlType::Q2_K | GgmlType::Q3_K => (GgmlType::Q6_K, GgmlType::Q6_K),
            GgmlType::Q4_K | GgmlType::Q5_K => (kind, GgmlType::Q6_K),
            _ => (kind, kind),
        };
        Self { matrices: kind, embedding, output }
    }

    fn wanted(&self, tensor: &TensorInfo) -> GgmlType {
        self.of_tensor(&tensor.name, &tensor.dims)
    }

    /// The type of the tensor of this name and shape.
    pub(crate) fn of_tensor(&self, name: &str, dims: &[usize]) -> GgmlType {
        // A vector is a norm; the router decides which experts work, and is tiny.
        if dims.len() < 2 || name.contains("ffn_gate_inp") {
            return GgmlType::F32;
        }
        let kind = match name {
            "token_embd.weight" => self.embedding,
            "output.weight" => self.output,
            _ => self.matrices,
        };
        // Rows that are not whole blocks of 256 take the nearest type whose blocks are smaller, and F16 if none fits.
        let fitting = [kind, smaller(kind), GgmlType::F16];
        let cols = dims.last().copied().unwrap_or(1);
        fitting.into_iter().find(|kind| cols.is_multiple_of(kind.block_len())).unwrap_or(GgmlType::F32)
    }
}

fn smaller(kind: GgmlType) -> GgmlType {
    match kind {
        GgmlType::Q2_K | GgmlType::Q3_K => GgmlType::Q4_0,
        GgmlType::Q4_K => GgmlType::Q5_0,
        GgmlType::Q5_K => GgmlType::Q5_1,
        GgmlType::Q6_K => GgmlType::Q8_0,
        kind => kind,
    }
}

/// `general.file_type` as llama.cpp numbers it.
pub(crate) fn file_type(kind: GgmlType) -> Option<u32> {
    Some(match kind {
        GgmlType::F32 => 0,
        GgmlType::F16 => 1,
        GgmlType::Q4_0 => 2,
        GgmlType::Q4_1 => 3,
        GgmlType::Q8_0 => 7,
        GgmlType::Q5_0 => 8,
        GgmlType::Q5_1 => 9,
        GgmlType::Q2_K => 10,
        GgmlType::Q3_K => 11,
        GgmlType::Q4_K => 14,
        GgmlType::Q5_K => 16,
        GgmlType::Q6_K => 18,
        GgmlType::BF16 => 32,
        _ => return None,
    })
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the tensors before.
    pub before: u64,
    /// Bytes of the tensors now.
    pub after: u64,
    /// How many tensors have each type.
    pub types: BTreeMap<&'static str, usize>,
    /// Tensors whose rows did not fit the asked type, and the type they have instead.
    pub fallen_back: Vec<(String, GgmlType)>,
}

/// Writes `source` to `out` in other types, as one file that appears whole or not at all. Metadata is kept, but for what
/// tells of types and shards. `progress` gets bytes of the source: done, and in all.
///
/// # Errors
/// A type that cannot be written or read, `out` is one of the source's own files, or the disk is full.
pub fn quantise(source: &Gguf, out: &Path, types: Types, progress: &mut dyn FnMut(u64, u64)) -> Result<Written> {
    for kind in [types.matrices, types.embedding, types.output] {
        if !WRITABLE.contains(&kind) {
            return Err(Error::Request(format!("{kind} cannot be written")));
        }
    }
    if out.canonicalize().is_ok_and(|out| Source::path(source).canonicalize().is_ok_and(|path| path == out)) {
        return Err(Error::file(out, Place::Whole, "is the model itself; name another file to write"));
    }
    let mut writer = Writer::new();
    let told = ["general.file_type", "general.quantization_version"];
    for (key, value) in source.metadata().iter() {
        if !told.contains(&key) && !key.starts_with("split.") {
            writer.value(key, value.clone());
        }
    }
    if let Some(number) = file_type(types.matrices) {
        writer.value("general.file_type", Value::U32(number));
    }
    writer.value("general.quantization_version", Value::U32(LAYOUT_VERSION));
    let mut written = Written { before: source.tensors().iter().map(|t| t.len).sum(), ..Written::default() };
    for tensor in source.tensors() {
        let kind = types.wanted(tensor);
        writer.plan(&tensor.name, kind, &tensor.dims).map_err(Error::io(out))?;
        *written.types.entry(kind.name()).or_default() += 1;
        let all = [types.matrices, types.embedding, types.output, GgmlType::F32];
        if !all.contains(&kind) {
            written.fallen_back.push((tensor.name.clone(), kind));
        }
    }
    let after = whole_file::write(out, |file| {
        let stream = writer.begin(file).map_err(Error::io(out))?;
        fill(source, types, out, stream, written.before, progress)
    })?;
    Ok(Written { after, ..written })
}

fn fill(
    source: &Gguf,
    types: Types,
    out: &Path,
    mut stream: Stream<&mut BufWriter<File>>,
    all: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64> {
    let (mut done, mut after) = (0, 0);
    for tensor in source.tensors() {
        let bytes = recode(source, tensor, types.wanted(tensor))?;
        stream.put(&bytes).map_err(Error::io(out))?;
        done += tensor.len;
        after += bytes.len() as u64;
        progress(done, all);
    }
    stream.end().map_err(Error::io(out))?;
    Ok(after)
}

/// A tensor's blocks in another type; the same type is copied as it is.
fn recode(source: &Gguf, tensor: &TensorInfo, kind: GgmlType) -> Result<Vec<u8>> {
    let fault = |message: &str| Error::file(Source::path(source), Place::Tensor(tensor.name.clone()), message);
    let view = source.tensor(&tensor.name).ok_or_else(|| fault("is missing"))?;
    if tensor.kind == kind {
        return Ok(view.bytes.to_vec());
    }
    let cols = tensor.dims.last().copied().filter(|&cols| cols > 0).ok_or_else(|| fault("has no columns"))?;
    let rows = (CHUNK / cols).max(1);
    // Whole rows are whole blocks, so that every chunk of rows can be read by itself.
    let row_bytes = tensor.kind.bytes_of(cols as u64).ok_or_else(|| fault("its rows are not whole blocks"))?;
    let chunks: Vec<&[u8]> = view.bytes.chunks(rows * row_bytes as usize).collect();
    let parts: Vec<Vec<u8>> = chunks
        .into_par_iter()
        .map(|bytes| {
            let blocks = Blocks::new(tensor.kind, bytes).ok_or_else(|| fault("its type cannot be read"))?;
            let mut weights = vec![0.0; bytes.len() / row_bytes as usize * cols];
            blocks.dequantise(0, &mut weights);
            if !weights.iter().all(|w| w.is_finite()) {
                return Err(fault("holds a weight that is no number"));
            }
            encode(kind, &weights, cols, None)
        })
        .collect::<Result<_>>()?;
    Ok(parts.concat())
}
