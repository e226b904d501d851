//! `mixtral judge`: models answer prompts, and a language model judges the answers.

mod folder;
mod prompts;
mod report;
mod setup;
mod speaker;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Args;
use mixtral_engine::request::DEFAULT_MAX_TOKENS;
use mixtral_judge::{Mode, Wording};

use crate::endpoint::{Budget, Patience};
use crate::i18n::Language;
use crate::options::{Machine, between};
use folder::Folder;
use setup::Setup;
use speaker::{Named, Place};
use work::Work;

#[derive(Debug, Args)]
pub struct Arguments {
    pub prompts: PathBuf,
    #[arg(short, long = "model", value_name = "NAME=URL|FILE")]
    pub models: Vec<String>,
    #[arg(short, long, value_name = "NAME=URL|FILE")]
    pub judge: String,
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    #[arg(long)]
    pub pairs: bool,
    #[arg(long)]
    pub limit: Option<usize>,
    #[arg(long = "api-key", value_name = "NAME=VARIABLE")]
    pub keys: Vec<String>,
    #[arg(long, value_parser = ["en", "zh"])]
    pub reasons: Option<String>,
    #[arg(short = 'n', long, alias = "max-new-tokens", default_value_t = DEFAULT_MAX_TOKENS)]
    pub max_tokens: usize,
    #[arg(long, default_value_t = 2048)]
    pub judge_max_tokens: usize,
    #[arg(short, long, alias = "temp", default_value_t = 0.2)]
    pub temperature: f32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, default_value_t = 4)]
    pub parallel: usize,
    #[arg(long, default_value_t = 5)]
    pub retries: u32,
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub timeout: u64,
    #[arg(long)]
    pub max_requests: Option<u64>,
    #[arg(long)]
    pub max_total_tokens: Option<u64>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    between("--parallel", arguments.parallel, 1..=256, language)?;
    ensure!(
        (0.0..=2.0).contains(&arguments.temperature),
        t!(language, "judge-temperature", value = arguments.temperature.to_string())
    );
    let judge = Named::parse(&arguments.judge, language)?;
    let models: Vec<Named> =
        arguments.models.iter().map(|model| Named::parse(model, language)).collect::<anyhow::Result<_>>()?;
    let keys = speaker::keys(&arguments.keys, &models, &judge, language)?;
    let mut questions = prompts::read(&arguments.prompts, language)?;
    questions.truncate(arguments.limit.unwrap_or(usize::MAX));
    ensure!(!questions.is_empty(), t!(language, "judge-no-prompts", path = arguments.prompts.display()));
    let names = prompts::models(&questions, &models, language)?;
    let mode = if arguments.pairs { Mode::Pairs } else { Mode::Scores };
    ensure!(mode == Mode::Scores || names.len() > 1, t!(language, "judge-needs-two"));
    ensure!(!names.contains(&judge.name), t!(language, "judge-judges-itself", name = &judge.name));
    let wording = match (arguments.reasons.as_deref(), language) {
        (Some("zh"), _) | (None, Language::Chinese) => Wording::Chinese,
        _ => Wording::English,
    };
    let setup = Setup {
        judge: judge.name.clone(),
        mode,
        wording,
        models: names,
        max_tokens: arguments.max_tokens,
        judge_max_tokens: arguments.judge_max_tokens,
        temperature: arguments.temperature,
        seed: arguments.seed,
        questions,
    };
    let place = Place {
        keys: &keys,
        machine: &arguments.machine,
        parallel: arguments.parallel,
        timeout: Duration::from_secs(arguments.timeout.max(1)),
    };
    let patience = Patience {
        retries: arguments.retries,
        budget: Budget::new(arguments.max_requests, arguments.max_total_tokens),
    };
    let folder = Folder::open(&arguments.output, &setup, language)?;
    let mut work = Work { setup: &setup, folder, patience: &patience, parallel: arguments.parallel, language };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for model in &models {
            work.answer(model, &place).await?;
        }
        work.judge(&judge, &place).await
    })?;
    let Work { folder, .. } = work;
    let file = folder.file(&setup, language);
    let missing = folder.missing(&setup);
    folder.finish(&file, language)?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report::json(&file))?);
    } else {
        say!("{}", report::text(&file, language));
        let (requests, tokens) = patience.budget.spent();
        say!("{}", t!(language, "judge-spent", requests = requests, tokens = tokens));
        say!("{}", t!(language, "evaluate-written", path = arguments.output.display()));
    }
    if missing > 0 {
        let why = if patience.budget.is_used_up() { "judge-out-of-budget" } else { "judge-incomplete" };
        bail!(t!(language, why, missing = missing, all = setup.tasks().len()));
    }
    Ok(())
}
