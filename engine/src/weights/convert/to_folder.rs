//! A GGUF into a Hugging Face folder.

use std::path::Path;

use super::matrix::{refuse_strangers, source_matrix};
use crate::error::Result;
use crate::model::Config;
use crate::quant::GgmlType;
use crate::text::hugging_face;
use crate::weights::gguf::Gguf;
use crate::weights::safetensors::{Form, Writer, matrices};

/// The type that a folder has where nobody says: the file's own, or for quantised files F16, which is nearest to what the
/// blocks mean.
pub fn folder_type(gguf: &Gguf) -> GgmlType {
    let of_matrices = gguf.tensors().iter().filter(|tensor| tensor.dims.len() > 1);
    let largest = of_matrices.max_by_key(|tensor| tensor.len);
    match largest.map(|tensor| tensor.kind) {
        Some(kind @ (GgmlType::F32 | GgmlType::BF16)) => kind,
        _ => GgmlType::F16,
    }
}

/// Writes the model as a folder, which appears whole or not at all. `progress` gets weights: done, and in all.
///
/// # Errors
/// The file is no Mixtral or damaged, its tokenizer has no Hugging Face form, the folder is there already, or the disk is
/// full.
pub fn to_folder(
    gguf: &Gguf,
    out: &Path,
    kind: GgmlType,
    shard_bytes: u64,
    replace: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let config = Config::from_gguf(gguf)?;
    let tied = refuse_strangers(gguf, &config)?;
    // Before any work: what cannot be told in the end.
    hugging_face::files(gguf.metadata(), config.context)?;
    let form = Form { config: &config, tied, kind, shard_bytes, replace };
    let mut writer = Writer::create(out, &form)?;
    let all = writer.bytes() / kind.block_bytes() as u64;
    let mut done = 0;
    for (part, expert) in matrices(&config, tied) {
        let weights = source_matrix(gguf, &part, expert)?;
        done += weights.len() as u64;
        writer.matrix(&part, expert, weights)?;
        progress(done, all);
    }
    writer.finish(gguf.metadata())
}
