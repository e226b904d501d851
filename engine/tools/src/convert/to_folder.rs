//! A GGUF into a Hugging Face folder.

use std::path::Path;

use super::strangers::refuse_strangers;
use crate::hugging_face::{Form, Writer};
use crate::tokenizer;
use mixtral_engine::arch::Config;
use mixtral_engine::error::Result;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::matrices;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::weights::source_matrix;

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
    tokenizer::files(gguf.metadata(), config.max_context)?;
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
