//! `mixtral train-tokenizer`: a vocabulary from training files.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::formats::gguf::{Value, Writer};
use mixtral_engine::text::gguf_values;
use mixtral_tools::tokenizer::tokenizer_json;
use mixtral_train::data::{training_files, values};
use mixtral_train::vocabulary;

use crate::i18n::Language;

#[derive(Debug, Args)]
pub struct Arguments {
    pub folder: PathBuf,
    #[arg(required = true, value_name = "FILE")]
    pub texts: Vec<PathBuf>,
    #[arg(long, alias = "size", default_value_t = 6400)]
    pub vocab_size: usize,
    #[arg(long, alias = "longest", default_value_t = 1)]
    pub max_token_length: usize,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let mut texts = Vec::new();
    for path in training_files(&arguments.texts)? {
        let name = path.display().to_string();
        let bytes = std::fs::read(&path).with_context(|| name.clone())?;
        values(&bytes, &name)?.into_iter().for_each(|value| strings(value, &mut texts));
    }
    let parts = vocabulary::learn(texts.iter().map(String::as_str), arguments.vocab_size, arguments.max_token_length)?;
    std::fs::create_dir_all(&arguments.folder).with_context(|| arguments.folder.display().to_string())?;
    let json = arguments.folder.join("tokenizer.json");
    std::fs::write(&json, tokenizer_json(&parts)?.to_string()).with_context(|| json.display().to_string())?;
    let mut writer = Writer::new();
    writer.value("general.architecture", Value::String("llama".into()));
    for (key, value) in gguf_values(&parts, Some(vocabulary::template(arguments.max_token_length))) {
        writer.value(key, value);
    }
    let gguf = arguments.folder.join("tokenizer.gguf");
    let file = std::fs::File::create(&gguf).with_context(|| gguf.display().to_string())?;
    writer.write(&mut std::io::BufWriter::new(file))?;
    let tokens = parts.tokens.len();
    say!("{}", t!(language, "tokenizer-written", tokens = tokens, json = json.display(), gguf = gguf.display()));
    Ok(())
}

/// Every string in an example, but not the names of its fields nor of roles.
fn strings(value: serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => out.push(text),
        serde_json::Value::Array(items) => items.into_iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(fields) => {
            let said = fields.into_iter().filter(|(key, _)| key != "role" && key != "from");
            said.for_each(|(_, item)| strings(item, out));
        }
        _ => {}
    }
}
