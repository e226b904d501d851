//! A Hugging Face folder into a GGUF, experts merged.

use std::path::Path;

use crate::files::atomic_file;
use crate::tokenizer;
use mixtral_engine::error::{Error, Result};
use mixtral_engine::formats::gguf::{Metadata, Writer};
use mixtral_engine::hugging_face::{self, Folder, Named, planned, values};
use mixtral_engine::quantize::{QuantMix, encode_rows};
use mixtral_engine::text::Tokenizer;

/// What a folder's name and its tokenizer's files tell; and a text that the tokenizer cuts otherwise in GGUF's form, if
/// there is one.
///
/// # Errors
/// The tokenizer is missing or has no form in GGUF.
pub fn named(folder: &Folder) -> Result<(Named, Option<&'static str>)> {
    let named = hugging_face::named(folder)?;
    let metadata = Metadata::new(&named.vocabulary, named.tokenizer.iter().cloned().collect());
    let differs = tokenizer::differs(&named.vocabulary, &Tokenizer::from_gguf(&metadata)?)?;
    Ok((named, differs))
}

/// Writes the folder as one GGUF file, which appears whole or not at all. Norms and routers stay F32. `progress` gets
/// weights: done, and in all.
///
/// # Errors
/// The type cannot be written, a tensor holds what does not fit it, or the disk is full.
pub fn to_gguf(
    folder: &Folder,
    out: &Path,
    types: QuantMix,
    named: Named,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let types = types.for_model(folder.config().layers, folder.tied());
    types.check(false)?;
    let mut writer = Writer::new();
    for (key, value) in values(folder, types, named) {
        writer.value(key, value);
    }
    let planned = planned(folder, Some(types));
    for (part, kind) in &planned {
        writer.plan(part.name(), *kind, &part.dims).map_err(Error::io(out))?;
    }
    let (mut done, all) = (0, folder.weights());
    atomic_file::write(out, |file| {
        let mut stream = writer.begin(file).map_err(Error::io(out))?;
        for (part, kind) in &planned {
            let cols = part.matrix().1;
            for expert in 0..part.experts() {
                let weights = folder.matrix(part, expert)?;
                let bytes =
                    encode_rows(*kind, &weights, cols).map_err(|error| error.of_tensor(folder.path(), &part.name()))?;
                stream.piece(&bytes).map_err(Error::io(out))?;
                done += weights.len() as u64;
                progress(done, all);
            }
        }
        stream.end().map_err(Error::io(out))
    })
}
