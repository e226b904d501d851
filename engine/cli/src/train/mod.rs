//! `mixtral train`: a training, with its log, curve, checkpoints and model files.

mod config;
mod data;
mod files;
mod log;
pub mod report;
mod session;
mod start;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use mixtral_train::baseline::Baseline;
use mixtral_train::data::{Data, Overlong, Reader, Task};
use mixtral_train::trainer::steps_of;
use mixtral_train::{Model, Recipe, Trainer, base, lora};

use crate::i18n::Language;
use crate::options::Pool;
use crate::print_config::{self, Kind};
use crate::progress::{PERCENT, shown};
use files::{CHECKPOINT, Output, REFERENCE};
use log::Log;
use session::Session;
use start::Start;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Given unless a configuration is only printed.
    #[arg(required = true)]
    pub out: Option<PathBuf>,
    #[arg(long, value_name = "KIND", exclusive = true)]
    pub print_config: Option<Kind>,
    #[arg(long, value_name = "FILE", required_unless_present = "base", conflicts_with = "base")]
    pub tokenizer: Option<PathBuf>,
    #[arg(long, value_name = "MODEL")]
    pub base: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "base")]
    pub base_name: Option<String>,
    #[arg(long, value_name = "TYPE", requires = "base")]
    pub base_type: Option<String>,
    #[arg(long, value_name = "PATH", required = true)]
    pub data: Vec<PathBuf>,
    #[arg(long, value_name = "PATH")]
    pub validation: Option<PathBuf>,
    #[arg(long, requires = "base")]
    pub dpo: bool,
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
    let mut recipe = recipe(arguments, folder, language)?;
    let Some(path) = arguments.base.as_ref().or(arguments.tokenizer.as_ref()) else {
        anyhow::bail!(t!(language, "train-no-tokenizer"));
    };
    let start = Start::open(path, arguments.base_type.as_deref(), language)?;
    let config = match &arguments.base {
        Some(_) => start.config()?,
        None => recipe.model_config.config(start.tokenizer.vocabulary().len())?,
    };
    let context = recipe.max_seq_length.unwrap_or(config.max_context);
    if context > config.max_context {
        anyhow::bail!(t!(language, "train-long-sequences", length = context, context = config.max_context));
    }
    let task = if recipe.dpo.is_some() { Task::Prefer } else { Task::Imitate };
    let plain = Reader { overlong: Overlong::Cut, task, ..Reader::new(&start.tokenizer, &start.template, context) };
    let joining = Reader { join: recipe.packing, ..plain.clone() };
    let data = data::read(&joining, &arguments.data, language)?;
    // What is validated by is taken text by text, so that its perplexity does not depend on neighbours.
    let validation = match &arguments.validation {
        Some(path) => data::read(&plain, std::slice::from_ref(path), language)?,
        None => Data::default(),
    };
    recipe.max_steps = steps_of(&recipe, &data);
    let model = match (&recipe.lora, &arguments.base) {
        (Some(settings), _) => lora::model(start.source(), &config, settings, recipe.seed)?,
        (None, Some(_)) => base::model(start.source(), &config)?,
        (None, None) => Model::random(&config, recipe.seed)?,
    };
    report::begin(language, &recipe, &model, &data, &validation, context);
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let output = match &recipe.lora {
        Some(settings) => {
            let base =
                arguments.base_name.clone().map_or_else(|| files::way(&folder.join(files::ADAPTER), path), Ok)?;
            Output::Adapter { settings: settings.clone(), base }
        }
        None => Output::Model { source: start.metadata, hugging_face: arguments.hugging_face },
    };
    let mut trainer = match recipe.dpo {
        None => Trainer::new(recipe.clone(), model, data, validation)?,
        Some(_) => {
            let baseline = baseline(folder, &recipe, &model, (&data, &validation), language)?;
            Trainer::with_baseline(recipe.clone(), model, data, validation, baseline)?
        }
    };
    if arguments.resume {
        trainer.resume(&folder.join(CHECKPOINT))?;
    } else {
        files::clear(folder, path, language)?;
    }
    // Only now, so that a refused checkpoint keeps the recipe and the reference that it was made by.
    config::write(folder, &recipe)?;
    if let Some(baseline) = trainer.baseline() {
        baseline.save(&folder.join(REFERENCE))?;
    }
    let log = Log::open(folder, arguments.resume.then(|| trainer.steps()))?;
    let limit = arguments.max_minutes.map(|m| Duration::from_secs_f64(m.clamp(0.0, 1e7) * 60.0));
    Session { folder, recipe, trainer, output, log, language, limit }.run()
}

/// The configuration, checked.
fn recipe(arguments: &Arguments, folder: &Path, language: Language) -> anyhow::Result<Recipe> {
    let mut recipe = config::read(arguments.config.as_deref(), arguments.resume, folder, language)?;
    if arguments.dpo {
        recipe.dpo.get_or_insert_default();
    }
    recipe.check()?;
    if recipe.lora.is_some() && arguments.base.is_none() {
        anyhow::bail!(t!(language, "train-lora-without-base"));
    }
    if recipe.dpo.is_some() && arguments.base.is_none() {
        anyhow::bail!(t!(language, "train-dpo-without-base"));
    }
    Ok(recipe)
}

/// What the reference says of all pairs: as it was kept, or asked now.
fn baseline(
    folder: &Path,
    recipe: &Recipe,
    model: &Model,
    (data, validation): (&Data, &Data),
    language: Language,
) -> anyhow::Result<Baseline> {
    if let Some(kept) = Baseline::load(&folder.join(REFERENCE), Baseline::key_of(model, data, validation)) {
        return Ok(kept);
    }
    eprintln!("{}", t!(language, "train-reference"));
    Ok(shown(PERCENT, |report| Baseline::measure(model, (data, validation), recipe.batch_tokens, report))?)
}
