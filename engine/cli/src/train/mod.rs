//! `mixtral train`: a training, with its log, curve, checkpoints and model files.

mod config;
mod files;
mod log;
pub mod report;
mod session;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_train::data::{Data, Reader};
use mixtral_train::{Model, Trainer, base, lora};

use crate::i18n::Language;
use crate::options::Pool;
use crate::print_config::{self, Kind};
use files::{CHECKPOINT, Output};
use log::Log;
use session::Session;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Given unless a configuration is only printed.
    #[arg(required = true)]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "KIND", exclusive = true)]
    pub print_config: Option<Kind>,
    #[arg(long, value_name = "FILE", required_unless_present = "base", conflicts_with = "base")]
    pub tokenizer: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "base")]
    pub base_name: Option<String>,
    #[arg(long, value_name = "FILE", required = true)]
    pub data: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pub validation: Option<PathBuf>,
    #[arg(long, alias = "recipe", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[arg(long, alias = "minutes", value_name = "MINUTES")]
    pub max_minutes: Option<f64>,
    #[arg(long)]
    pub resume: bool,
    #[arg(short, long, conflicts_with = "resume")]
    pub force: bool,
    #[arg(long)]
    pub hugging_face: bool,
    #[command(flatten)]
    pub pool: Pool,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let folder = match (arguments.print_config, &arguments.out) {
        (Some(kind), _) => return print_config::run(kind, language),
        (None, Some(folder)) => folder,
        (None, None) => anyhow::bail!(t!(language, "train-no-folder")),
    };
    arguments.pool.make(language)?;
    if files::holds_training(folder) && !arguments.resume && !arguments.force {
        anyhow::bail!(t!(language, "train-exists", path = folder.display()));
    }
    let recipe = config::read(arguments.config.as_deref(), arguments.resume, folder, language)?;
    recipe.check()?;
    let Some(source) = arguments.base.as_ref().or(arguments.tokenizer.as_ref()) else {
        anyhow::bail!(t!(language, "train-no-tokenizer"));
    };
    if recipe.lora.is_some() && arguments.base.is_none() {
        anyhow::bail!(t!(language, "train-lora-without-base"));
    }
    let gguf = Gguf::open(source)?;
    let tokenizer = Tokenizer::from_gguf(gguf.metadata())?;
    let template = ChatTemplate::new(gguf.metadata().opt_str("tokenizer.chat_template")?)
        .map_err(|e| anyhow::anyhow!("{}: {e}", source.display()))?;
    let config = match &arguments.base {
        Some(_) => Config::from_gguf(&gguf)?,
        None => recipe.model_config.config(tokenizer.vocabulary().len())?,
    };
    let context = recipe.max_seq_length.unwrap_or(config.max_context);
    if context > config.max_context {
        anyhow::bail!(t!(language, "train-long-sequences", length = context, context = config.max_context));
    }
    let reader = |join| Reader { tokenizer: &tokenizer, template: &template, context, join };
    let mut data = Data::default();
    for path in &arguments.data {
        data.documents.extend(reader(recipe.packing).read(path)?.documents);
    }
    // What is validated by is taken text by text, so that its perplexity does not depend on neighbours.
    let validation =
        arguments.validation.as_ref().map(|path| reader(false).read(path)).transpose()?.unwrap_or_default();
    let model = match (&recipe.lora, &arguments.base) {
        (Some(settings), _) => lora::model(&gguf, &config, settings, recipe.seed)?,
        (None, Some(_)) => base::model(&gguf, &config)?,
        (None, None) => Model::random(&config, recipe.seed)?,
    };
    report::begin(language, &model, &data, &validation, context);
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let output = match &recipe.lora {
        Some(settings) => {
            let base =
                arguments.base_name.clone().map_or_else(|| files::way(&folder.join(files::ADAPTER), source), Ok)?;
            Output::Adapter { settings: settings.clone(), base }
        }
        None => Output::Model { source: gguf, hugging_face: arguments.hugging_face },
    };
    let mut trainer = Trainer::new(recipe.clone(), model, data, validation)?;
    if arguments.resume {
        trainer.resume(&folder.join(CHECKPOINT))?;
    } else {
        files::clear(folder, source, language)?;
    }
    // Only now, so that a refused checkpoint keeps the recipe that it was made by.
    config::write(folder, &recipe)?;
    let log = Log::open(folder, arguments.resume.then(|| trainer.steps()))?;
    let limit = arguments.max_minutes.map(|m| Duration::from_secs_f64(m.clamp(0.0, 1e7) * 60.0));
    Session { folder, recipe, trainer, output, log, language, limit }.run()
}
