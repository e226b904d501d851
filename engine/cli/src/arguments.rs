//! The command line. Its Chinese texts stand in `help.rs`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use mixtral_engine::request::DEFAULT_MAX_TOKENS;

use crate::options::{Machine, Model, SamplingArguments};
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
