//! What a training leaves: the model as GGUF and as a Hugging Face folder, or its adapters as PEFT keeps them.

use std::path::Path;

use super::choice::Choice;
use super::model::Model;
use super::parameter::Parameter;
use super::projection::Adapter;
use super::recipe::Lora;
use mixtral_engine::arch::{TensorRole, TensorSpec, shape_values};
use mixtral_engine::error::{Error, Result};
use mixtral_engine::formats::gguf::{Metadata, Value, Writer};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::encode;
use mixtral_engine::weights::lora::{AdapterConfig, Pair};
use mixtral_tools::adapter;
use mixtral_tools::files::atomic_file;
use mixtral_tools::hugging_face::{self, Form};

/// The tokenizer's keys of another file's metadata, chat template included.
pub fn tokenizer_values(metadata: &Metadata) -> Vec<(String, Value)> {
    metadata.iter().filter(|(key, _)| key.starts_with("tokenizer.")).map(|(k, v)| (k.to_owned(), v.clone())).collect()
}

/// Writes a model as GGUF, adapters folded in. Matrices take the type `kind`, norms and routers stay
/// F32. The file appears whole or not at all.
///
/// # Errors
/// The type cannot be written, or the file cannot.
pub fn write_gguf(path: &Path, model: &Model, values: Vec<(String, Value)>, kind: GgmlType) -> Result<()> {
    let mut writer = Writer::new();
    for (key, value) in shape_values(model.config()).into_iter().chain(values) {
        writer.value(key, value);
    }
    let parts = model.parts();
    let kind_of =
        |part: &TensorSpec| if part.role.is_norm() || part.role == TensorRole::Router { GgmlType::F32 } else { kind };
    for (part, _) in &parts {
        writer.plan(part.name(), kind_of(part), &part.dims).map_err(Error::io(path))?;
    }
    // One matrix at a time is folded and encoded: nothing holds the model a second time.
    atomic_file::write(path, |out| {
        let mut stream = writer.begin(out).map_err(Error::io(path))?;
        for (part, projection) in &parts {
            let bytes = encode(kind_of(part), &projection.merged(), part.matrix().1, None)?;
            stream.put(&bytes).map_err(Error::io(path))?;
        }
        stream.end().map_err(Error::io(path))
    })
}

/// Writes a model as a Hugging Face folder, adapters folded in: configuration, shards of at most `shard_bytes`, tokenizer.
/// It appears whole or not at all, and replaces what an earlier call wrote there.
///
/// # Errors
/// The type is none of Hugging Face's, the tokenizer has no such form, or a file cannot be written.
pub fn write_hugging_face(
    folder: &Path,
    model: &Model,
    tokenizer: &Metadata,
    kind: GgmlType,
    shard_bytes: u64,
) -> Result<()> {
    let form = Form { config: model.config(), tied: false, kind, shard_bytes, replace: true };
    let mut parts = model.parts().into_iter().map(|(part, projection)| (part, projection.merged()));
    hugging_face::write(folder, &form, tokenizer, &mut parts)
}

/// Writes a model's adapters, and what was trained whole beside them, as PEFT does. `base` is what they call their base;
/// `kind` is F32, F16 or BF16.
///
/// # Errors
/// A file cannot be written, or a number does not fit `kind`.
pub fn write_adapter(folder: &Path, model: &Model, settings: &Lora, base: &str, kind: GgmlType) -> crate::Result<()> {
    let choice = Choice::new(&settings.target_modules, &settings.modules_to_save)?;
    let config = AdapterConfig {
        base: base.to_owned(),
        rank: settings.r,
        alpha: settings.lora_alpha,
        dropout: settings.lora_dropout,
        targets: choice.target_names(),
        whole: choice.whole_names(),
        ..AdapterConfig::default()
    };
    let parts = model.parts();
    let mut pairs = parts.iter().flat_map(|(part, projection)| {
        let adapter = projection.adapter.as_ref();
        let pair = move |(expert, adapter): (usize, &Adapter)| {
            let copy = |p: &Parameter| p.with_weights(expert, <[f32]>::to_vec);
            (
                part.clone(),
                expert,
                Pair { rank: settings.r, a: copy(&adapter.a), b: copy(&adapter.b), scale: adapter.scale },
            )
        };
        (0..part.experts()).filter_map(move |expert| Some((expert, adapter?))).map(pair)
    });
    let whole = parts.iter().filter(|(_, projection)| projection.weight.is_trained());
    let mut whole = whole.map(|(part, projection)| (part.clone(), projection.weight.copy()));
    Ok(adapter::write(folder, &config, model.config(), &mut pairs, &mut whole, kind)?)
}
