//! `mixtral tokenizer`: a vocabulary from training files.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::formats::gguf::{Value, Writer};
use mixtral_engine::text::gguf_values;
use mixtral_tools::tokenizer::tokenizer_json;
use mixtral_train::vocabulary;

use crate::language::Language;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder to write tokenizer.json and tokenizer.gguf into.
    pub folder: PathBuf,
    /// Training files (JSON lines); every string in them is learnt from.
    #[arg(required = true)]
    pub texts: Vec<PathBuf>,
    /// Tokens of the vocabulary.
    #[arg(long, default_value_t = 6400)]
    pub size: usize,
    /// Most characters of a token; 1 gives single characters.
    #[arg(long, default_value_t = 1)]
    pub longest: usize,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let mut texts = Vec::new();
    for path in &arguments.texts {
        let name = || path.display().to_string();
        let file = std::fs::read_to_string(path).with_context(name)?;
        for (at, line) in file.lines().enumerate() {
            let line = serde_json::from_str(line).with_context(|| format!("{}: line {}", name(), at + 1))?;
            strings(line, &mut texts);
        }
    }
    let parts = vocabulary::learn(texts.iter().map(String::as_str), arguments.size, arguments.longest)?;
    std::fs::create_dir_all(&arguments.folder).with_context(|| arguments.folder.display().to_string())?;
    let json = arguments.folder.join("tokenizer.json");
    std::fs::write(&json, tokenizer_json(&parts)?.to_string()).with_context(|| json.display().to_string())?;
    let mut writer = Writer::new();
    writer.value("general.architecture", Value::String("llama".into()));
    for (key, value) in gguf_values(&parts, Some(vocabulary::TEMPLATE)) {
        writer.value(key, value);
    }
    let gguf = arguments.folder.join("tokenizer.gguf");
    let file = std::fs::File::create(&gguf).with_context(|| gguf.display().to_string())?;
    writer.write(&mut std::io::BufWriter::new(file))?;
    let tokens = parts.tokens.len();
    match language {
        Language::English => say!("{tokens} tokens: {}, {}", json.display(), gguf.display()),
        Language::Chinese => say!("{tokens} 个词元：{}、{}", json.display(), gguf.display()),
    }
    Ok(())
}

/// Every string in a line, but not the names of its fields nor of roles.
fn strings(value: serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => out.push(text),
        serde_json::Value::Array(items) => items.into_iter().for_each(|item| strings(item, out)),
        serde_json::Value::Object(fields) => {
            fields.into_iter().filter(|(key, _)| key != "role").for_each(|(_, item)| strings(item, out));
        }
        _ => {}
    }
}
