//! Perplexity over context lengths: the same text in windows of each length.

use std::path::Path;

use anyhow::{Context as _, ensure};
use mixtral_engine::Error;
use mixtral_train::data::Document;
use serde_json::json;

use super::sums::Sums;
use crate::i18n::Language;
use crate::options::{Machine, Model};
use crate::picture::curve;
use crate::windows::{self, Opened, Windows};

/// What is measured.
pub struct Wanted<'a> {
    pub model: &'a Model,
    pub windows: &'a Windows,
    pub machine: &'a Machine,
    pub lengths: &'a [usize],
    pub svg: Option<&'a Path>,
    pub json: bool,
}

impl Wanted<'_> {
    /// Computes and tells the perplexity at each length.
    pub fn run(&self, language: Language) -> anyhow::Result<()> {
        let mut lengths = self.lengths.to_vec();
        lengths.sort_unstable();
        lengths.dedup();
        let (shortest, longest) = (lengths[0], lengths[lengths.len() - 1]);
        ensure!(shortest >= 2, t!(language, "usage-at-least", option = "--lengths", low = 2usize));
        let Windows { text, windows: most, .. } = self.windows;
        let is_lines = text.extension().is_some_and(|ending| ending == "jsonl");
        ensure!(!is_lines, t!(language, "perplexity-lengths-of-lines"));
        // As many windows as were asked for at the longest length: every length sees the same text.
        let whole = Windows { text: text.clone(), window: Some(longest), windows: *most };
        let Opened { files, config, device, all, .. } = whole.open(self.model, self.machine, language)?;
        let mut model = windows::load(&device, &files, &config, (longest, self.machine.kv_cache_dtype))?;
        let cut: Vec<Vec<Document>> =
            lengths.iter().map(|length| all.iter().flat_map(|document| pieces(document, *length)).collect()).collect();
        let bar = windows::bar(cut.iter().map(Vec::len).sum());
        let mut points = Vec::new();
        for (length, documents) in lengths.iter().zip(&cut) {
            let mut sums = Sums { vocabulary: config.vocab_size, ..Sums::default() };
            for document in documents {
                sums.add(document, &mut *model, None)?;
                bar.set_message(format!("{length}: {:.4}", (sums.nll / sums.count).exp()));
                bar.inc(1);
            }
            ensure!(sums.nll.is_finite(), Error::NotFinite(sums.nll.to_string()));
            points.push((*length, (sums.nll / sums.count).exp(), sums.count as u64));
        }
        bar.finish_and_clear();
        if self.json {
            let of = |(length, perplexity, tokens): &(usize, f64, u64)| json!({ "context": length, "perplexity": perplexity, "tokens": tokens });
            say!("{}", serde_json::to_string_pretty(&points.iter().map(of).collect::<Vec<_>>())?);
        } else {
            say!("{}", t!(language, "perplexity-lengths-head"));
            for (length, perplexity, tokens) in &points {
                say!("{length:>9}  {perplexity:>12.4}  {tokens:>9}");
            }
        }
        if let Some(path) = self.svg {
            let name = self.model.path.file_name().unwrap_or_default().to_string_lossy();
            let drawn: Vec<(usize, f64)> =
                points.iter().map(|(length, perplexity, _)| (*length, *perplexity)).collect();
            let svg =
                curve(&drawn, &format!("Perplexity 困惑度 · {name}"), "context length, tokens 上下文长度（词元）");
            std::fs::write(path, svg).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

/// A window in shorter ones, each with the first token of the whole: the begin token, if the model has one.
fn pieces(document: &Document, length: usize) -> Vec<Document> {
    let first = document.tokens.first().copied();
    let piece = |tokens: &[u32]| {
        let mut tokens = tokens.to_vec();
        if let (Some(own), Some(first)) = (tokens.first_mut(), first) {
            *own = first;
        }
        Document { loss_spans: vec![(1, tokens.len())], tokens }
    };
    document.tokens.chunks_exact(length).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_windows_are_of_the_same_text_and_begin_with_the_begin_token() {
        let whole = Document { tokens: vec![1, 20, 30, 40, 50, 60, 70], loss_spans: vec![(1, 7)] };
        let cut: Vec<Vec<u32>> = pieces(&whole, 3).into_iter().map(|piece| piece.tokens).collect();
        assert_eq!(cut, [vec![1, 20, 30], vec![1, 50, 60]]);
        assert_eq!(pieces(&whole, 7), [whole]);
    }
}
