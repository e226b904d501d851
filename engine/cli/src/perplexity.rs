//! `mixtral perplexity`: how well a model foresees a text, and how far its predictions are from another's.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use mixtral_engine::Error;
use mixtral_engine::model::Forward;
use mixtral_engine::weights::ModelFiles;
use mixtral_train::data::Document;
use serde_json::json;

use crate::i18n::{Language, percent};
use crate::options::{Machine, Model};
use crate::windows::{self, Opened, Windows};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub windows: Windows,
    #[arg(long, alias = "reference", value_name = "MODEL")]
    pub against: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Opened { files, device, window, all } =
        arguments.windows.open(&arguments.model, &arguments.machine, language)?;
    let config = files.config();
    let room = (window, arguments.machine.kv_cache_dtype);
    let mut model = windows::load(&device, &files, config, room)?;
    let mut other = match &arguments.against {
        Some(path) => {
            let files = ModelFiles::open(path, None)?;
            let fits = files.config().vocab_size == config.vocab_size && files.config().max_context >= window;
            ensure!(fits, t!(language, "perplexity-unlike", path = path.display()));
            Some(windows::load(&device, &files, files.config(), room)?)
        }
        None => None,
    };
    let bar = windows::bar(all.len());
    let mut sums = Sums { vocabulary: config.vocab_size, ..Sums::default() };
    for chunk in &all {
        sums.add(chunk, &mut *model, other.as_deref_mut())?;
        bar.set_message(format!("{:.4}", (sums.nll / sums.count).exp()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    ensure!(sums.nll.is_finite(), Error::NotFinite(sums.nll.to_string()));
    tell(&sums, window, other.is_some(), arguments.json, language)
}

fn tell(sums: &Sums, window: usize, compared: bool, json: bool, language: Language) -> anyhow::Result<()> {
    let (nll, count) = (sums.nll / sums.count, sums.count);
    let kl_divergence = sums.kl_divergence / count;
    let variance = (sums.squares / count - kl_divergence * kl_divergence).max(0.0);
    let standard_error = (variance / count).sqrt();
    if json {
        let mut all = json!({ "perplexity": nll.exp(), "mean_nll": nll, "tokens": count as u64, "window": window });
        if compared {
            all["kl_divergence"] = json!(kl_divergence);
            all["kl_divergence_standard_error"] = json!(standard_error);
            all["same_top_token"] = json!(sums.same / count);
        }
        say!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let (perplexity, mean) = (format!("{:.4}", nll.exp()), format!("{nll:.6}"));
    let result =
        t!(language, "perplexity-result", perplexity = perplexity, nll = mean, tokens = count as u64, window = window);
    say!("{result}");
    if compared {
        let (mean, error) = (format!("{kl_divergence:.6}"), format!("{standard_error:.6}"));
        let same = percent(sums.same, count);
        say!("{}", t!(language, "perplexity-kl-divergence", mean = mean, error = error, same = same));
    }
    Ok(())
}

/// Sums over predictions.
#[derive(Debug, Default)]
struct Sums {
    vocabulary: usize,
    count: f64,
    /// negative log-likelihood of what comes, in nats
    nll: f64,
    /// Kullback-Leibler, from the other model's distribution to this one's, in nats
    kl_divergence: f64,
    /// of the divergences' squares, for their standard error
    squares: f64,
    /// predictions whose likeliest token is the same
    same: f64,
}

impl Sums {
    /// Adds what counts of a window.
    fn add(
        &mut self,
        Document { tokens, loss_spans }: &Document,
        model: &mut dyn Forward,
        other: Option<&mut (dyn Forward + 'static)>,
    ) -> anyhow::Result<()> {
        // The last token foretells nothing here.
        let (inputs, targets) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        let mut counts = vec![false; targets.len()];
        loss_spans.iter().for_each(|&(from, to)| counts[from - 1..to - 1].fill(true));
        let predictions = |start: usize, logits: Vec<Vec<f32>>| {
            let counted = (start..).zip(logits).filter(|(at, _)| counts[*at]);
            counted.map(|(at, row)| (targets[at] as usize, log_probabilities(&row))).collect::<Vec<_>>()
        };
        // The other's predictions are held while the model's are computed: (what counts, vocabulary).
        let mut wanted = Vec::new();
        if let Some(other) = other {
            windows::run(other, self.vocabulary, inputs, |start, logits| {
                wanted.extend(predictions(start, logits).into_iter().map(|(_, row)| row));
                Ok(())
            })?;
        }
        let mut wanted = wanted.into_iter();
        windows::run(model, self.vocabulary, inputs, |start, logits| {
            for (target, row) in predictions(start, logits) {
                self.count += 1.0;
                self.nll -= row[target];
                if let Some(wanted) = wanted.next() {
                    let divergence = kl_divergence(&wanted, &row);
                    self.kl_divergence += divergence;
                    self.squares += divergence * divergence;
                    self.same += f64::from(u8::from(likeliest(&wanted) == likeliest(&row)));
                }
            }
            Ok(())
        })
    }
}

fn log_probabilities(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - max).exp()).sum();
    logits.iter().map(|logit| f64::from(logit - max) - sum.ln()).collect()
}

/// `sum p (log p - log q)`, in nats.
fn kl_divergence(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| p.exp() * (p - q)).sum()
}

/// The first of the likeliest tokens.
fn likeliest(row: &[f64]) -> Option<usize> {
    (0..row.len()).reduce(|best, i| if row[i] > row[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_is_that_of_the_formula_and_zero_only_for_equals() {
        let p = log_probabilities(&[2f32.ln(), 1f32.ln(), 1f32.ln()]); // 1/2, 1/4, 1/4
        let q = log_probabilities(&[0.0, 0.0, 2f32.ln()]); // 1/4, 1/4, 1/2
        assert!((p.iter().map(|p| p.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
        // 1/2 ln 2 + 0 + 1/4 ln 1/2
        assert!((kl_divergence(&p, &q) - 0.25 * 2f64.ln()).abs() < 1e-6);
        assert!(kl_divergence(&p, &p).abs() < 1e-12);
        assert_eq!((likeliest(&p), likeliest(&q), likeliest(&[])), (Some(0), Some(2), None));
    }
}
