//! A Hugging Face folder into a GGUF, experts merged.

use std::path::Path;

use crate::files::atomic_file;
use crate::hugging_face::Folder;
use crate::mixes::QuantMix;
use crate::quantize::encode_rows;
use crate::quantize_file::type_values;
use crate::tokenizer::{self, Found, Model};
use mixtral_engine::arch::{TensorRole, TensorSpec, shape_values, tensor_specs};
use mixtral_engine::error::{Error, Place, Result};
use mixtral_engine::formats::gguf::{Value, Writer};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::text::{Tokenizer, VocabularyError, gguf_values};

/// What a GGUF tells besides weights and shape.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// `general.name`
    pub name: Option<String>,
    /// The tokenizer's keys and the chat template.
    pub tokenizer: Vec<(String, Value)>,
}

/// What a folder's name and its tokenizer's files tell; and a text that the tokenizer cuts otherwise in GGUF's form, if
/// there is one.
///
/// # Errors
/// The tokenizer is missing or has no form in GGUF.
pub fn named(folder: &Folder) -> Result<(Named, Option<&'static str>)> {
    let model = Model { vocabulary: folder.config().vocab_size, bos: folder.bos(), eos: folder.eos() };
    let Found { parts, template, path } = tokenizer::read(folder.path(), model)?;
    let tokenizer = gguf_values(&parts, template.as_deref());
    let fault = |error: VocabularyError| Error::file(&path, Place::Key(error.key().to_owned()), error.fault());
    let differs = tokenizer::differs(&path, &Tokenizer::new(parts).map_err(fault)?)?;
    let name = folder.path().canonicalize().ok();
    let name = name.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    Ok((Named { name, tokenizer }, differs))
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
    types.check(false)?;
    let mut writer = Writer::new();
    for (key, value) in shape_values(folder.config()) {
        writer.value(key, value);
    }
    writer.value("general.type", Value::String("model".into()));
    if let Some(name) = named.name {
        writer.value("general.name", Value::String(name));
    }
    for (key, value) in type_values(types).into_iter().chain(named.tokenizer) {
        writer.value(key, value);
    }
    let untied =
        tensor_specs(folder.config()).into_iter().filter(|part| !(folder.tied() && part.role == TensorRole::Output));
    let planned: Vec<(TensorSpec, GgmlType)> =
        untied.map(|part| (types.of_tensor(&part.name(), &part.dims), part)).map(|(kind, part)| (part, kind)).collect();
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
