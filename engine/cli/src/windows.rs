//! A text in windows, one sequence each, through a model.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use indicatif::ProgressBar;
use mixtral_engine::arch::Config;
use mixtral_engine::cpu::Shelf;
use mixtral_engine::devices::OpenDevice;
use mixtral_engine::model::{CacheType, Forward, Sizes};
use mixtral_engine::schedule::{SequenceSlice, StepInput};
use mixtral_engine::text::{ChatTemplate, Encoding, Tokenizer};
use mixtral_engine::weights::ModelFiles;
use mixtral_train::data::{Document, Reader};

use crate::i18n::Language;
use crate::options::{Machine, Model, between};
use crate::progress;

const BLOCK: usize = 16;
/// Rows of logits held at once.
const ROWS: usize = 256;

/// What a text's windows are.
#[derive(Debug, Args)]
pub struct Windows {
    /// Plain text, or JSON lines (NAME.jsonl) as for training.
    pub text: PathBuf,
    /// Tokens.
    #[arg(short, long)]
    pub window: Option<usize>,
    #[arg(long, alias = "chunks")]
    pub windows: Option<usize>,
}

/// A model's files, the place to compute, and a text in the model's tokens.
pub struct Opened {
    pub files: ModelFiles,
    /// The model's shape, with room for the window and the angles that were asked for.
    pub config: Config,
    pub device: OpenDevice,
    /// Tokens in the longest window.
    pub window: usize,
    pub all: Vec<Document>,
}

impl Windows {
    /// Opens a model and cuts the text into windows. The method of the golden files: the whole text is tokenised without
    /// a begin token and cut into full windows, the first token of each is replaced by the begin token. What is left over
    /// at the end is not used. JSON lines are read as training reads them.
    pub fn open(&self, model: &Model, machine: &Machine, language: Language) -> anyhow::Result<Opened> {
        let device = machine.open(language)?;
        model.warn_of_merges(language);
        let files = model.open()?;
        let tokenizer = Tokenizer::from_gguf(files.metadata())?;
        let lines = self.text.extension().is_some_and(|ending| ending == "jsonl");
        let trained = files.config().max_context;
        let usual = if lines { trained } else { trained.min(512) };
        let window = self.window.or(machine.context).unwrap_or(usual);
        between("--window", window, 2..=usize::MAX, language)?;
        let name = || self.text.display().to_string();
        let most = self.windows.unwrap_or(usize::MAX);
        between("--windows", most, 1..=usize::MAX, language)?;
        if lines {
            let template = ChatTemplate::new(files.metadata().opt_str("tokenizer.chat_template")?)?;
            let reader = Reader::new(&tokenizer, &template, window);
            let bytes = std::fs::read(&self.text).with_context(name)?;
            let wanted = bytes.split_inclusive(|b| *b == b'\n').take(most).map(<[u8]>::len).sum();
            let mut all = reader.parse(&bytes[..wanted], &name())?.documents;
            // A long text is several windows.
            all.truncate(most);
            let window = all.iter().map(|document| document.tokens.len()).max().unwrap_or(0).min(window);
            let config = machine.shape(files.config(), window, language)?;
            return Ok(Opened { files, config, device, window, all });
        }
        let text = std::fs::read_to_string(&self.text).with_context(name)?;
        let tokens = tokenizer.encode(&text, Encoding { add_special: false, parse_special: false });
        let short = || t!(language, "windows-short", path = name(), tokens = tokens.len(), window = window);
        ensure!(tokens.len() >= window, short());
        let windows = tokens.chunks_exact(window).take(most).map(|chunk| {
            let mut chunk = chunk.to_vec();
            if let Some(bos) = tokenizer.vocabulary().bos() {
                chunk[0] = bos;
            }
            Document { tokens: chunk, loss_spans: vec![(1, window)] }
        });
        let all = windows.collect();
        let config = machine.shape(files.config(), window, language)?;
        Ok(Opened { files, config, device, window, all })
    }
}

/// Room for one window.
pub fn sizes(window: usize, cache_type: CacheType) -> Sizes {
    let blocks = window.div_ceil(BLOCK);
    Sizes { blocks, block_size: BLOCK, step_tokens: ROWS.min(window), sequences: 1, cache_type }
}

/// A model with a cache for one window.
pub fn load(
    device: &OpenDevice,
    files: &ModelFiles,
    config: &Config,
    (window, cache_type): (usize, CacheType),
) -> anyhow::Result<Box<dyn Forward>> {
    let load = |report: &mut dyn FnMut(u64, u64)| {
        device.open_model(files, config.clone(), sizes(window, cache_type), &Shelf::default(), report)
    };
    Ok(Box::new(progress::shown("{wide_bar} {bytes}/{total_bytes} {eta}", load)?))
}

/// Runs a window; `body` gets the number of the first row of each batch, and the logits: (rows, vocabulary).
pub fn run(
    model: &mut dyn Forward,
    vocabulary: usize,
    window: &[u32],
    mut body: impl FnMut(usize, Vec<Vec<f32>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for start in (0..window.len()).step_by(ROWS) {
        let end = (start + ROWS).min(window.len());
        let positions: Vec<u32> = (start as u32..end as u32).collect();
        let blocks = (0..end.div_ceil(BLOCK) as u32).collect();
        let plan = StepInput {
            tokens: window[start..end].to_vec(),
            // One sequence from block 0 on: its slots are its positions.
            slots: positions.clone(),
            positions,
            sequences: vec![SequenceSlice { start: 0, len: end - start, context: end, blocks }],
            outputs: (0..(end - start) as u32).collect(),
        };
        body(start, model.forward(&plan)?.chunks(vocabulary).map(<[f32]>::to_vec).collect())?;
    }
    Ok(())
}

/// A bar that counts windows.
pub fn bar(windows: usize) -> ProgressBar {
    progress::bar(windows, "{wide_bar} {pos}/{len} {msg} {eta}")
}
