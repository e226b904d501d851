//! `mixtral train`: a training, with its log, curve, checkpoints and model files.

mod files;
mod log;
pub mod report;
mod session;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::arch::Config;
use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_train::data::{Data, Reader};
use mixtral_train::{Model, Recipe, Trainer, base, lora};

use crate::language::Language;
use crate::options::make_pool;
use files::{CHECKPOINT, Output};
use log::Log;
use session::Session;

const RECIPE: &str = "recipe.json";

#[derive(Debug, Args)]
#[command(
    after_help = "mixtral recipe full|lora|qlora prints whole recipes to edit, and says what each setting means."
)]
pub struct Arguments {
    /// The folder for checkpoints, log, curve and models.
    pub out: PathBuf,
    /// The vocabulary of a new model: tokenizer.gguf from mixtral tokenizer, or any GGUF model.
    #[arg(long = "tokenizer", id = "vocabulary", required_unless_present = "base", conflicts_with = "base")]
    pub vocabulary: Option<PathBuf>,
    /// Go on from this model's weights (GGUF); it brings its own shape and vocabulary.
    #[arg(long)]
    pub base: Option<PathBuf>,
    /// What an adapter calls its base, such as mistralai/Mixtral-8x7B-v0.1; without it, the way to the base's file.
    #[arg(long, requires = "base")]
    pub base_name: Option<String>,
    /// A training file (JSON lines); may be given several times.
    #[arg(long = "data", id = "training", required = true)]
    pub training: Vec<PathBuf>,
    /// A validation file (JSON lines).
    #[arg(long)]
    pub validation: Option<PathBuf>,
    /// The settings: a JSON file; without it the folder's own when resuming, else the defaults.
    #[arg(long)]
    pub recipe: Option<PathBuf>,
    /// Most minutes to train; then a checkpoint is written and the training ends.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Go on from the folder's checkpoint.
    #[arg(long)]
    pub resume: bool,
    /// Replace an existing file.
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// Also write a whole model in Hugging Face's layout, as the folder best (and last).
    #[arg(long)]
    pub hugging_face: bool,
    /// Threads that compute; without it, one a core.
    #[arg(long = "threads", id = "pool")]
    pub pool: Option<usize>,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    make_pool(arguments.pool)?;
    let folder = &arguments.out;
    if files::holds_training(folder) && !arguments.resume && !arguments.force {
        let folder = folder.display();
        match language {
            Language::English => {
                anyhow::bail!("{folder} holds a training: --resume goes on with it, --force begins anew and deletes it")
            }
            Language::Chinese => anyhow::bail!("{folder} 中已有训练：--resume 继续，--force 删除并重新开始"),
        }
    }
    let recipe = recipe(arguments)?;
    recipe.check()?;
    let Some(source) = arguments.base.as_ref().or(arguments.vocabulary.as_ref()) else {
        anyhow::bail!(language.pick("--tokenizer or --base is needed", "需要 --tokenizer 或 --base"));
    };
    if recipe.lora.is_some() && arguments.base.is_none() {
        anyhow::bail!(language.pick("the recipe's `lora` needs --base", "配方中的 `lora` 需要 --base"));
    }
    let gguf = Gguf::open(source)?;
    let tokenizer = Tokenizer::from_gguf(gguf.metadata())?;
    let template = ChatTemplate::new(gguf.metadata().opt_str("tokenizer.chat_template")?)
        .map_err(|e| anyhow::anyhow!("{}: {e}", source.display()))?;
    let config = match &arguments.base {
        Some(_) => Config::from_gguf(&gguf)?,
        None => recipe.model_config.config(tokenizer.vocabulary().len())?,
    };
    let context = recipe.max_seq_length.unwrap_or(config.context).min(config.context);
    let reader = |join| Reader { tokenizer: &tokenizer, template: &template, context, join };
    let mut data = Data::default();
    for path in &arguments.training {
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
        files::clear(folder, source)?;
    }
    // Only now, so that a refused checkpoint keeps the recipe that it was made by.
    write(&folder.join(RECIPE), &serde_json::to_string_pretty(&recipe)?)?;
    let log = Log::open(folder, arguments.resume.then(|| trainer.steps()))?;
    let limit = arguments.minutes.map(|m| Duration::from_secs_f64(m.clamp(0.0, 1e7) * 60.0));
    Session { folder, recipe, trainer, output, log, language, limit }.run()
}

fn recipe(arguments: &Arguments) -> anyhow::Result<Recipe> {
    let own = arguments.resume.then(|| arguments.out.join(RECIPE)).filter(|path| path.exists());
    let Some(path) = arguments.recipe.clone().or(own) else { return Ok(Recipe::default()) };
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
