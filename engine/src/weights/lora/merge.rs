//! An adapter put onto its base, matrix by matrix, when the weights are read.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::{Adapter, Pair};
use crate::error::{Error, Place, Result};
use crate::model::{Config, Part, Role, parts};
use crate::quant::quantize::encode;
use crate::quant::{Blocks, GgmlType};
use crate::weights::gguf::Gguf;
use crate::weights::{Info, Source};

/// Rows that one thread computes at a time.
const CHUNK: usize = 512;
/// The largest number of F16.
const F16_MAX: f32 = 65_504.0;

/// An adapter, and what of its base it changes.
#[derive(Debug)]
pub(crate) struct Merge {
    adapter: Adapter,
    changed: BTreeMap<String, Change>,
}

/// A tensor that an adapter changes.
#[derive(Debug)]
struct Change {
    part: Part,
    /// All of the part's, or the one that the tensor is of.
    experts: Range<usize>,
    info: Info,
}

/// The type of a matrix once an adapter is in it. Plain numbers keep theirs. Every quantised type becomes Q8_0: an adapter
/// changes weights by less than the steps between the values of four or five bits, which would round it away again.
fn merged_kind(base: GgmlType) -> GgmlType {
    match base {
        GgmlType::F32 | GgmlType::F16 | GgmlType::BF16 => base,
        _ => GgmlType::Q8_0,
    }
}

impl Merge {
    pub fn new(adapter: Adapter, base: &Gguf, shape: &Config) -> Result<Self> {
        let mut changed = BTreeMap::new();
        for part in parts(shape) {
            if !adapter.touches(&part)? {
                continue;
            }
            refuse_tied(&part, base, shape)?;
            let experts = part.experts();
            let tensors = if base.info(&part.name()).is_none() && part.role.is_expert() {
                (0..experts).map(|e| (part.split_name(e), e..e + 1, part.dims[1..].to_vec())).collect()
            } else {
                vec![(part.name(), 0..experts, part.dims.clone())]
            };
            for (name, experts, dims) in tensors {
                let fault = |message: String| Error::file(base.path(), Place::Tensor(name.clone()), message);
                let found = base.info(&name).ok_or_else(|| fault("is missing".to_owned()))?;
                if found.dims != dims {
                    return Err(fault(format!("is {:?}, should be {dims:?}", found.dims)));
                }
                let info = Info { kind: merged_kind(found.kind), dims };
                changed.insert(name, Change { part: part.clone(), experts, info });
            }
        }
        Ok(Self { adapter, changed })
    }

    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// The type and shape of a tensor that is changed.
    pub fn info(&self, name: &str) -> Option<&Info> {
        self.changed.get(name).map(|change| &change.info)
    }

    /// The blocks of a tensor that is changed. In F32 there are never more than a few rows a thread.
    pub fn bytes(&self, base: &Gguf, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(Change { part, experts, info }) = self.changed.get(name) else { return Ok(None) };
        let fault = |message: &str| Error::file(base.path(), Place::Tensor(name.to_owned()), message);
        let view = base.tensor(name).ok_or_else(|| fault("is missing"))?;
        let (rows, cols) = part.matrix();
        let row_of = |kind: GgmlType| kind.bytes_of(cols as u64).map(|bytes| bytes as usize);
        let (Some(from), Some(to)) = (row_of(view.kind), row_of(info.kind)) else {
            return Err(fault("its rows are not whole blocks"));
        };
        let mut out = vec![0; to * rows * experts.len()];
        let matrices = view.bytes.chunks_exact(from * rows).zip(out.chunks_exact_mut(to * rows));
        for (expert, (source, target)) in experts.clone().zip(matrices) {
            let (pair, whole) = (self.adapter.pair(part, expert)?, self.adapter.whole_one(part, expert)?);
            let chunks = source.par_chunks(from * CHUNK).zip(target.par_chunks_mut(to * CHUNK)).enumerate();
            chunks.try_for_each(|(at, (source, target))| {
                let first = at * CHUNK;
                let size = source.len() / from * cols;
                let mut weights = vec![0.0; size];
                match &whole {
                    Some(whole) => weights.copy_from_slice(&whole[first * cols..][..size]),
                    None => Blocks::new(view.kind, source)
                        .ok_or_else(|| fault(&format!("type {} is not supported yet", view.kind)))?
                        .dequantise(0, &mut weights),
                }
                if let Some(pair) = &pair {
                    pair.add_to(first, &mut weights, cols);
                }
                let most = if info.kind == GgmlType::F16 { F16_MAX } else { f32::MAX };
                // (What is no number fails the comparison too.)
                if !weights.iter().all(|weight| weight.abs() <= most) {
                    return Err(fault(&format!("with its adapter, a weight does not fit {}", info.kind)));
                }
                target.copy_from_slice(&encode(info.kind, &weights, cols, None)?);
                Ok(())
            })?;
        }
        Ok(Some(out))
    }
}

/// Where the embedding serves as output too, changing one of them would change both.
fn refuse_tied(part: &Part, base: &Gguf, shape: &Config) -> Result<()> {
    let output = Part::new(shape, Role::Output, None).name();
    let either = matches!(part.role, Role::Embedding | Role::Output);
    if either && base.info(&output).is_none() {
        let message = "is the embedding here, and the adapter changes only one of them: that is not supported";
        return Err(Error::file(base.path(), Place::Tensor(output), message));
    }
    Ok(())
}

impl Pair {
    /// Adds the rows of `scale * B . A` from number `first` on.
    pub(super) fn add_to(&self, first: usize, weights: &mut [f32], cols: usize) {
        use crate::ops::gemm::{Mat, gemm};
        let b = &self.b[first * self.rank..][..weights.len() / cols * self.rank];
        gemm(self.scale, Mat::new(b, self.rank), Mat::new(&self.a, cols), 1.0, weights, cols);
    }
}
