//! `mixtral imatrix`: how much each column of each matrix matters, for quantising.

use std::path::PathBuf;

use candle_core::Device;
use clap::Args;
use mixtral_reference::{KvCache, Mixtral, WithCache};
use mixtral_tools::imatrix::{Imatrix, model_of};

use crate::i18n::Language;
use crate::options::{Machine, Model};
use crate::progress::{refuse_existing, refuse_folder};
use crate::windows::{self, Opened, Windows};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub windows: Windows,
    #[arg(short, long, alias = "output", value_name = "FILE")]
    pub out: PathBuf,
    #[arg(short, long)]
    pub force: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    refuse_existing(&arguments.out, arguments.force, language)?;
    refuse_folder(&arguments.out, language)?;
    let Opened { files, config, window, all, .. } =
        arguments.windows.open(&arguments.model, &arguments.machine, language)?;
    // It multiplies expert by expert, so that each shows what comes to it.
    let device = Device::Cpu;
    let mut model = Mixtral::load(&files, config, &device, &mut |_, _| {})?;
    let watched = model.watch();
    let sizes = windows::sizes(window, arguments.machine.kv_cache_dtype);
    let cache = KvCache::new(model.config(), sizes.blocks, sizes.block_size, &device)?;
    let vocabulary = model.config().vocab_size;
    let mut model = WithCache { model, cache };
    let bar = windows::bar(all.len());
    let mut tokens = 0;
    for chunk in &all {
        let inputs = &chunk.tokens[..chunk.tokens.len().min(window)];
        windows::run(&mut model, vocabulary, inputs, |_, _| Ok(()))?;
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
        eprintln!("{}", t!(language, "imatrix-idle", name = name, expert = expert));
    }
    imatrix.model = Some(model_of(&files)?);
    imatrix.write(&arguments.out)?;
    let count = imatrix.len();
    let path = arguments.out.display();
    say!("{}", t!(language, "imatrix-written", path = path, matrices = count, tokens = tokens));
    Ok(())
}
