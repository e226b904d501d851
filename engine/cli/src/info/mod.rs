//! `mixtral info`: what a model file or folder holds.

mod about;
mod adapter;
mod format;

use std::collections::BTreeMap;

use clap::Args;
use mixtral_engine::formats::gguf::{Array, Gguf, Value};
use mixtral_engine::hugging_face::is_folder;
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_engine::weights::{ModelFiles, is_adapter, split_type};
use serde_json::{Map, Value as Json, json};

use self::about::{About, Shown};
use self::format::{bytes, printable};
use crate::i18n::{self, Language};
use crate::options::Model;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[arg(long)]
    pub tensors: bool,
    #[arg(long)]
    pub json: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Model { path, base, kind } = &arguments.model;
    let plain = split_type(path).0;
    // A file that cannot run is told of all the same; an adapter can be told of only beside its base.
    if is_adapter(plain) || base.is_some() {
        let files = arguments.model.open()?;
        let base = files.base_path();
        if is_folder(base) {
            let alone = ModelFiles::open_as(base, None, *kind)?;
            return tell(&About::of_folder(&alone), Some(&files), arguments, language);
        }
        return tell(&About::of_file(&Gguf::open(base)?), Some(&files), arguments, language);
    }
    if plain.is_dir() || kind.is_some() {
        return tell(&About::of_folder(&arguments.model.open()?), None, arguments, language);
    }
    tell(&About::of_file(&Gguf::open(plain)?), None, arguments, language)
}

fn tell(
    about: &About<'_>,
    adapted: Option<&ModelFiles>,
    arguments: &Arguments,
    language: Language,
) -> anyhow::Result<()> {
    if arguments.json {
        let mut all = as_json(about, arguments.tensors);
        if let Some(about) = adapted.and_then(adapter::as_json) {
            all["adapter"] = about;
        }
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if let Some(files) = adapted {
        adapter::print(files, language);
    }
    print_header(about, language);
    print_metadata(about, language);
    print_model(about, language);
    print_types(about, language);
    if arguments.tensors {
        print_tensors(about, language);
    }
    print_template(about, language);
    Ok(())
}

/// A heading, with an empty line before it.
fn heading(text: &str) {
    say!("\n{text}");
}

fn print_header(about: &About<'_>, l: Language) {
    say!("{}", about.path.display());
    let (tensors, size, count) = (about.tensors.len(), bytes(about.bytes), l.count(about.parameters));
    match about.version {
        Some(version) => {
            let version = version.to_string();
            say!("{}", t!(l, "info-file", version = version, size = size, tensors = tensors, parameters = count));
        }
        None => say!("{}", t!(l, "info-folder", size = size, tensors = tensors, parameters = count)),
    }
}

fn print_metadata(about: &About<'_>, l: Language) {
    heading(&t!(l, "info-metadata"));
    for (key, value) in about.metadata.iter().filter(|(key, _)| *key != TEMPLATE) {
        say!("  {key} = {}", shown(value));
    }
}

fn print_model(about: &About<'_>, l: Language) {
    heading(&t!(l, "info-model"));
    match &about.config {
        Ok(c) => {
            let rows = [
                ("layers", c.layers),
                ("hidden-size", c.hidden_size),
                ("heads", c.heads),
                ("kv-heads", c.kv_heads),
                ("head-dim", c.head_dim),
                ("intermediate-size", c.intermediate_size),
                ("experts", c.num_experts),
                ("experts-per-token", c.experts_per_token),
                ("vocab-size", c.vocab_size),
                ("context", c.max_context),
            ];
            for (name, value) in rows {
                say!("  {}", t!(l, &format!("info-model-{name}"), value = value));
            }
        }
        Err(error) => say!("  {}", t!(l, "info-unsupported", error = i18n::engine(error, l))),
    }
    match Tokenizer::from_gguf(about.metadata) {
        Ok(t) => say!("  {}", t!(l, "info-tokens", value = t.vocabulary().len())),
        Err(error) => say!("  {}", t!(l, "info-no-tokenizer", error = i18n::engine(&error, l))),
    }
}

fn print_types(about: &About<'_>, l: Language) {
    heading(&t!(l, "info-types"));
    for (kind, (count, size)) in by_type(about) {
        say!("  {kind:8} {count:5}  {}", bytes(size));
    }
}

fn print_tensors(about: &About<'_>, l: Language) {
    heading(&t!(l, "info-tensors"));
    for t in &about.tensors {
        let dims: Vec<String> = t.dims.iter().map(usize::to_string).collect();
        let place = t.place.map(|(shard, start)| format!(" @ {shard}:{start}")).unwrap_or_default();
        say!("  {:40} {:8} [{}] {}{place}", t.name, t.kind, dims.join(", "), bytes(t.bytes));
    }
}

fn print_template(about: &About<'_>, l: Language) {
    heading(&t!(l, "info-template"));
    match about.metadata.opt_str(TEMPLATE) {
        Ok(Some(text)) => {
            if let Err(error) = ChatTemplate::new(Some(text)) {
                say!("  {}", t!(l, "info-template-broken", error = error.to_string()));
            }
            text.lines().for_each(|line| say!("  {}", printable(line)));
        }
        Ok(None) => say!("  {}", t!(l, "info-no-template")),
        Err(error) => say!("  {error}"),
    }
}

const TEMPLATE: &str = "tokenizer.chat_template";

fn by_type(about: &About<'_>) -> BTreeMap<&'static str, (usize, u64)> {
    let mut types = BTreeMap::new();
    for tensor in &about.tensors {
        let (count, size) = types.entry(tensor.kind).or_insert((0, 0));
        *count += 1;
        *size += tensor.bytes;
    }
    types
}

fn as_json(about: &About<'_>, tensors: bool) -> Json {
    let metadata: Map<String, Json> =
        about.metadata.iter().map(|(key, value)| (key.to_owned(), json_of(value))).collect();
    let types: Map<String, Json> = by_type(about)
        .into_iter()
        .map(|(kind, (count, size))| (kind.to_owned(), json!({ "tensors": count, "bytes": size })))
        .collect();
    let mut all = json!({
        "path": about.path.display().to_string(),
        "version": about.version,
        "bytes": about.bytes,
        "parameters": about.parameters,
        "supported": about.config.is_ok() && Tokenizer::from_gguf(about.metadata).is_ok(),
        "metadata": metadata,
        "types": types,
    });
    if tensors {
        let row = |t: &Shown| {
            let mut row = json!({ "name": t.name, "type": t.kind, "shape": t.dims, "bytes": t.bytes });
            if let Some((shard, start)) = t.place {
                row["shard"] = json!(shard);
                row["offset"] = json!(start);
            }
            row
        };
        all["tensors"] = about.tensors.iter().map(row).collect();
    }
    all
}

/// Arrays are told by their length: a vocabulary would drown the rest.
fn json_of(value: &Value) -> Json {
    match value {
        Value::U8(v) => json!(v),
        Value::I8(v) => json!(v),
        Value::U16(v) => json!(v),
        Value::I16(v) => json!(v),
        Value::U32(v) => json!(v),
        Value::I32(v) => json!(v),
        Value::U64(v) => json!(v),
        Value::I64(v) => json!(v),
        Value::F32(v) => json!(v),
        Value::F64(v) => json!(v),
        Value::Bool(v) => json!(v),
        Value::String(v) => json!(v),
        Value::Array(array) => json!({ "array": value.type_name(), "length": length(array) }),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let short: String = text.chars().take(100).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("{}{more}", printable(&short))
        }
        Value::Array(array) => format!("[{}]", length(array)),
        other => json_of(other).to_string(),
    }
}

fn length(array: &Array) -> usize {
    match array {
        Array::U8(v) => v.len(),
        Array::I8(v) => v.len(),
        Array::U16(v) => v.len(),
        Array::I16(v) => v.len(),
        Array::U32(v) => v.len(),
        Array::I32(v) => v.len(),
        Array::U64(v) => v.len(),
        Array::I64(v) => v.len(),
        Array::F32(v) => v.len(),
        Array::F64(v) => v.len(),
        Array::Bool(v) => v.len(),
        Array::String(v) => v.len(),
        Array::Array(v) => v.len(),
    }
}
