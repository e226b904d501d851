//! `mixtral quantize`: a model file into a smaller type.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quant::file::{Types, Written, quantise};
use mixtral_engine::quant::quantize::{WRITABLE, by_name};
use mixtral_engine::weights::gguf::Gguf;

use crate::language::Language;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The model: a GGUF file, or its first shard.
    pub model: PathBuf,
    /// The file to write.
    #[arg(id = "written", value_name = "OUT")]
    pub out: PathBuf,
    /// The type of the matrices, such as Q4_K.
    #[arg(id = "kind", value_name = "TYPE")]
    pub kind: String,
    /// The embedding's type; without it Q6_K for Q2_K and Q3_K, else TYPE.
    #[arg(long, value_name = "TYPE")]
    pub embedding: Option<String>,
    /// The output matrix's type; without it Q6_K for Q2_K to Q5_K, else TYPE.
    #[arg(long, value_name = "TYPE")]
    pub output: Option<String>,
    /// Replace a file that is there.
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let mut types = Types::of(kind(&arguments.kind, language)?);
    if let Some(name) = &arguments.embedding {
        types.embedding = kind(name, language)?;
    }
    if let Some(name) = &arguments.output {
        types.output = kind(name, language)?;
    }
    let name = arguments.out.display();
    let there = language.pick("is there already; --force replaces it", "已存在；--force 可将其替换");
    ensure!(arguments.force || !arguments.out.exists(), "{name}: {there}");
    let gguf = Gguf::open(&arguments.model)?;
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let written = quantise(&gguf, &arguments.out, types, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    tell(&written.with_context(|| name.to_string())?, language);
    Ok(())
}

fn kind(name: &str, language: Language) -> anyhow::Result<GgmlType> {
    by_name(name).ok_or_else(|| {
        let known: Vec<_> = WRITABLE.iter().map(|kind| kind.name()).collect();
        let known = known.join(", ");
        match language {
            Language::English => anyhow!("{name}: no type that can be written; these can: {known}"),
            Language::Chinese => anyhow!("{name}：不是可写的类型；可写的类型有：{known}"),
        }
    })
}

fn tell(written: &Written, language: Language) {
    for (tensor, kind) in &written.fallen_back {
        match language {
            Language::English => eprintln!("{tensor}: its rows are not whole blocks, written as {kind}"),
            Language::Chinese => eprintln!("{tensor}：行长不是整块，改写为 {kind}"),
        }
    }
    let types: Vec<String> = written.types.iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
    let (before, after) = (written.before as f64 / 1e6, written.after as f64 / 1e6);
    let part = 100.0 * written.after as f64 / written.before.max(1) as f64;
    println!("{before:.1} MB -> {after:.1} MB ({part:.0} %); {}", types.join(", "));
}
