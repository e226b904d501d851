//! `mixtral convert`: a Hugging Face folder into a GGUF file, or the other way round.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::hugging_face::{Folder, is_folder};
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::weights::lora::CONFIG_FILE;
use mixtral_tools::convert::{folder_type, named, to_folder, to_gguf};

use crate::i18n::Language;
use crate::progress::{PERCENT, gguf_kind, kind, refuse_existing, refuse_folder, refuse_full_disk, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    pub source: PathBuf,
    pub target: PathBuf,
    #[arg(id = "type", long = "type", alias = "outtype", value_name = "TYPE")]
    pub kind: Option<String>,
    #[arg(long, alias = "max-shard-size", value_name = "SIZE", default_value = "5GB")]
    pub shard_size: String,
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Arguments { source, target, force, .. } = arguments;
    if source.is_dir() {
        if !is_folder(source) && source.join(CONFIG_FILE).is_file() {
            bail!(t!(language, "convert-adapter", path = source.display()));
        }
        refuse_existing(target, *force, language)?;
        refuse_folder(target, language)?;
        return folder_to_gguf(arguments, language);
    }
    refuse_existing(target, *force, language)?;
    gguf_to_folder(arguments, language)
}

fn folder_to_gguf(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let target = &arguments.target;
    let folder = Folder::open(&arguments.source)?;
    let own = folder.kind();
    let kind = arguments.kind.as_deref().map_or(Ok(own), |name| gguf_kind(name, language))?;
    let (named, differs) = named(&folder)?;
    if let Some(text) = differs {
        eprintln!("{}", t!(language, "convert-merges-differ", text = format!("{text:?}")));
    }
    refuse_full_disk(target, bytes(kind, folder.weights()), language)?;
    shown(PERCENT, |report| to_gguf(&folder, target, QuantMix::of(kind), named, report))?;
    tell(arguments, folder.weights(), kind, language);
    Ok(())
}

fn gguf_to_folder(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let target = &arguments.target;
    let gguf = Gguf::open(&arguments.source)?;
    let possible = [GgmlType::F16, GgmlType::BF16, GgmlType::F32];
    let own = folder_type(&gguf);
    let kind = arguments.kind.as_deref().map_or(Ok(own), |name| kind(name, &possible, language))?;
    let shard = size(&arguments.shard_size, language)?;
    refuse_full_disk(target, bytes(kind, gguf.parameters()), language)?;
    shown(PERCENT, |report| to_folder(&gguf, target, kind, shard, arguments.force, report))?;
    tell(arguments, gguf.parameters(), kind, language);
    Ok(())
}

/// About how much so many weights take.
fn bytes(kind: GgmlType, weights: u64) -> u64 {
    weights / kind.block_len() as u64 * kind.block_bytes() as u64
}

fn tell(arguments: &Arguments, weights: u64, kind: GgmlType, language: Language) {
    let (path, count) = (arguments.target.display(), language.count(weights));
    say!("{}", t!(language, "convert-written", path = path, parameters = count, type = kind));
}

/// `5GB`, `500MB`, or bytes.
fn size(text: &str, language: Language) -> anyhow::Result<u64> {
    let plain = text.trim().to_ascii_uppercase();
    let units = [("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("G", 1e9), ("M", 1e6), ("K", 1e3), ("B", 1.0), ("", 1.0)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((plain.strip_suffix(name)?, *unit))).context("a size")?;
    let size = number.trim().parse::<f64>().ok().map(|number| number * unit);
    size.filter(|size| (1.0..1e18).contains(size))
        .map(|size| size as u64)
        .ok_or_else(|| anyhow!(t!(language, "convert-shard-size", text = text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let read = |text| size(text, Language::English).ok();
        assert_eq!(read("5GB"), Some(5_000_000_000));
        assert_eq!(read("1.5 gb"), Some(1_500_000_000));
        assert_eq!(read("500M"), Some(500_000_000));
        assert_eq!(read("4096"), Some(4096));
        for wrong in ["", "much", "-1GB", "0", "NaN", "inf"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
