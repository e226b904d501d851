//! Groups of options that several commands have.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mixtral_engine::DeviceSpec;
use mixtral_engine::sample::Sampling;
use mixtral_engine::weights::ModelFiles;

#[derive(Debug, Args)]
pub struct Model {
    /// The model: a GGUF file (or its first shard), or an adapter's folder.
    #[arg(id = "weights", value_name = "MODEL")]
    pub path: PathBuf,
    /// An adapter's base (GGUF), where it is not the one that the adapter names.
    #[arg(long = "base", id = "beneath", value_name = "FILE")]
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
    /// 0 always takes the likeliest token; higher is more varied.
    #[arg(short, long, default_value_t = Sampling::default().temperature)]
    pub temperature: f32,
    /// Only the k likeliest tokens; 0 means all.
    #[arg(long, default_value_t = Sampling::default().top_k)]
    pub top_k: usize,
    /// Only the likeliest tokens that together reach this probability.
    #[arg(long, default_value_t = Sampling::default().top_p)]
    pub top_p: f32,
    /// Only tokens at least this fraction as likely as the likeliest.
    #[arg(long, default_value_t = Sampling::default().min_p)]
    pub min_p: f32,
    /// Weakens what was said already; 1 means not at all.
    #[arg(long, default_value_t = Sampling::default().repetition_penalty)]
    pub repetition_penalty: f32,
    /// Taken off for each time a token was said in the answer.
    #[arg(long, default_value_t = Sampling::default().frequency_penalty, allow_negative_numbers = true)]
    pub frequency_penalty: f32,
    /// Taken off once a token was said in the answer.
    #[arg(long, default_value_t = Sampling::default().presence_penalty, allow_negative_numbers = true)]
    pub presence_penalty: f32,
    /// The same seed gives the same answer.
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

#[derive(Debug, Args)]
pub struct Machine {
    /// Where to compute: cpu, cuda:0, auto.
    #[arg(short, long, default_value = "auto")]
    pub device: DeviceSpec,
    /// Threads that compute; without it, one a core.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Tokens that a conversation may have; without it the model's own bound, at most 8192.
    #[arg(short, long)]
    pub context: Option<usize>,
}

/// Makes the process's compute pool as large as asked.
pub fn make_pool(threads: Option<usize>) -> anyhow::Result<()> {
    if let Some(threads) = threads {
        anyhow::ensure!((1..=1024).contains(&threads), "--threads: 1..1024");
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
    }
    Ok(())
}

impl Machine {
    /// Makes the process's compute pool as large as asked.
    pub fn make_pool(&self) -> anyhow::Result<()> {
        make_pool(self.threads)
    }
}
