//! `mixtral info`: what a model file holds.

mod adapter;
mod format;

use std::collections::BTreeMap;

use clap::Args;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::{Array, Gguf, Value};
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_engine::weights::{ModelFiles, is_adapter};
use serde_json::{Map, Value as Json, json};

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
    // A file that cannot run is told of all the same; an adapter can be told of only beside its base.
    if is_adapter(&arguments.model.path) || arguments.model.base.is_some() {
        let files = arguments.model.open()?;
        return tell(files.gguf(), Some(&files), arguments, language);
    }
    tell(&Gguf::open(&arguments.model.path)?, None, arguments, language)
}

fn tell(gguf: &Gguf, adapted: Option<&ModelFiles>, arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    if arguments.json {
        let mut all = as_json(gguf, arguments.tensors);
        if let Some(about) = adapted.and_then(adapter::as_json) {
            all["adapter"] = about;
        }
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if let Some(files) = adapted {
        adapter::print(files, language);
    }
    print_header(gguf, language);
    print_metadata(gguf, language);
    print_model(gguf, language);
    print_types(gguf, language);
    if arguments.tensors {
        print_tensors(gguf, language);
    }
    print_template(gguf, language);
    Ok(())
}

/// A heading, with an empty line before it.
fn heading(text: &str) {
    say!("\n{text}");
}

fn print_header(gguf: &Gguf, l: Language) {
    say!("{}", gguf.path().display());
    let (version, tensors) = (gguf.version().to_string(), gguf.tensors().len());
    let (size, count) = (bytes(gguf.file_bytes()), l.count(gguf.parameters()));
    say!("{}", t!(l, "info-file", version = version, size = size, tensors = tensors, parameters = count));
}

fn print_metadata(gguf: &Gguf, l: Language) {
    heading(&t!(l, "info-metadata"));
    for (key, value) in gguf.metadata().iter().filter(|(key, _)| *key != TEMPLATE) {
        say!("  {key} = {}", shown(value));
    }
}

fn print_model(gguf: &Gguf, l: Language) {
    heading(&t!(l, "info-model"));
    match Config::from_gguf(gguf) {
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
        Err(error) => say!("  {}", t!(l, "info-unsupported", error = i18n::engine(&error, l))),
    }
    match Tokenizer::from_gguf(gguf.metadata()) {
        Ok(t) => say!("  {}", t!(l, "info-tokens", value = t.vocabulary().len())),
        Err(error) => say!("  {}", t!(l, "info-no-tokenizer", error = i18n::engine(&error, l))),
    }
}

fn print_types(gguf: &Gguf, l: Language) {
    heading(&t!(l, "info-types"));
    for (kind, (count, size)) in by_type(gguf) {
        say!("  {kind:8} {count:5}  {}", bytes(size));
    }
}

fn print_tensors(gguf: &Gguf, l: Language) {
    heading(&t!(l, "info-tensors"));
    for t in gguf.tensors() {
        let dims: Vec<String> = t.dims.iter().map(usize::to_string).collect();
        say!("  {:40} {:8} [{}] {} @ {}:{}", t.name, t.kind.name(), dims.join(", "), bytes(t.len), t.shard, t.start);
    }
}

fn print_template(gguf: &Gguf, l: Language) {
    heading(&t!(l, "info-template"));
    match gguf.metadata().opt_str(TEMPLATE) {
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

fn by_type(gguf: &Gguf) -> BTreeMap<&'static str, (usize, u64)> {
    let mut types = BTreeMap::new();
    for tensor in gguf.tensors() {
        let (count, size) = types.entry(tensor.kind.name()).or_insert((0, 0));
        *count += 1;
        *size += tensor.len;
    }
    types
}

fn as_json(gguf: &Gguf, tensors: bool) -> Json {
    let metadata: Map<String, Json> =
        gguf.metadata().iter().map(|(key, value)| (key.to_owned(), json_of(value))).collect();
    let types: Map<String, Json> = by_type(gguf)
        .into_iter()
        .map(|(kind, (count, size))| (kind.to_owned(), json!({ "tensors": count, "bytes": size })))
        .collect();
    let mut all = json!({
        "path": gguf.path().display().to_string(),
        "version": gguf.version(),
        "bytes": gguf.file_bytes(),
        "parameters": gguf.parameters(),
        "supported": Config::from_gguf(gguf).is_ok() && Tokenizer::from_gguf(gguf.metadata()).is_ok(),
        "metadata": metadata,
        "types": types,
    });
    if tensors {
        let row = |t: &mixtral_engine::formats::gguf::TensorInfo| json!({ "name": t.name, "type": t.kind.name(), "shape": t.dims, "bytes": t.len, "shard": t.shard, "offset": t.start });
        all["tensors"] = gguf.tensors().iter().map(row).collect();
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
