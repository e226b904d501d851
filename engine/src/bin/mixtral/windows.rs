//! A text in windows, one sequence each, through a model.

use std::path::Path;

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::model::{KvCache, Mixtral};
use mixtral_engine::schedule::{Plan, Span};
use mixtral_engine::text::{Encoding, Tokenizer};

use crate::language::Language;

const BLOCK: usize = 16;
/// Rows of logits held at once.
const ROWS: usize = 256;

/// The method of the golden files: the whole text is tokenised without a begin token and cut into full windows, the
/// first token of each is replaced by the begin token. What is left over at the end is not used.
pub fn cut(
    text: &Path,
    tokenizer: &Tokenizer,
    window: usize,
    most: Option<usize>,
    language: Language,
) -> anyhow::Result<Vec<Vec<u32>>> {
    let name = || text.display().to_string();
    let tokens = std::fs::read_to_string(text).with_context(name)?;
    let tokens = tokenizer.encode(&tokens, Encoding { add_special: false, parse_special: false });
    ensure!(window >= 2, "--window: 2..");
    let few = language.pick("the text is shorter than one window", "文本短于一个窗口");
    ensure!(tokens.len() >= window, "{}: {} < {window}: {few}", name(), tokens.len());
    let windows = tokens.chunks_exact(window).take(most.unwrap_or(usize::MAX)).map(|chunk| {
        let mut chunk = chunk.to_vec();
        if let Some(bos) = tokenizer.vocabulary().bos() {
            chunk[0] = bos;
        }
        chunk
    });
    Ok(windows.collect())
}

/// A cache for one window.
pub fn cache(model: &Mixtral, window: usize) -> anyhow::Result<KvCache> {
    Ok(KvCache::new(model.config(), window.div_ceil(BLOCK), BLOCK, model.device())?)
}

/// Runs a window; `body` gets the number of the first row of each batch, and the logits: (rows, vocabulary).
pub fn run(
    model: &Mixtral,
    cache: &mut KvCache,
    window: &[u32],
    mut body: impl FnMut(usize, Vec<Vec<f32>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for start in (0..window.len()).step_by(ROWS) {
        let end = (start + ROWS).min(window.len());
        let positions: Vec<u32> = (start as u32..end as u32).collect();
        let blocks = (0..end.div_ceil(BLOCK) as u32).collect();
        let plan = Plan {
            tokens: window[start..end].to_vec(),
            // One sequence from block 0 on: its slots are its positions.
            slots: positions.clone(),
            positions,
            sequences: vec![Span { start: 0, len: end - start, context: end, blocks }],
            outputs: (0..(end - start) as u32).collect(),
        };
        body(start, model.forward(&plan, cache)?.to_vec2()?)?;
    }
    Ok(())
}

/// A bar that counts windows.
pub fn bar(windows: usize) -> ProgressBar {
    let bar = ProgressBar::new(windows as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}") {
        bar.set_style(style);
    }
    bar
}
