//! What a training says in the terminal.

use std::time::Duration;

use mixtral_train::data::Data;
use mixtral_train::preference::Rewards;
use mixtral_train::profiler::{Profiler, Share};
use mixtral_train::trainer::{Load, Step, Validation};
use mixtral_train::{Model, Recipe};

use crate::i18n::Language;

/// Most layers whose experts are shown; of more, the most uneven ones.
const LAYERS: usize = 12;
/// A share as a bar: eighths, the full height being twice an even share.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub fn begin(language: Language, recipe: &Recipe, model: &Model, data: &Data, validation: &Data, context: usize) {
    let (documents, held_out) = (data.documents.len(), validation.documents.len());
    let trained = model.trained().iter().map(|p| p.len()).sum::<usize>();
    let frozen: usize = model.parts().iter().filter(|(_, p)| !p.weight.is_trained()).map(|(_, p)| p.weight.len()).sum();
    let text = match recipe.dpo {
        None => t!(language, "train-documents", documents = documents, context = context, held_out = held_out),
        Some(_) => t!(language, "train-pairs", pairs = documents / 2, context = context, held_out = held_out / 2),
    };
    eprintln!("{text}");
    let (trained, frozen) = (language.count(trained as u64), language.count(frozen as u64));
    eprintln!("{}", t!(language, "train-parameters", trained = trained, frozen = frozen));
}

pub fn step(language: Language, step: &Step, all: u64, speed: f64, left: Duration) {
    let text = t!(
        language,
        "train-step",
        step = step.step,
        all = all,
        loss = format!("{:.4}", step.loss),
        rate = format!("{:.2e}", step.learning_rate),
        speed = speed.round() as u64,
        busiest = format!("{:.0}", step.load.busiest() * 100.0),
        left = duration(left, language)
    );
    eprintln!("{text}{}", step.rewards.as_ref().map(|found| rewards(language, found)).unwrap_or_default());
}

/// What a training on preferences adds to a line.
fn rewards(language: Language, found: &Rewards) -> String {
    let (accuracy, margin) = (format!("{:.0}", 100.0 * found.accuracies), format!("{:.3}", found.margins()));
    t!(language, "train-rewards", accuracy = accuracy, margin = margin)
}

pub fn validation(language: Language, step: u64, found: &Validation) {
    let loss = format!("{:.4}", found.loss);
    let text = match &found.rewards {
        Some(found) => t!(language, "train-eval-pairs", step = step, loss = loss, rewards = rewards(language, found)),
        None => {
            let perplexity = format!("{:.2}", found.perplexity());
            t!(language, "train-eval", step = step, loss = loss, perplexity = perplexity)
        }
    };
    eprintln!("{text}{}", if found.best { t!(language, "train-eval-best") } else { String::new() });
    eprint!("{}", load(language, &found.load));
}

/// Said at the end where the model that the training began with stayed the best.
pub fn never_better(language: Language) {
    eprintln!("{}", t!(language, "train-never-better"));
}

/// The experts' shares, a layer a line: numbers in percent and bars.
pub fn load(language: Language, load: &Load) -> String {
    let shares = load.shares();
    let Some(experts) = shares.first().map(Vec::len).filter(|&n| n > 0) else { return String::new() };
    let even = 1.0 / experts as f64;
    let spread = |layer: &[f64]| layer.iter().fold(0.0, |most: f64, share| most.max((share - even).abs()));
    let mut shown: Vec<usize> = (0..shares.len()).collect();
    if shares.len() > LAYERS {
        shown.sort_by(|&a, &b| spread(&shares[b]).total_cmp(&spread(&shares[a])));
        shown.truncate(LAYERS);
        shown.sort_unstable();
    }
    let percent = format!("{:.1}", 100.0 * even);
    let mut out = if shown.len() < shares.len() {
        t!(language, "train-load-of-some", even = percent, layers = LAYERS)
    } else {
        t!(language, "train-load", even = percent)
    };
    out.push('\n');
    for layer in shown {
        let numbers: String = shares[layer].iter().map(|share| format!(" {:>3.0}", share * 100.0)).collect();
        let bar = |share: &f64| BARS[((share / even * 4.0) as usize).min(BARS.len() - 1)];
        out += &format!("  {:>3} {numbers}  {}\n", layer + 1, shares[layer].iter().map(bar).collect::<String>());
    }
    out
}

/// Where the time went.
pub fn end(language: Language, profiler: &Profiler, spent: Duration, tokens: u64) {
    let seconds = spent.as_secs_f64().max(1e-9);
    let share = |s: Share| {
        let name = match s {
            Share::Attention => t!(language, "train-share-attention"),
            Share::Experts => t!(language, "train-share-experts"),
            Share::Loss => t!(language, "train-share-loss"),
            Share::Optimiser => t!(language, "train-share-optimizer"),
        };
        format!("{name} {:.0}%", 100.0 * profiler.spent(s).as_secs_f64() / seconds)
    };
    let shares: Vec<String> = Share::ALL.into_iter().map(share).collect();
    let flops = 2.0 * profiler.multiplications() as f64 / seconds / 1e9;
    let text = t!(
        language,
        "train-end",
        tokens = tokens,
        speed = (tokens as f64 / seconds).round() as u64,
        gflops = flops.round() as u64,
        shares = shares.join(&t!(language, "list-separator"))
    );
    say!("{text}");
}

fn duration(left: Duration, language: Language) -> String {
    let minutes = left.as_secs() / 60;
    if minutes >= 60 {
        t!(language, "duration-hours", hours = minutes / 60, minutes = minutes % 60)
    } else if minutes > 0 {
        t!(language, "duration-minutes", minutes = minutes)
    } else {
        t!(language, "duration-seconds", seconds = left.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_experts_shows_each_layer_and_of_many_the_most_uneven() {
        let few = Load { counts: vec![vec![50, 50, 50, 50], vec![150, 0, 25, 25]] };
        let text = load(Language::English, &few);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("25.0 is even"), "{text}");
        assert_eq!(lines[1], "    1   25  25  25  25  ▅▅▅▅");
        assert_eq!(lines[2], "    2   75   0  12  12  █▁▃▃");
        let mut many = Load { counts: vec![vec![5, 5]; 40] };
        many.counts[30] = vec![9, 1];
        let text = load(Language::Chinese, &many);
        assert_eq!(text.lines().count(), 1 + LAYERS);
        assert!(text.contains("   31   90  10"), "{text}");
        assert!(load(Language::English, &Load::default()).is_empty());
    }
}
