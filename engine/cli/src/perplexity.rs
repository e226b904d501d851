//! `mixtral perplexity`: how well a model foresees a text, and how far its predictions are from another's.

use anyhow::ensure;
use mixtral_engine::model::{KvCache, Mixtral};
use mixtral_engine::weights::ModelFiles;
use mixtral_train::data::Document;

use crate::arguments::Perplexity;
use crate::language::Language;
use crate::windows::{self, Opened};

pub fn run(arguments: &Perplexity, language: Language) -> anyhow::Result<()> {
    let Opened { files, device, window, all } =
        arguments.windows.open(&arguments.model, &arguments.machine, language)?;
    let model = Mixtral::load(&files, files.config().clone(), &device, &mut |_, _| {})?;
    let mut cache = windows::cache(&model, window)?;
    let mut other = match &arguments.against {
        Some(path) => {
            let files = ModelFiles::open(path, None)?;
            let config = files.config().clone();
            let fits = config.vocabulary == model.config().vocabulary && config.context >= window;
            let unlike = language.pick("has another vocabulary or a shorter context", "词表不同，或上下文更短");
            ensure!(fits, "{}: {unlike}", path.display());
            let other = Mixtral::load(&files, config, &device, &mut |_, _| {})?;
            let cache = windows::cache(&other, window)?;
            Some((other, cache))
        }
        None => None,
    };
    let bar = windows::bar(all.len());
    let mut sums = Sums::default();
    for chunk in &all {
        sums.add(chunk, (&model, &mut cache), other.as_mut().map(|(model, cache)| (&*model, cache)))?;
        bar.set_message(format!("{:.4}", (sums.surprise / sums.count).exp()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    ensure!(sums.surprise.is_finite(), "{}", sums.surprise);
    let (mean, count) = (sums.surprise / sums.count, sums.count);
    let (divergence, same) = (sums.divergence / count, 100.0 * sums.same / count);
    let doubt = ((sums.squares / count - divergence * divergence).max(0.0) / count).sqrt();
    match language {
        Language::English => say!("perplexity {:.4} (mean {mean:.6}, {count} tokens, window {window})", mean.exp()),
        Language::Chinese => say!("困惑度 {:.4}（平均 {mean:.6}，{count} 词元，窗口 {window}）", mean.exp()),
    }
    if other.is_some() {
        match language {
            Language::English => {
                say!("divergence {divergence:.6} ± {doubt:.6} nats a token, {same:.2} % the same likeliest token");
            }
            Language::Chinese => {
                say!("散度每词元 {divergence:.6} ± {doubt:.6} 奈特，最可能词元相同者 {same:.2} %");
            }
        }
    }
    Ok(())
}

/// Sums over predictions.
#[derive(Debug, Default)]
struct Sums {
    count: f64,
    /// of the negative log probability of what comes
    surprise: f64,
    /// Kullback-Leibler, from the other model's distribution to this one's
    divergence: f64,
    squares: f64,
    /// predictions whose likeliest token is the same
    same: f64,
}

impl Sums {
    /// Adds what counts of a window.
    fn add(
        &mut self,
        Document { tokens, learnt }: &Document,
        (model, cache): (&Mixtral, &mut KvCache),
        other: Option<(&Mixtral, &mut KvCache)>,
    ) -> anyhow::Result<()> {
        // The last token foretells nothing here.
        let (inputs, targets) = (&tokens[..tokens.len() - 1], &tokens[1..]);
        let mut counts = vec![false; targets.len()];
        learnt.iter().for_each(|&(from, to)| counts[from - 1..to - 1].fill(true));
        let predictions = |start: usize, logits: Vec<Vec<f32>>| {
            let counted = (start..).zip(logits).filter(|(at, _)| counts[*at]);
            counted.map(|(at, row)| (targets[at] as usize, log_probabilities(&row))).collect::<Vec<_>>()
        };
        // The other's predictions are held while the model's are computed: (what counts, vocabulary).
        let mut wanted = Vec::new();
        if let Some((other, cache)) = other {
            windows::run(other, cache, inputs, |start, logits| {
                wanted.extend(predictions(start, logits).into_iter().map(|(_, row)| row));
                Ok(())
            })?;
        }
        let mut wanted = wanted.into_iter();
        windows::run(model, cache, inputs, |start, logits| {
            for (target, row) in predictions(start, logits) {
                self.count += 1.0;
                self.surprise -= row[target];
                if let Some(wanted) = wanted.next() {
                    let divergence = divergence(&wanted, &row);
                    self.divergence += divergence;
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
fn divergence(p: &[f64], q: &[f64]) -> f64 {
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
        assert!((divergence(&p, &q) - 0.25 * 2f64.ln()).abs() < 1e-6);
        assert!(divergence(&p, &p).abs() < 1e-12);
        assert_eq!((likeliest(&p), likeliest(&q), likeliest(&[])), (Some(0), Some(2), None));
    }
}
