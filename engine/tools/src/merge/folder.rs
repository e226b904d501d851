//! Onto a Hugging Face folder: the same shards, the same types, other numbers.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use super::tokenizer::{TokenizerFrom, copy_files};
use crate::files::atomic_file;
use crate::files::atomic_folder::WholeFolder;
use crate::safetensors::{Planned, Stream};
use mixtral_engine::arch::TensorSpec;
use mixtral_engine::arch::order::to_hugging_face;
use mixtral_engine::error::{ConversionFault, Error, Place, Result};
use mixtral_engine::formats::safetensors::Tensors;
use mixtral_engine::hugging_face::{CONFIG, Folder, INDEX, matrices};
use mixtral_engine::quantize::encode_rows;
use mixtral_engine::weights::lora::Adapter;
use mixtral_engine::weights::lora::{apply, touched};

/// Files of the base that are copied as they are.
const COPIED: [&str; 5] = [CONFIG, INDEX, "generation_config.json", "LICENSE", "LICENSE.txt"];

/// A matrix in a tensor: the part, its expert, and where in the tensor it starts, in weights.
type Pieces = HashMap<String, Vec<(TensorSpec, usize, usize)>>;

/// Writes base and adapters as one folder, which appears whole or not at all. `progress` gets bytes: done, and in all.
///
/// # Errors
/// The folder is there already or is the base itself, a sum does not fit its type, or the disk is full.
pub fn into_folder(
    base: &Folder,
    adapters: &[Adapter],
    tokenizer: &TokenizerFrom,
    out: &Path,
    replace: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    if atomic_file::same(base.path(), out) {
        return Err(Error::file(out, Place::Whole, ConversionFault::BaseItself));
    }
    let mut pieces = Pieces::new();
    for (part, expert) in matrices(base.config(), base.tied()) {
        if touched(adapters, &part)?
            && let Some(spot) = base.spot(&part, expert)
        {
            let (rows, cols) = (spot.dims.iter().rev().nth(1).copied().unwrap_or(1), part.matrix().1);
            let start = (spot.expert.unwrap_or(0) * rows + spot.row) * cols;
            pieces.entry(spot.name).or_default().push((part, expert, start));
        }
    }
    let folder = WholeFolder::create(out, replace, CONFIG)?;
    let (mut done, all) = (0, base.file_bytes());
    for (name, shard) in base.shards() {
        let path = folder.path().join(name);
        atomic_file::write(&path, |file| {
            write_shard(base, adapters, &pieces, shard, file, &mut |bytes| {
                done += bytes;
                progress(done, all);
            })
        })?;
    }
    for name in COPIED.into_iter().filter(|name| base.path().join(name).is_file()) {
        let (from, to) = (base.path().join(name), folder.path().join(name));
        std::fs::copy(&from, to).map_err(Error::io(&from))?;
    }
    copy_files(tokenizer, base.path(), folder.path())?;
    folder.finish()
}

fn write_shard(
    base: &Folder,
    adapters: &[Adapter],
    pieces: &Pieces,
    shard: &Tensors,
    file: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let names = shard.in_order();
    let plan = |name: &&str| {
        let tensor = shard.get(name)?;
        Some(Planned { name: (*name).to_owned(), kind: tensor.kind, dims: tensor.dims.clone() })
    };
    let planned: Vec<Planned> = names.iter().filter_map(plan).collect();
    let mut stream = Stream::begin(file, &planned).map_err(Error::io(shard.path()))?;
    for Planned { name, kind, .. } in &planned {
        let bytes = shard.bytes(name).unwrap_or_default();
        let put = match pieces.get(name) {
            None => stream.put(bytes),
            Some(pieces) => {
                let mut bytes = bytes.to_vec();
                for (part, expert, start) in pieces {
                    let weights = apply(adapters, part, *expert, base.matrix(part, *expert)?)?;
                    let cols = part.matrix().1;
                    let weights = to_hugging_face(part.role, weights, cols, base.config().head_dim);
                    let new =
                        encode_rows(*kind, &weights, cols).map_err(|error| error.of_tensor(shard.path(), name))?;
                    bytes[start * kind.block_bytes()..][..new.len()].copy_from_slice(&new);
                }
                stream.put(&bytes)
            }
        };
        put.map_err(Error::io(shard.path()))?;
        progress(bytes.len() as u64);
    }
    stream.end().map(drop).map_err(Error::io(shard.path()))
}
