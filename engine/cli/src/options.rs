//! Groups of options that several commands share. Their texts stand in `locales/*/help.ftl`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::model::CacheType;
use mixtral_engine::sample::Sampling;
use mixtral_engine::weights::ModelFiles;
use mixtral_engine::{DeviceSpec, EngineOptions};

use crate::i18n::Language;

/// A model file, or an adapter and its base.
#[derive(Debug, Args)]
pub struct Model {
    #[arg(id = "model", value_name = "MODEL")]
    pub path: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub base: Option<PathBuf>,
}

impl Model {
    /// Opens its files.
    pub fn open(&self) -> mixtral_engine::Result<ModelFiles> {
        ModelFiles::open(&self.path, self.base.as_deref())
    }
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
    #[arg(long, value_name = "TYPE", aliases = ["cache-type", "cache-type-k"], default_value_t)]
    pub kv_cache_dtype: CacheType,
}

impl Machine {
    /// Opens the device, with the threads that were asked for.
    pub fn open(&self, language: Language) -> anyhow::Result<OpenDevice> {
        self.pool.make(language)?;
        Ok(OpenDevice::open(self.device, self.pool.threads)?)
    }

    /// The engine's options as far as they say where and how it computes.
    pub fn options(&self) -> EngineOptions {
        EngineOptions { threads: self.pool.threads, cache_type: self.kv_cache_dtype, ..EngineOptions::default() }
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
