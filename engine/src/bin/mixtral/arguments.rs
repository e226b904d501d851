//! The command line. Its Chinese texts stand in `help.rs`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use mixtral_engine::DeviceSpec;
use mixtral_engine::request::DEFAULT_MAX_TOKENS;
use mixtral_engine::sample::Sampling;
use mixtral_engine::weights::ModelFiles;

use crate::windows::Windows;

/// Run and examine models of the Mixtral family.
#[derive(Debug, Parser)]
#[command(name = "mixtral", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Talk with a model.
    Chat(Chat),
    /// Tell what a model file holds.
    Info(Info),
    /// Measure a model's perplexity on a text.
    Perplexity(Perplexity),
    /// Measure how much each column of a model's matrices matters.
    Imatrix(crate::imatrix::Arguments),
    /// Write a model in a smaller type.
    Quantize(crate::quantize::Arguments),
    /// Turn a Hugging Face folder into a GGUF file, or the other way round.
    Convert(crate::convert::Arguments),
    /// Put adapters into their base for good.
    Merge(crate::merge::Arguments),
    /// Measure how often a model's verse is what was asked for.
    Recite(crate::recite::Arguments),
    /// Make training files.
    Data(crate::data::Arguments),
    /// Learn a vocabulary from training files.
    Tokenizer(crate::tokenizer::Arguments),
    /// Measure this machine's speed.
    Bench(crate::bench::Arguments),
    /// Print a recipe for training, to edit.
    Recipe(crate::recipe::Arguments),
    /// Train a model or an adapter.
    Train(crate::train::Arguments),
}

#[derive(Debug, Args)]
pub struct Chat {
    #[command(flatten)]
    pub model: Model,
    /// Answer this one message and end.
    #[arg(short, long)]
    pub prompt: Option<String>,
    /// Continue the text as it is, without the chat template.
    #[arg(long)]
    pub raw: bool,
    /// Standing instructions for the model.
    #[arg(short, long)]
    pub system: Option<String>,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    /// Most tokens in an answer.
    #[arg(short = 'n', long, default_value_t = DEFAULT_MAX_TOKENS)]
    pub max_tokens: usize,
    /// End an answer at this text; may be given several times.
    #[arg(long)]
    pub stop: Vec<String>,
    #[command(flatten)]
    pub machine: Machine,
}

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

#[derive(Debug, Args)]
pub struct Info {
    #[command(flatten)]
    pub model: Model,
    /// List every tensor.
    #[arg(long)]
    pub tensors: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Perplexity {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub windows: Windows,
    /// Tell also how far its predictions are from this model's, of the same vocabulary.
    #[arg(long, value_name = "MODEL")]
    pub against: Option<PathBuf>,
    #[command(flatten)]
    pub machine: Machine,
}
