//! A whole model file into smaller types, tensor by tensor: never more than one tensor in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rayon::prelude::*;

use super::imatrix::Imatrix;
use crate::files::atomic_file;
use mixtral_engine::arch::Config;
use mixtral_engine::error::{ConversionFault, Error, Fault, LayoutFault, Place, RequestFault, Result};
use mixtral_engine::formats::Source;
use mixtral_engine::formats::gguf::{Gguf, Stream, TensorInfo, Value, Writer};
use mixtral_engine::quant::{Blocks, GgmlType};
use mixtral_engine::quantize::{QuantMix, encode, tells_types, type_values};

/// Weights that are decoded and encoded at once by one thread.
const CHUNK: usize = 1 << 17;
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
    /// Quantised tensors of which the importance matrix knows nothing: their errors all count the same. With the number
    /// of the expert where it knows others.
    pub unweighted: Vec<(String, Option<usize>)>,
}

/// Writes `source` to `out` in other types, as one file that appears whole or not at all. Metadata is kept, but for what
/// tells of types and shards. `importance` is the importance matrix's file name and contents. `progress` gets bytes of
/// the source: done, and in all.
///
/// # Errors
/// A type that cannot be written or read, `out` is one of the source's own files, the importance matrix is another
/// model's, or the disk is full.
pub fn quantise(
    source: &Gguf,
    out: &Path,
    types: QuantMix,
    importance: Option<(&str, &Imatrix)>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Written> {
    let types = types.for_model(Config::from_gguf(source).map_or(0, |config| config.layers), source.is_tied());
    types.check(importance.is_some())?;
    if atomic_file::same(Source::path(source), out) {
        return Err(Error::file(out, Place::Whole, ConversionFault::ModelItself));
    }
    let mut writer = Writer::new();
    for (key, value) in source.metadata().iter() {
        if !tells_types(key) && !key.starts_with("split.") && !key.starts_with("quantize.imatrix.") {
            writer.value(key, value.clone());
        }
    }
    for (key, value) in type_values(types) {
        writer.value(key, value);
    }
    if let Some((name, imatrix)) = importance {
        imatrix.check(source)?;
        writer.value("quantize.imatrix.file", Value::String(name.to_owned()));
        writer.value("quantize.imatrix.dataset", Value::String(imatrix.texts.join(", ")));
        writer.value("quantize.imatrix.entries_count", Value::U32(imatrix.len() as u32));
        writer.value("quantize.imatrix.chunks_count", Value::U32(imatrix.chunks));
    }
    let mut written = Written { before: source.tensors().iter().map(|t| t.len).sum(), ..Written::default() };
    let mut plan = Vec::new();
    for tensor in source.tensors() {
        let (asked, kind) = types.wanted(&tensor.name, &tensor.dims);
        writer.plan(&tensor.name, kind, &tensor.dims).map_err(Error::io(out))?;
        *written.types.entry(kind.name()).or_default() += 1;
        if kind != asked {
            written.fallen_back.push((tensor.name.clone(), kind));
        }
        plan.push(job(tensor, kind, importance.map(|(_, imatrix)| imatrix), &mut written)?);
    }
    if importance.is_some() && plan.iter().all(|job| job.importance.iter().all(Option::is_none)) {
        return Err(Error::Request(RequestFault::NoImportances));
    }
    let after = atomic_file::write(out, |file| {
        let stream = writer.begin(file).map_err(Error::io(out))?;
        fill(source, &plan, out, stream, written.before, progress)
    })?;
    Ok(Written { after, ..written })
}

/// A tensor to be written.
struct Job<'a> {
    tensor: &'a TensorInfo,
    kind: GgmlType,
    /// of each expert's columns
    importance: Vec<Option<Vec<f32>>>,
}

fn job<'a>(
    tensor: &'a TensorInfo,
    kind: GgmlType,
    imatrix: Option<&Imatrix>,
    written: &mut Written,
) -> Result<Job<'a>> {
    let experts = if tensor.dims.len() == 3 { tensor.dims[0] } else { 1 };
    let cols = tensor.dims.last().copied().unwrap_or(1);
    let Some(imatrix) = imatrix.filter(|_| kind.block_len() > 1) else {
        return Ok(Job { tensor, kind, importance: vec![None; experts] });
    };
    let columns = (0..experts).map(|expert| imatrix.columns(&tensor.name, experts, expert, cols));
    let importance: Vec<_> = columns.collect::<Result<_>>()?;
    if importance.iter().all(Option::is_none) {
        written.unweighted.push((tensor.name.clone(), None));
    } else {
        let idle = importance.iter().enumerate().filter(|(_, columns)| columns.is_none());
        written.unweighted.extend(idle.map(|(expert, _)| (tensor.name.clone(), Some(expert))));
    }
    Ok(Job { tensor, kind, importance })
}

fn fill(
    source: &Gguf,
    plan: &[Job<'_>],
    out: &Path,
    mut stream: Stream<&mut BufWriter<File>>,
    all: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64> {
    let (mut done, mut after) = (0, 0);
    for job in plan {
        let bytes = recode(source, job)?;
        stream.put(&bytes).map_err(Error::io(out))?;
        done += job.tensor.len;
        after += bytes.len() as u64;
        progress(done, all);
    }
    stream.end().map_err(Error::io(out))?;
    Ok(after)
}

/// A tensor's blocks in another type; the same type is copied as it is.
fn recode(source: &Gguf, job: &Job<'_>) -> Result<Vec<u8>> {
    let Job { tensor, kind, ref importance } = *job;
    let fault = |fault: Fault| Error::file(Source::path(source), Place::Tensor(tensor.name.clone()), fault);
    let view = source.tensor(&tensor.name).ok_or_else(|| fault(Fault::Missing))?;
    if tensor.kind == kind {
        return Ok(view.bytes.to_vec());
    }
    let cols =
        tensor.dims.last().copied().filter(|&cols| cols > 0).ok_or_else(|| fault(LayoutFault::NoColumns.into()))?;
    // Whole rows are whole blocks, so that every chunk of rows can be read by itself.
    let row_bytes = tensor.kind.bytes_of(cols as u64).ok_or_else(|| fault(LayoutFault::RowsNotBlocks.into()))? as usize;
    let chunk = (CHUNK / cols).max(1) * row_bytes;
    let experts = view.bytes.chunks(view.bytes.len() / importance.len()).zip(importance);
    let chunks: Vec<_> = experts.flat_map(|(bytes, columns)| bytes.chunks(chunk).map(move |b| (b, columns))).collect();
    let parts: Vec<Vec<u8>> = chunks
        .into_par_iter()
        .map(|(bytes, columns)| {
            let blocks = Blocks::new(tensor.kind, bytes).ok_or_else(|| fault(Fault::Type(tensor.kind.to_string())))?;
            let mut weights = vec![0.0; bytes.len() / row_bytes * cols];
            blocks.dequantise(0, &mut weights);
            if !weights.iter().all(|w| w.is_finite()) {
                return Err(fault(Fault::NotFinite));
            }
            encode(kind, &weights, cols, columns.as_deref())
        })
        .collect::<Result<_>>()?;
    Ok(parts.concat())
}
