//! `mixtral merge`: adapters into their base, as a model that needs neither.

use std::path::{Path, PathBuf};

use clap::Args;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{Folder, tokenizer as reader};
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::text::gguf_values;
use mixtral_tools::merge::{self, TokenizerFrom};

use crate::i18n::Language;
use crate::progress::{PERCENT, gguf_kind, refuse_existing, refuse_folder, refuse_full_disk, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    pub base: PathBuf,
    #[arg(required = true, num_args = 2.., value_name = "ADAPTER... OUT")]
    pub adapters: Vec<PathBuf>,
    #[arg(id = "type", long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Some((out, adapters)) = arguments.adapters.split_last() else {
        anyhow::bail!(t!(language, "merge-no-adapter"));
    };
    refuse_existing(out, arguments.force, language)?;
    let tokenizer = merge::tokenizer_of(adapters);
    if arguments.base.is_dir() {
        onto_folder(arguments, adapters, out, &tokenizer, language)?;
    } else {
        onto_gguf(arguments, adapters, out, &tokenizer, language)?;
    }
    let from = match &tokenizer {
        TokenizerFrom::Base => arguments.base.display(),
        TokenizerFrom::Adapter(folder) => folder.display(),
    };
    say!("{}", t!(language, "merge-written", path = out.display(), tokenizer = from));
    Ok(())
}

fn onto_folder(
    arguments: &Arguments,
    adapters: &[PathBuf],
    out: &Path,
    tokenizer: &TokenizerFrom,
    language: Language,
) -> anyhow::Result<()> {
    if arguments.kind.is_some() {
        anyhow::bail!(t!(language, "merge-type-of-a-folder"));
    }
    let base = Folder::open(&arguments.base)?;
    let opened = merge::open(adapters, base.config(), base.tied())?;
    refuse_full_disk(out, base.file_bytes(), language)?;
    let work =
        |report: &mut dyn FnMut(u64, u64)| merge::into_folder(&base, &opened, tokenizer, out, arguments.force, report);
    Ok(shown(PERCENT, work)?)
}

fn onto_gguf(
    arguments: &Arguments,
    adapters: &[PathBuf],
    out: &Path,
    tokenizer: &TokenizerFrom,
    language: Language,
) -> anyhow::Result<()> {
    refuse_folder(out, language)?;
    let types = arguments.kind.as_deref().map(|name| gguf_kind(name, language).map(QuantMix::of)).transpose()?;
    let base = Gguf::open(&arguments.base)?;
    let config = Config::from_gguf(&base)?;
    let opened = merge::open(adapters, &config, base.is_tied())?;
    let own = match tokenizer {
        TokenizerFrom::Base => None,
        TokenizerFrom::Adapter(folder) => {
            let model = reader::Model { vocabulary: config.vocab_size, bos: None, eos: None };
            let found = reader::read(folder, model)?;
            Some(gguf_values(&found.parts, found.template.as_deref()))
        }
    };
    refuse_full_disk(out, base.file_bytes(), language)?;
    Ok(shown(PERCENT, |report| merge::into_gguf(&base, &opened, own, out, types, report))?)
}
