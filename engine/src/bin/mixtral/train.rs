//! `mixtral train`: a training, with its log, curve, checkpoints and model files.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use mixtral_engine::model::Config;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_engine::train::data::{Data, Reader};
use mixtral_engine::train::meter::Share;
use mixtral_engine::train::{Model, Recipe, Trainer, base, output, plot, trainer};
use mixtral_engine::weights::gguf::Gguf;
use serde_json::json;

use crate::language::Language;

/// How often a line is shown.
const SHOWN: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub struct Arguments {
    /// The folder for checkpoints, log, curve and models.
    pub out: PathBuf,
    /// The vocabulary of a new model: tokenizer.gguf from mixtral tokenizer, or any GGUF model.
    #[arg(long = "tokenizer", id = "vocabulary", required_unless_present = "base", conflicts_with = "base")]
    pub vocabulary: Option<PathBuf>,
    /// Go on from this model's weights (GGUF); it brings its own shape and vocabulary.
    #[arg(long)]
    pub base: Option<PathBuf>,
    /// A training file (JSON lines); may be given several times.
    #[arg(long = "data", id = "training", required = true)]
    pub training: Vec<PathBuf>,
    /// A validation file (JSON lines).
    #[arg(long)]
    pub validation: Option<PathBuf>,
    /// The settings: a JSON file; without it the defaults.
    #[arg(long)]
    pub recipe: Option<PathBuf>,
    /// Most minutes to train; then a checkpoint is written and the training ends.
    #[arg(long)]
    pub minutes: Option<f64>,
    /// Go on from the folder's checkpoint.
    #[arg(long)]
    pub resume: bool,
    /// Threads that compute; without it, one a core.
    #[arg(long = "threads", id = "pool")]
    pub pool: Option<usize>,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    if let Some(threads) = arguments.pool {
        ensure!((1..=1024).contains(&threads), "--threads: 1..1024");
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().context("--threads")?;
    }
    let recipe: Recipe = match &arguments.recipe {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            serde_json::from_str(&text).with_context(|| path.display().to_string())?
        }
        None => Recipe::default(),
    };
    recipe.check()?;
    // Adapters stand in the library; until this command writes them, a recipe that asks for them must not train all weights.
    match language {
        Language::English => ensure!(recipe.lora.is_none(), "recipe: `lora`: this command trains whole models only"),
        Language::Chinese => ensure!(recipe.lora.is_none(), "配方：`lora`：此命令目前只训练整个模型"),
    }
    let Some(words) = arguments.base.as_ref().or(arguments.vocabulary.as_ref()) else {
        anyhow::bail!(language.pick("--tokenizer or --base is needed", "需要 --tokenizer 或 --base"));
    };
    let gguf = Gguf::open(words)?;
    let tokenizer = Tokenizer::from_gguf(gguf.metadata())?;
    let template = ChatTemplate::new(gguf.metadata().opt_str("tokenizer.chat_template")?)
        .map_err(|e| anyhow::anyhow!("{}: {e}", words.display()))?;
    let config = match &arguments.base {
        Some(_) => Config::from_gguf(&gguf)?,
        None => recipe.shape.config(tokenizer.vocabulary().len())?,
    };
    let context = recipe.longest.unwrap_or(config.context).min(config.context);
    let reader = Reader { tokenizer: &tokenizer, template: &template, context };
    let mut data = Data::default();
    for path in &arguments.training {
        data.documents.extend(reader.read(path)?.documents);
    }
    let validation = arguments.validation.as_ref().map(|path| reader.read(path)).transpose()?.unwrap_or_default();
    let model = match &arguments.base {
        Some(_) => base::model(&gguf, &config)?,
        None => Model::random(&config, recipe.seed)?,
    };
    let (documents, parameters) = (data.documents.len(), model.trained().iter().map(|p| p.len()).sum::<usize>());
    match language {
        Language::English => eprintln!("{documents} documents, {parameters} parameters to train"),
        Language::Chinese => eprintln!("{documents} 篇文档，训练 {parameters} 个参数"),
    }
    std::fs::create_dir_all(&arguments.out).with_context(|| arguments.out.display().to_string())?;
    let text = serde_json::to_string_pretty(&recipe)?;
    std::fs::write(arguments.out.join("recipe.json"), text)?;
    let mut trainer = Trainer::new(recipe.clone(), model, data, validation)?;
    if arguments.resume {
        trainer.resume(&arguments.out.join("checkpoint.safetensors"))?;
    }
    let values = output::tokenizer_values(gguf.metadata());
    let mut run = Run { folder: &arguments.out, recipe, trainer, values, log: open_log(arguments)?, language };
    run.go(arguments.minutes.map(|m| Duration::from_secs_f64(m.clamp(0.0, 1e7) * 60.0)))
}

fn open_log(arguments: &Arguments) -> anyhow::Result<File> {
    let path = arguments.out.join("log.jsonl");
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    if arguments.resume {
        options.append(true)
    } else {
        options.truncate(true)
    };
    options.open(&path).with_context(|| path.display().to_string())
}

struct Run<'a> {
    folder: &'a Path,
    recipe: Recipe,
    trainer: Trainer,
    values: Vec<(String, mixtral_engine::weights::gguf::Value)>,
    log: File,
    language: Language,
}

impl Run<'_> {
    fn go(&mut self, limit: Option<Duration>) -> anyhow::Result<()> {
        let start = Instant::now();
        let (first, before) = (self.trainer.steps(), self.trainer.tokens());
        let mut shown = Instant::now();
        if first == 0 {
            self.validate()?;
        }
        while self.trainer.steps() < self.recipe.steps {
            let step = self.trainer.step()?;
            let spent = start.elapsed();
            let speed = (self.trainer.tokens() - before) as f64 / spent.as_secs_f64();
            self.write(&step_line(&step, self.trainer.tokens(), speed))?;
            let over = limit.is_some_and(|limit| spent > limit);
            let last = step.step == self.recipe.steps || over;
            if shown.elapsed() > SHOWN || last {
                shown = Instant::now();
                let each = spent.div_f64((step.step - first) as f64);
                let left = each.mul_f64((self.recipe.steps - step.step) as f64);
                self.show(&step, speed, limit.map_or(left, |l| left.min(l.saturating_sub(spent))));
            }
            if last || step.step.is_multiple_of(self.recipe.validate_every.max(1)) {
                self.validate()?;
            }
            if last || step.step.is_multiple_of(self.recipe.checkpoint_every.max(1)) {
                self.trainer.save(&self.folder.join("checkpoint.safetensors"))?;
                self.draw()?;
            }
            if over {
                break;
            }
        }
        output::write_gguf(&self.folder.join("last.gguf"), self.trainer.model(), self.values.clone(), GgmlType::F16)?;
        self.report(start.elapsed(), before);
        Ok(())
    }

    fn validate(&mut self) -> anyhow::Result<()> {
        let Some(found) = self.trainer.validate()? else { return Ok(()) };
        let step = self.trainer.steps();
        let line = json!({"step": step, "validation_loss": found.loss, "perplexity": found.perplexity(), "targets": found.targets, "best": found.best});
        self.write(&line)?;
        let word = self.language.pick("validation", "检验");
        eprintln!("{step}: {word} {:.4} ({:.2})", found.loss, found.perplexity());
        if found.best && step > 0 {
            let path = self.folder.join("best.gguf");
            output::write_gguf(&path, self.trainer.model(), self.values.clone(), GgmlType::F16)?;
        }
        Ok(())
    }

    fn write(&mut self, line: &serde_json::Value) -> anyhow::Result<()> {
        writeln!(self.log, "{line}").context("log.jsonl")
    }

    fn show(&self, step: &trainer::Step, speed: f64, left: Duration) {
        let minutes = left.as_secs_f64() / 60.0;
        let busiest = step.busiest.iter().copied().fold(0.0, f64::max) * 100.0;
        let (number, all, loss, rate) = (step.step, self.recipe.steps, step.loss, step.rate);
        match self.language {
            Language::English => eprintln!(
                "step {number}/{all}  loss {loss:.4}  rate {rate:.2e}  {speed:.0} tokens/s  busiest expert {busiest:.0} %  {minutes:.1} min left"
            ),
            Language::Chinese => eprintln!(
                "第 {number}/{all} 步  损失 {loss:.4}  学习率 {rate:.2e}  {speed:.0} 词元/秒  最忙专家 {busiest:.0} %  还需 {minutes:.1} 分钟"
            ),
        }
    }

    /// Where the time went.
    fn report(&self, spent: Duration, before: u64) {
        let meter = self.trainer.meter();
        let share =
            |s: Share| format!("{} {:.0} %", s.name(), 100.0 * meter.spent(s).as_secs_f64() / spent.as_secs_f64());
        let shares: Vec<String> = Share::ALL.into_iter().map(share).collect();
        let rate = 2.0 * meter.multiplications() as f64 / spent.as_secs_f64() / 1e9;
        let tokens = self.trainer.tokens() - before;
        let speed = tokens as f64 / spent.as_secs_f64();
        println!("{tokens} tokens, {speed:.0} tokens/s, {rate:.0} GFLOP/s; {}", shares.join(", "));
    }

    fn draw(&self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(self.folder.join("log.jsonl"))?;
        let (mut training, mut validation) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line)?;
            let Some(step) = line["step"].as_u64() else { continue };
            training.extend(line["loss"].as_f64().map(|l| (step, l)));
            validation.extend(line["validation_loss"].as_f64().map(|l| (step, l)));
        }
        // A picture has no use for more points than pixels.
        let every = training.len().div_ceil(700).max(1);
        let training: Vec<_> = training.into_iter().step_by(every).collect();
        std::fs::write(self.folder.join("loss.svg"), plot::loss_curve(&training, &validation))?;
        Ok(())
    }
}

fn step_line(step: &trainer::Step, tokens: u64, speed: f64) -> serde_json::Value {
    json!({
        "step": step.step, "loss": step.loss, "balance": step.balance, "norm": step.norm, "rate": step.rate,
        "tokens": tokens, "speed": speed.round(), "busiest": step.busiest,
    })
}
