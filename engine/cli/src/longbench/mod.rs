//! `mixtral evaluate longbench`: questions about long texts, asked and scored as Chinese-Mixtral's scripts do.

mod ask;
mod folder;
mod report;
mod setup;

use std::path::PathBuf;

use anyhow::{anyhow, bail, ensure};
use clap::Args;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::load_type;
use mixtral_evaluation::longbench::{self, Language as Of, Sample, Scored, Scorer, Summary, Task};

use crate::endpoint::Remote;
use crate::i18n::Language;
use crate::options::{Machine, Model, named};
use crate::progress::bar;
use ask::{Asked, Asker};
use folder::Folder;
use setup::Setup;

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub struct Arguments {
    #[arg(id = "model", value_name = "MODEL", required_unless_present = "endpoint", conflicts_with = "endpoint")]
    pub path: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "endpoint")]
    pub base: Option<PathBuf>,
    #[arg(id = "type", long = "type", value_name = "TYPE", value_parser = load_type, conflicts_with = "endpoint")]
    pub kind: Option<GgmlType>,
    pub data: PathBuf,
    #[command(flatten)]
    pub remote: Remote,
    #[arg(long, alias = "predict-on", value_delimiter = ',', default_value = "zh,code")]
    pub tasks: Vec<String>,
    #[arg(short = 'e', long = "longbench-e")]
    pub by_length: bool,
    #[arg(long, value_name = "TOKENS", default_value_t = 3584)]
    pub max_length: usize,
    #[arg(long, alias = "with-prompt")]
    pub instruct: bool,
    #[arg(long)]
    pub greedy: bool,
    #[arg(long)]
    pub limit: Option<usize>,
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    ensure!(arguments.max_length >= 16, t!(language, "usage-at-least", option = "--max-length", low = 16usize));
    let tasks = tasks(arguments, language)?;
    let read = |task: &Task| -> anyhow::Result<(Task, Vec<Sample>)> {
        let mut samples = longbench::read(&arguments.data, *task, arguments.by_length)?;
        samples.truncate(arguments.limit.unwrap_or(usize::MAX));
        Ok((*task, samples))
    };
    let all: Vec<(Task, Vec<Sample>)> = tasks.iter().map(read).collect::<anyhow::Result<_>>()?;
    let model = match (&arguments.path, arguments.remote.name()) {
        (Some(path), _) => named(path, arguments.kind)?,
        (None, name) => name.unwrap_or_default(),
    };
    let setup = Setup {
        model,
        by_length: arguments.by_length,
        max_length: arguments.max_length,
        instruct: arguments.instruct,
        greedy: arguments.greedy,
        limit: arguments.limit,
        seed: arguments.seed,
    };
    let mut folder = Folder::open(arguments.output.as_deref(), &setup, language)?;
    let longest = tasks.iter().map(|task| task.max_tokens()).max().unwrap_or_default();
    let asker = match arguments.remote.client(language)? {
        Some(client) => Asker::remote(client, arguments.remote.parallel, language)?,
        None => {
            let path = arguments.path.clone().ok_or_else(|| anyhow!("no model"))?;
            let model = Model { path, base: arguments.base.clone(), kind: arguments.kind };
            Asker::local(&model, &arguments.machine, arguments.max_length + longest, language)?
        }
    };
    let scorer = Scorer::default();
    let bar = bar(all.iter().map(|(_, samples)| samples.len()).sum(), "{msg} {wide_bar} {pos}/{len} {eta}");
    bar.set_position(folder.done().len() as u64);
    // What was answered before an interruption is no work, and would make the estimate too hopeful.
    bar.reset_eta();
    for (task, samples) in &all {
        bar.set_message(task.name);
        let todo: Vec<usize> = (0..samples.len()).filter(|row| !folder.has(task.name, *row)).collect();
        let asked: Vec<Asked> = todo
            .iter()
            .map(|row| Asked {
                prompt: task.prompt(&samples[*row].context, &samples[*row].input),
                max_length: arguments.max_length,
                max_tokens: task.max_tokens(),
                ends_at_line: task.ends_at_line(),
                instruct: arguments.instruct,
                greedy: arguments.greedy,
                seed: arguments.seed.wrapping_add(*row as u64),
            })
            .collect();
        asker.ask(&asked, &mut |at, answer| {
            let row = todo[at];
            let sample = &samples[row];
            let score = scorer.score(*task, sample, &answer);
            let scored = Scored { task: task.name.to_owned(), row, score, length: sample.length };
            folder.keep(scored, answer)?;
            bar.inc(1);
            Ok(())
        })?;
    }
    bar.finish_and_clear();
    let wanted = |scored: &&Scored| tasks.iter().any(|task| task.name == scored.task);
    let done: Vec<Scored> = folder.done().iter().filter(wanted).cloned().collect();
    let Some(summary) = Summary::of(&done) else { bail!(t!(language, "longbench-nothing")) };
    folder.finish(&setup, &summary, language)?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&report::json(&setup, &summary))?);
        return Ok(());
    }
    say!("{}", report::text(&summary, arguments.by_length, language));
    if let Some(path) = &arguments.output {
        say!("{}", t!(language, "evaluate-written", path = path.display()));
    }
    Ok(())
}

/// The tasks that were asked for, by their names or by their languages.
fn tasks(arguments: &Arguments, language: Language) -> anyhow::Result<Vec<Task>> {
    let of = |wanted: &dyn Fn(&Task) -> bool| Task::all().filter(|task| wanted(task)).collect::<Vec<_>>();
    let mut chosen: Vec<Task> = Vec::new();
    for name in &arguments.tasks {
        let found = match name.as_str() {
            "zh" => of(&|task| task.language == Of::Chinese),
            "en" => of(&|task| task.language == Of::English),
            "code" => of(&|task| task.language == Of::Code),
            "all" => of(&|_| true),
            name => vec![Task::by_name(name).ok_or_else(|| {
                let known = Task::all().map(|task| task.name).collect::<Vec<_>>().join(", ");
                anyhow!(t!(language, "longbench-no-task", name = name, known = known))
            })?],
        };
        for task in found {
            if (!arguments.by_length || task.in_e) && !chosen.contains(&task) {
                chosen.push(task);
            }
        }
    }
    ensure!(!chosen.is_empty(), t!(language, "longbench-none-in-e"));
    Ok(chosen)
}
