//! The loop as the terminal sees it: step, tell, validate, save.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use mixtral_train::{Recipe, Trainer};

use super::files::{CHECKPOINT, Output};
use super::log::Log;
use super::report;
use crate::i18n::Language;

/// How often a line is shown.
const SHOWN: Duration = Duration::from_secs(10);

pub struct Session<'a> {
    pub folder: &'a Path,
    pub recipe: Recipe,
    pub trainer: Trainer,
    pub output: Output,
    pub log: Log,
    pub language: Language,
    /// When to end early.
    pub limit: Option<Duration>,
}

impl Session<'_> {
    pub fn run(&mut self) -> anyhow::Result<()> {
        let interrupted = interrupt(self.language)?;
        let start = Instant::now();
        let (first, before) = (self.trainer.steps(), self.trainer.tokens());
        let mut shown = Instant::now();
        if first == 0 {
            self.validate()?;
        }
        while self.trainer.steps() < self.recipe.max_steps {
            let step = self.trainer.step()?;
            let spent = start.elapsed();
            let speed = (self.trainer.tokens() - before) as f64 / spent.as_secs_f64();
            self.log.step(&step, self.trainer.tokens(), speed)?;
            let over = self.limit.is_some_and(|limit| spent > limit) || interrupted.load(Ordering::Relaxed);
            let last = step.step == self.recipe.max_steps || over;
            if shown.elapsed() > SHOWN || last {
                shown = Instant::now();
                let each = spent.div_f64((step.step - first) as f64);
                let left = each.mul_f64((self.recipe.max_steps - step.step) as f64);
                let left = self.limit.map_or(left, |limit| left.min(limit.saturating_sub(spent)));
                report::step(self.language, &step, self.recipe.max_steps, speed, left);
            }
            if last || step.step.is_multiple_of(self.recipe.eval_steps.max(1)) {
                self.validate()?;
            }
            if last || step.step.is_multiple_of(self.recipe.save_steps.max(1)) {
                self.trainer.save(&self.folder.join(CHECKPOINT))?;
                self.log.draw()?;
            }
            if over {
                break;
            }
        }
        self.output.last(self.folder, self.trainer.model(), self.trainer.validates())?;
        if !self.output.has_best(self.folder) && self.trainer.validates() {
            report::never_better(self.language);
        }
        report::end(self.language, self.trainer.profiler(), start.elapsed(), self.trainer.tokens() - before);
        Ok(())
    }

    /// Validates, and keeps the model if it is the best so far.
    fn validate(&mut self) -> anyhow::Result<()> {
        let Some(found) = self.trainer.validate()? else { return Ok(()) };
        let step = self.trainer.steps();
        self.log.validation(step, &found)?;
        report::validation(self.language, step, &found);
        if found.best && step > 0 {
            self.output.best(self.folder, self.trainer.model())?;
        }
        Ok(())
    }
}

/// A Ctrl-C lets the step end and a checkpoint be written; a second one ends the program at once.
fn interrupt(language: Language) -> anyhow::Result<Arc<AtomicBool>> {
    let pressed = Arc::new(AtomicBool::new(false));
    let told = pressed.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wait = move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_err() {
            return;
        }
        told.store(true, Ordering::Relaxed);
        eprintln!("{}", t!(language, "train-interrupted"));
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            std::process::exit(130);
        }
    };
    std::thread::Builder::new().name("interrupt".into()).spawn(wait).context("interrupt")?;
    Ok(pressed)
}
