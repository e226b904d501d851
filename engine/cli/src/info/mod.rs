//! `mixtral info`: what a model file holds.

mod adapter;
mod format;

use std::collections::BTreeMap;

use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::{Array, Gguf, Value};
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_engine::weights::{ModelFiles, is_adapter};
use serde_json::{Map, Value as Json, json};

use self::format::{bytes, millions, printable};
use crate::arguments::Info;
use crate::language::Language;

pub fn run(arguments: &Info, language: Language) -> anyhow::Result<()> {
    // A file that cannot run is told of all the same; an adapter can be told of only beside its base.
    if is_adapter(&arguments.model.path) || arguments.model.base.is_some() {
        let files = arguments.model.open()?;
        return tell(files.gguf(), Some(&files), arguments, language);
    }
    tell(&Gguf::open(&arguments.model.path)?, None, arguments, language)
}

fn tell(gguf: &Gguf, adapted: Option<&ModelFiles>, arguments: &Info, language: Language) -> anyhow::Result<()> {
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

fn heading(language: Language, english: &str, chinese: &str) {
    say!("\n{}", language.pick(english, chinese));
}

fn print_header(gguf: &Gguf, l: Language) {
    say!("{}", gguf.path().display());
    let (version, tensors) = (gguf.version(), gguf.tensors().len());
    let (size, weights) = (bytes(gguf.file_bytes()), millions(gguf.parameters()));
    match l {
        Language::English => say!("GGUF {version} · {size} · {tensors} tensors · {weights} weights"),
        Language::Chinese => say!("GGUF {version} · {size} · {tensors} 个张量 · {weights} 权重"),
    }
}

fn print_metadata(gguf: &Gguf, l: Language) {
    heading(l, "Metadata", "元数据");
    for (key, value) in gguf.metadata().iter().filter(|(key, _)| *key != TEMPLATE) {
        say!("  {key} = {}", shown(value));
    }
}

fn print_model(gguf: &Gguf, l: Language) {
    heading(l, "Model", "模型");
    match Config::from_gguf(gguf) {
        Ok(c) => {
            let rows = [
                (l.pick("layers", "层数"), c.layers),
                (l.pick("width", "宽度"), c.hidden),
                (l.pick("query heads", "查询头"), c.heads),
                (l.pick("key-value heads", "键值头"), c.kv_heads),
                (l.pick("head width", "头宽度"), c.head_dim),
                (l.pick("expert width", "专家宽度"), c.ffn),
                (l.pick("experts", "专家数"), c.experts),
                (l.pick("experts a token", "每词元专家数"), c.top),
                (l.pick("vocabulary", "词表"), c.vocabulary),
                (l.pick("context", "上下文"), c.context),
            ];
            for (name, value) in rows {
                say!("  {name}: {value}");
            }
        }
        Err(error) => say!("  {}{error}", l.pick("cannot run: ", "无法运行：")),
    }
    match Tokenizer::from_gguf(gguf.metadata()) {
        Ok(t) => say!("  {}{}", l.pick("tokens: ", "词元："), t.vocabulary().len()),
        Err(error) => say!("  {}{error}", l.pick("no tokenizer: ", "没有可用的分词器：")),
    }
}

fn print_types(gguf: &Gguf, l: Language) {
    heading(l, "Tensors by type", "各类型张量");
    for (kind, (count, size)) in by_type(gguf) {
        say!("  {kind:8} {count:5}  {}", bytes(size));
    }
}

fn print_tensors(gguf: &Gguf, l: Language) {
    heading(l, "Tensors", "张量");
    for t in gguf.tensors() {
        let dims: Vec<String> = t.dims.iter().map(usize::to_string).collect();
        say!("  {:40} {:8} [{}] {} @ {}:{}", t.name, t.kind.name(), dims.join(", "), bytes(t.len), t.shard, t.start);
    }
}

fn print_template(gguf: &Gguf, l: Language) {
    heading(l, "Chat template", "聊天模板");
    match gguf.metadata().opt_str(TEMPLATE) {
        Ok(Some(text)) => {
            if let Err(error) = ChatTemplate::new(Some(text)) {
                say!("  {}{error}", l.pick("broken: ", "已损坏："));
            }
            text.lines().for_each(|line| say!("  {}", printable(line)));
        }
        Ok(None) => say!("  {}", l.pick("none: Mixtral's instruct format is used", "无：使用 Mixtral 指令格式")),
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
        "runs": Config::from_gguf(gguf).is_ok() && Tokenizer::from_gguf(gguf.metadata()).is_ok(),
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
