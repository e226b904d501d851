//! `mixtral perplexity`: how well a model foresees a text, and how far its predictions are from another's.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use mixtral_engine::Error;
use mixtral_engine::weights::ModelFiles;
use serde_json::json;

use crate::i18n::{Language, percent};
use crate::options::{Machine, Model};
use crate::windows::{self, Opened, Windows};

mod lengths;
mod sums;

use sums::Sums;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[command(flatten)]
    pub windows: Windows,
    #[arg(long, alias = "reference", value_name = "MODEL")]
    pub against: Option<PathBuf>,
    #[arg(long, value_name = "TOKENS", value_delimiter = ',', conflicts_with_all = ["against", "window"])]
    pub lengths: Vec<usize>,
    #[arg(long, value_name = "FILE", requires = "lengths")]
    pub svg: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    if !arguments.lengths.is_empty() {
        let Arguments { model, windows, machine, lengths, svg, json, .. } = arguments;
        let wanted = lengths::Wanted { model, windows, machine, lengths, svg: svg.as_deref(), json: *json };
        return wanted.run(language);
    }
    let Opened { files, config, device, window, all } =
        arguments.windows.open(&arguments.model, &arguments.machine, language)?;
    let room = (window, arguments.machine.kv_cache_dtype);
    let mut model = windows::load(&device, &files, &config, room)?;
    let mut other = match &arguments.against {
        Some(path) => {
            let files = ModelFiles::open(path, None)?;
            let fits = files.config().vocab_size == config.vocab_size;
            ensure!(fits, t!(language, "perplexity-unlike", path = path.display()));
            let config = arguments.machine.shape(files.config(), window, language)?;
            Some(windows::load(&device, &files, &config, room)?)
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
