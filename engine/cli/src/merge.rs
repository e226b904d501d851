//! `mixtral merge`: adapters into their base, as a model that needs neither.

use std::path::{Path, PathBuf};

use clap::Args;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::Source as _;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::text::gguf_values;
use mixtral_tools::hugging_face::Folder;
use mixtral_tools::merge::{self, TokenizerFrom};
use mixtral_tools::mixes::Types;
use mixtral_tools::tokenizer;

use crate::language::Language;
use crate::progress::{PERCENT, gguf_kind, refuse_existing, refuse_folder, refuse_full_disk, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The base: a Hugging Face folder, or a GGUF file (or its first shard).
    #[arg(id = "merged_base", value_name = "BASE")]
    pub base: PathBuf,
    /// PEFT adapters' folders, put in one after the other; and last what to write, of the base's sort.
    #[arg(required = true, num_args = 2.., value_name = "ADAPTER... OUT")]
    pub adapters: Vec<PathBuf>,
    /// The type of the matrices, for a GGUF base; without it the base's own.
    #[arg(id = "merged_type", long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// Replace what is there.
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Some((out, adapters)) = arguments.adapters.split_last() else {
        anyhow::bail!(language.pick("no adapter is named", "没有给出适配器"));
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
    match language {
        Language::English => say!("{}; tokenizer of {from}", out.display()),
        Language::Chinese => say!("{}；词表取自 {from}", out.display()),
    }
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
        let what = language.pick(
            "--type is for a GGUF base; a folder keeps its types, and mixtral convert writes others",
            "--type 只用于 GGUF 基础模型；文件夹保持原有类型，可用 mixtral convert 写成其他类型",
        );
        anyhow::bail!(what);
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
    let types = arguments.kind.as_deref().map(|name| gguf_kind(name, language).map(Types::of)).transpose()?;
    let base = Gguf::open(&arguments.base)?;
    let config = Config::from_gguf(&base)?;
    let opened = merge::open(adapters, &config, base.is_tied())?;
    let own = match tokenizer {
        TokenizerFrom::Base => None,
        TokenizerFrom::Adapter(folder) => {
            let model = tokenizer::Model { vocabulary: config.vocabulary, bos: None, eos: None };
            let found = tokenizer::read(folder, model)?;
            Some(gguf_values(&found.parts, found.template.as_deref()))
        }
    };
    refuse_full_disk(out, base.file_bytes(), language)?;
    Ok(shown(PERCENT, |report| merge::into_gguf(&base, &opened, own, out, types, report))?)
}
