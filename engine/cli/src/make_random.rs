//! `mixtral make-random`: a model of random weights in a true shape, for measuring.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use mixtral_engine::quantize::QuantMix;
use mixtral_engine::quantize::WRITABLE;
use mixtral_tools::random_model::{RandomModel, Shape};
use mixtral_train::vocabulary;

use crate::i18n::Language;
use crate::progress::{kind, refuse_existing, refuse_folder, refuse_full_disk, shown};

#[derive(Debug, Args)]
pub struct Arguments {
    pub out: PathBuf,
    #[arg(long, default_value = "medium", value_name = "SHAPE")]
    pub like: String,
    #[arg(long = "type", id = "type", default_value = "Q4_K", value_name = "TYPE")]
    pub kind: String,
    #[arg(long)]
    pub pure: bool,
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    #[arg(short, long)]
    pub force: bool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let shape = Shape::from_name(&arguments.like).ok_or_else(|| {
        let known: Vec<_> = Shape::ALL.iter().map(|shape| shape.name()).collect();
        anyhow!(t!(language, "shape-unknown", name = &*arguments.like, known = known.join(", ")))
    })?;
    // Random weights mean nothing, so that no importance matrix is missed.
    let kind = kind(&arguments.kind, &WRITABLE, language)?;
    let types = if arguments.pure { QuantMix::pure(kind) } else { QuantMix::of(kind) };
    refuse_existing(&arguments.out, arguments.force, language)?;
    refuse_folder(&arguments.out, language)?;
    let model = RandomModel { shape, types, seed: arguments.seed };
    refuse_full_disk(&arguments.out, model.bytes()?, language)?;
    let parameters = shown("{wide_bar} {bytes}/{total_bytes} {eta}", |report| {
        model.write(&arguments.out, vocabulary::TEMPLATE, report)
    });
    let parameters = parameters.with_context(|| arguments.out.display().to_string())?;
    let (path, count) = (arguments.out.display(), language.count(parameters));
    say!("{}", t!(language, "convert-written", path = path, parameters = count, type = kind));
    Ok(())
}
