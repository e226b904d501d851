//! `mixtral imatrix`: how much each column of each matrix matters, for quantising.

use std::path::PathBuf;

use clap::Args;
use mixtral_engine::model::Mixtral;
use mixtral_engine::ops::Backend;
use mixtral_tools::imatrix::Imatrix;

use crate::language::Language;
use crate::options::{Machine, Model};
use crate::progress::{refuse_existing, refuse_folder};
use crate::windows::{self, Opened, Windows};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub windows: Windows,
    /// The file to write.
    #[arg(id = "written", short = 'o', long = "out", value_name = "FILE")]
    pub out: PathBuf,
    /// Replace a file that is there.
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    refuse_existing(&arguments.out, arguments.force, language)?;
    refuse_folder(&arguments.out, language)?;
    let Opened { files, device, window, all } =
        arguments.windows.open(&arguments.model, &arguments.machine, language)?;
    let config = files.config().clone();
    // The reference operations multiply expert by expert, so that each shows what comes to it.
    let mut model = Mixtral::load_with(Backend::Reference, &files, config, &device, &mut |_, _| {})?;
    let watched = model.watch()?;
    let mut cache = windows::cache(&model, window)?;
    let bar = windows::bar(all.len());
    let mut tokens = 0;
    for chunk in &all {
        let inputs = &chunk.tokens[..chunk.tokens.len().min(window)];
        windows::run(&model, &mut cache, inputs, |_, _| Ok(()))?;
        tokens += inputs.len();
        bar.inc(1);
    }
    bar.finish_and_clear();
    let text = arguments.windows.text.file_name().unwrap_or_default().to_string_lossy();
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
    let count = imatrix.len();
    match language {
        Language::English => say!("{}: {count} matrices, {tokens} tokens", arguments.out.display()),
        Language::Chinese => say!("{}：{count} 个矩阵，{tokens} 词元", arguments.out.display()),
    }
    Ok(())
}
