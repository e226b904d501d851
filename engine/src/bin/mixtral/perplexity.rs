//! `mixtral perplexity`: how well a model foresees a text.
//!
//! The method of the golden files: the whole text is tokenised without a begin token and cut into
//! full windows, the first token of each is replaced by the begin token, and every prediction
//! counts. What is left over at the end is not used.

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::model::{KvCache, Mixtral};
use mixtral_engine::sample::log_probability;
use mixtral_engine::schedule::{Plan, Span};
use mixtral_engine::text::{Encoding, Tokenizer};

use crate::arguments::Perplexity;
use crate::language::Language;

const BLOCK: usize = 16;
/// Rows of logits held at once.
const ROWS: usize = 256;

pub fn run(arguments: &Perplexity, language: Language) -> anyhow::Result<()> {
    arguments.machine.make_pool()?;
    let device = arguments.machine.device.open()?;
    let files = arguments.model.open()?;
    let config = files.config().clone();
    let tokenizer = Tokenizer::from_gguf(files.gguf().metadata())?;
    let name = || arguments.text.display().to_string();
    let text = std::fs::read_to_string(&arguments.text).with_context(name)?;
    let tokens = tokenizer.encode(&text, Encoding { add_special: false, parse_special: false });
    let window = arguments.window.unwrap_or(512).min(config.context);
    ensure!(window >= 2, "--window: 2..");
    let few = language.pick("the text is shorter than one window", "文本短于一个窗口");
    ensure!(tokens.len() >= window, "{}: {} < {window}: {few}", name(), tokens.len());

    let model = Mixtral::load(&files, config, &device, &mut |_, _| {})?;
    let blocks = window.div_ceil(BLOCK);
    let mut cache = KvCache::new(model.config(), blocks, BLOCK, &device)?;
    let all = tokens.chunks_exact(window).take(arguments.windows.unwrap_or(usize::MAX));
    let bar = ProgressBar::new(all.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}") {
        bar.set_style(style);
    }
    let (mut sum, mut count) = (0.0, 0u64);
    for chunk in all {
        let mut chunk = chunk.to_vec();
        if let Some(bos) = tokenizer.vocabulary().bos() {
            chunk[0] = bos;
        }
        sum += surprise(&model, &mut cache, &chunk)?;
        count += window as u64 - 1;
        bar.set_message(format!("{:.4}", (sum / count as f64).exp()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let mean = sum / count as f64;
    match language {
        Language::English => println!("perplexity {:.4} (mean {mean:.6}, {count} tokens, window {window})", mean.exp()),
        Language::Chinese => println!("困惑度 {:.4}（平均 {mean:.6}，{count} 词元，窗口 {window}）", mean.exp()),
    }
    Ok(())
}

/// The sum of the negative log probabilities of a window's tokens after its first.
fn surprise(model: &Mixtral, cache: &mut KvCache, window: &[u32]) -> anyhow::Result<f64> {
    let mut sum = 0.0;
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
        let logits: Vec<Vec<f32>> = model.forward(&plan, cache)?.to_vec2()?; // (end - start, vocab)
        for (row, next) in logits.iter().zip(&window[start + 1..]) {
            sum -= f64::from(log_probability(row, *next));
        }
    }
    ensure!(sum.is_finite(), "{sum}");
    Ok(sum)
}
