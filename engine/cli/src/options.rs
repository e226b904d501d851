//! Groups of options that several commands share. Their texts stand in `locales/*/help.ftl`.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::arch::{Config, RopeOptions, RopeScalingType};
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::hugging_face::{Folder, is_folder};
use mixtral_engine::model::CacheType;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::load_type;
use mixtral_engine::sample::Sampling;
use mixtral_engine::weights::{ModelFiles, split_type};
use mixtral_engine::{DeviceSpec, Engine, EngineOptions, LoadOptions, ModelCard};
use mixtral_tools::convert;

use crate::i18n::Language;
use crate::progress::bar;

/// A model file, a Hugging Face folder, or an adapter and its base.
#[derive(Debug, Args)]
pub struct Model {
    #[arg(id = "model", value_name = "MODEL")]
    pub path: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
    /// The type that a folder's matrices get while they load.
    #[arg(id = "type", long = "type", value_name = "TYPE", value_parser = load_type)]
    pub kind: Option<GgmlType>,
}

impl Model {
    /// Opens its files.
    pub fn open(&self) -> mixtral_engine::Result<ModelFiles> {
        ModelFiles::open_as(&self.path, self.base.as_deref(), self.kind)
    }

    /// Loads it into an engine, under a bar.
    pub fn load(&self, engine: &Engine, name: &str, options: LoadOptions) -> mixtral_engine::Result<ModelCard> {
        let bar = bar(0, "{wide_bar} {bytes}/{total_bytes} {eta}");
        let card = engine.load(name, &self.path, options, |at| {
            bar.set_length(at.total);
            bar.set_position(at.done);
        });
        bar.finish_and_clear();
        card
    }

    /// Says that a folder's tokenizer cuts some texts otherwise here.
    pub fn warn_of_merges(&self, language: Language) {
        // What else is wrong with the folder is said when it is loaded.
        let path = split_type(&self.path).0;
        let Some(folder) = is_folder(path).then(|| Folder::open(path).ok()).flatten() else { return };
        if let Ok((_, Some(text))) = convert::named(&folder) {
            eprintln!("{}", t!(language, "convert-merges-differ", text = format!("{text:?}")));
        }
    }
}

/// A local model's name in what an evaluation keeps: answers of another type are another model's.
pub fn named(path: &Path, kind: Option<GgmlType>) -> anyhow::Result<String> {
    let path = std::path::absolute(path)?.display().to_string();
    Ok(kind.map_or(path.clone(), |kind| format!("{path}:{kind}")))
}

#[derive(Debug, Args)]
pub struct SamplingArguments {
    #[arg(short, long, alias = "temp", default_value_t = Sampling::default().temperature)]
    pub temperature: f32,
    #[arg(long, default_value_t = Sampling::default().top_k)]
    pub top_k: usize,
    #[arg(long, default_value_t = Sampling::default().top_p)]
    pub top_p: f32,
    #[arg(long, default_value_t = Sampling::default().min_p)]
    pub min_p: f32,
    #[arg(long, alias = "repeat-penalty", default_value_t = Sampling::default().repetition_penalty)]
    pub repetition_penalty: f32,
    #[arg(long, default_value_t = Sampling::default().frequency_penalty, allow_negative_numbers = true)]
    pub frequency_penalty: f32,
    #[arg(long, default_value_t = Sampling::default().presence_penalty, allow_negative_numbers = true)]
    pub presence_penalty: f32,
    #[arg(long)]
    pub seed: Option<u64>,
}

impl SamplingArguments {
    pub fn sampling(&self) -> anyhow::Result<Sampling> {
        let sampling = Sampling {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repetition_penalty: self.repetition_penalty,
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            seed: self.seed,
        };
        sampling.check()?;
        Ok(sampling)
    }
}

/// The process's compute pool.
#[derive(Debug, Args)]
pub struct Pool {
    #[arg(long)]
    pub threads: Option<usize>,
}

impl Pool {
    /// Makes the pool as large as asked; without a number it has a thread for each core.
    pub fn make(&self, language: Language) -> anyhow::Result<()> {
        if let Some(threads) = self.threads {
            between("--threads", threads, 1..=1024, language)?;
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
        }
        Ok(())
    }
}

/// Overrides of the rotary angles, by llama.cpp's names.
#[derive(Debug, Args)]
pub struct Rope {
    #[arg(long, value_name = "TYPE")]
    pub rope_scaling: Option<RopeScalingType>,
    #[arg(long, value_name = "N")]
    pub rope_scale: Option<f32>,
    #[arg(long, value_name = "N", alias = "rope-theta")]
    pub rope_freq_base: Option<f32>,
    #[arg(long, value_name = "TOKENS")]
    pub yarn_orig_ctx: Option<usize>,
}

impl Rope {
    pub fn options(&self) -> RopeOptions {
        RopeOptions {
            scaling: self.rope_scaling,
            scale: self.rope_scale,
            theta: self.rope_freq_base,
            original: self.yarn_orig_ctx,
        }
    }
}

/// Where inference runs.
#[derive(Debug, Args)]
pub struct Machine {
    #[arg(short, long, default_value = "auto")]
    pub device: DeviceSpec,
    #[command(flatten)]
    pub pool: Pool,
    /// Tokens of a conversation: most.
    #[arg(short, long, aliases = ["ctx-size", "max-model-len"])]
    pub context: Option<usize>,
    #[command(flatten)]
    pub rope: Rope,
    #[arg(long, value_name = "TYPE", aliases = ["cache-type", "cache-type-k"], default_value_t)]
    pub kv_cache_dtype: CacheType,
}

impl Machine {
    /// Opens the device, with the threads that were asked for.
    pub fn open(&self, language: Language) -> anyhow::Result<OpenDevice> {
        self.pool.make(language)?;
        Ok(OpenDevice::open(self.device, self.pool.threads)?)
    }

    /// How a model is loaded: with the context and the angles that were asked for.
    pub fn load_options(&self, model: &Model) -> LoadOptions {
        LoadOptions {
            context: self.context,
            rope: self.rope.options(),
            base: model.base.clone(),
            weight_type: model.kind,
            ..LoadOptions::default()
        }
    }

    /// The shape of a model with the angles that were asked for, for windows of so many tokens. Who asks for more than the
    /// model was made for is told and gets it.
    pub fn shape(&self, config: &Config, window: usize, language: Language) -> anyhow::Result<Config> {
        warn_of_long_context(window, config.max_context, &self.rope, language);
        let mut config = self.rope.options().apply(config)?;
        config.max_context = config.max_context.max(window);
        Ok(config)
    }

    /// The engine's options as far as they say where and how it computes.
    pub fn options(&self) -> EngineOptions {
        EngineOptions { threads: self.pool.threads, cache_type: self.kv_cache_dtype, ..EngineOptions::default() }
    }
}

/// Says that a context is longer than the model was made for, unless the angles are stretched by hand.
pub fn warn_of_long_context(context: usize, trained: usize, rope: &Rope, language: Language) {
    if context > trained && rope.options().is_empty() {
        let scale = context.div_ceil(trained);
        eprintln!("{}", t!(language, "usage-long-context", context = context, trained = trained, scale = scale));
    }
}

/// Refuses a number outside its range, by the name of its option.
pub fn between(option: &str, value: usize, range: RangeInclusive<usize>, language: Language) -> anyhow::Result<()> {
    let (low, high) = (*range.start(), *range.end());
    anyhow::ensure!(
        range.contains(&value),
        match high {
            usize::MAX => t!(language, "usage-at-least", option = option, low = low),
            _ => t!(language, "usage-between", option = option, low = low, high = high),
        }
    );
    Ok(())
}
