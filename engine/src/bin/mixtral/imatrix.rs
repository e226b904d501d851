//! `mixtral imatrix`: how much each column of each matrix matters, for quantising.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use mixtral_engine::model::Mixtral;
use mixtral_engine::ops::Backend;
use mixtral_engine::quant::imatrix::Imatrix;
use mixtral_engine::text::Tokenizer;

use crate::arguments::{Machine, Model};
use crate::language::Language;
use crate::windows;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    /// The text.
    pub text: PathBuf,
    /// The file to write.
    #[arg(id = "written", short = 'o', long = "out", value_name = "FILE")]
    pub out: PathBuf,
    /// Tokens in a window; without it the model's context, at most 512.
    #[arg(short, long)]
    pub window: Option<usize>,
    /// Most windows to compute.
    #[arg(long)]
    pub windows: Option<usize>,
    /// Replace a file that is there.
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let there = language.pick("is there already; --force replaces it", "已存在；--force 可将其替换");
    ensure!(arguments.force || !arguments.out.exists(), "{}: {there}", arguments.out.display());
    arguments.machine.make_pool()?;
    let device = arguments.machine.device.open()?;
    let files = arguments.model.open()?;
    let config = files.config().clone();
    let tokenizer = Tokenizer::from_gguf(files.gguf().metadata())?;
    let window = arguments.window.unwrap_or(512).min(config.context);
    let all = windows::cut(&arguments.text, &tokenizer, window, arguments.windows, language)?;
    // The reference operations multiply expert by expert, so that each shows what comes to it.
    let mut model = Mixtral::load_with(Backend::Reference, &files, config, &device, &mut |_, _| {})?;
    let watched = model.watch()?;
    let mut cache = windows::cache(&model, window)?;
    let bar = windows::bar(all.len());
    for chunk in &all {
        windows::run(&model, &mut cache, chunk, |_, _| Ok(()))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let text = arguments.text.file_name().unwrap_or_default().to_string_lossy();
    let mut imatrix = Imatrix::new(&text, all.len() as u32, window as u32);
    for (part, watches) in watched {
        imatrix.add(part.name(), watches.iter().map(|watch| watch.moments()).collect());
    }
    for (name, expert) in imatrix.idle() {
        match language {
            Language::English => eprintln!("{name}: no token came to expert {expert}; a longer text may bring some"),
            Language::Chinese => eprintln!("{name}：没有词元经过专家 {expert}；可换更长的文本"),
        }
    }
    imatrix.write(&arguments.out)?;
    let (count, tokens) = (imatrix.len(), all.len() * window);
    match language {
        Language::English => say!("{}: {count} matrices, {tokens} tokens", arguments.out.display()),
        Language::Chinese => say!("{}：{count} 个矩阵，{tokens} 词元", arguments.out.display()),
    }
    Ok(())
}
