//! The training's log, a JSON object a line, and the picture that is drawn from it.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use mixtral_train::plot;
use mixtral_train::preference::Rewards;
use mixtral_train::trainer::{Load, Step, Validation};
use serde_json::{Value, json};

/// No picture has use for more points than pixels.
const POINTS: usize = 700;

#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    picture: PathBuf,
    file: File,
}

impl Log {
    /// Begins the folder's log, or goes on with it after so many steps: what an interrupted training wrote beyond its
    /// checkpoint is computed again, and must not stand there twice.
    pub fn open(folder: &Path, after: Option<u64>) -> anyhow::Result<Self> {
        let (path, picture) = (folder.join("log.jsonl"), folder.join("loss.svg"));
        let name = || path.display().to_string();
        let kept = match after {
            Some(after) if path.exists() => {
                let lines = read(&path)?.into_iter();
                lines.filter(|line| line["step"].as_u64().is_none_or(|step| step <= after)).collect()
            }
            _ => Vec::new(),
        };
        let mut text = String::new();
        kept.iter().for_each(|line| text.push_str(&format!("{line}\n")));
        std::fs::write(&path, text).with_context(name)?;
        let file = OpenOptions::new().append(true).open(&path).with_context(name)?;
        Ok(Self { path, picture, file })
    }

    /// Writes what a step told.
    pub fn step(&mut self, step: &Step, tokens: u64, speed: f64) -> anyhow::Result<()> {
        let mut line = json!({
            "step": step.step, "loss": step.loss, "aux_loss": step.aux_loss, "grad_norm": step.grad_norm,
            "learning_rate": step.learning_rate, "num_input_tokens_seen": tokens, "tokens_per_second": speed.round(),
            "expert_load": shares(&step.load),
        });
        add_rewards(&mut line, "", step.rewards.as_ref());
        self.line(&line)
    }

    /// Writes what a validation told.
    pub fn validation(&mut self, step: u64, found: &Validation) -> anyhow::Result<()> {
        let mut line = json!({
            "step": step, "eval_loss": found.loss, "best": found.best, "expert_load": shares(&found.load),
        });
        if found.rewards.is_some() {
            line["eval_pairs"] = found.targets.into();
        } else {
            line["eval_perplexity"] = found.perplexity().into();
            line["eval_tokens"] = found.targets.into();
        }
        add_rewards(&mut line, "eval_", found.rewards.as_ref());
        self.line(&line)
    }

    fn line(&mut self, line: &Value) -> anyhow::Result<()> {
        writeln!(self.file, "{line}").with_context(|| self.path.display().to_string())
    }

    /// Draws the losses so far.
    pub fn draw(&self) -> anyhow::Result<()> {
        let (mut training, mut validation) = (Vec::new(), Vec::new());
        for line in read(&self.path)? {
            let Some(step) = line["step"].as_u64() else { continue };
            training.extend(line["loss"].as_f64().map(|loss| (step, loss)));
            // Earlier versions called it validation_loss; a resumed log may begin with such lines.
            let eval_loss = line.get("eval_loss").or_else(|| line.get("validation_loss"));
            validation.extend(eval_loss.and_then(Value::as_f64).map(|loss| (step, loss)));
        }
        let every = training.len().div_ceil(POINTS).max(1);
        let training: Vec<_> = training.into_iter().step_by(every).collect();
        std::fs::write(&self.picture, plot::loss_curve(&training, &validation))
            .with_context(|| self.picture.display().to_string())
    }
}

/// Adds what a training on preferences tells, by the names of TRL's `DPOTrainer`.
fn add_rewards(line: &mut Value, prefix: &str, rewards: Option<&Rewards>) {
    let Some(found) = rewards else { return };
    for (name, value) in [
        ("rewards/chosen", found.chosen),
        ("rewards/rejected", found.rejected),
        ("rewards/accuracies", found.accuracies),
        ("rewards/margins", found.margins()),
        ("logps/chosen", found.logps_chosen),
        ("logps/rejected", found.logps_rejected),
    ] {
        line[format!("{prefix}{name}")] = value.into();
    }
}

/// The log's lines. One that a crash cut short is left out.
fn read(path: &Path) -> anyhow::Result<Vec<Value>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The shares of the experts by layer, as long as they need be.
fn shares(load: &Load) -> Vec<Vec<f64>> {
    let short = |share: f64| (share * 1e4).round() / 1e4;
    load.shares().into_iter().map(|layer| layer.into_iter().map(short).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u64) -> Step {
        let load = Load { counts: vec![vec![1, 2], vec![3, 0]] };
        Step {
            step: number,
            loss: 2.0,
            rewards: None,
            aux_loss: 1.0,
            grad_norm: 0.5,
            learning_rate: 1e-3,
            tokens: 7,
            load,
        }
    }

    #[test]
    fn a_resumed_log_forgets_what_lies_beyond_the_checkpoint() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = Log::open(folder.path(), None).expect("a log");
        (1..=5).for_each(|n| log.step(&step(n), n * 7, 100.4).expect("written"));
        write!(log.file, "{{\"step\": 6, \"lo").expect("a line cut short");
        drop(log);
        let mut log = Log::open(folder.path(), Some(3)).expect("a log");
        (4..=6).for_each(|n| log.step(&step(n), n * 7, 100.4).expect("written"));
        log.draw().expect("drawn");
        let lines = read(&log.path).expect("lines");
        assert_eq!(lines.iter().map(|l| l["step"].as_u64()).collect::<Vec<_>>(), (1..=6).map(Some).collect::<Vec<_>>());
        assert_eq!(lines[0]["expert_load"], json!([[0.3333, 0.6667], [1.0, 0.0]]));
        drop(Log::open(folder.path(), None).expect("a new log"));
        assert!(read(&log.path).expect("lines").is_empty(), "a new training begins anew");
    }
}
