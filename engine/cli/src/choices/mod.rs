//! `mixtral evaluate ceval | cmmlu | mmlu`: a benchmark's questions, asked as Chinese-Mixtral's scripts ask them.

mod ask;
mod folder;
mod remote;
mod report;
mod setup;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use mixtral_engine::quant::GgmlType;
use mixtral_engine::quantize::load_type;
use mixtral_evaluation::{Benchmark, Data, Difference, Judged, Layout, Question, Report, Split, header};

use crate::endpoint::Remote;
use crate::i18n::Language;
use crate::options::{Machine, Model, named};
use crate::progress::bar;
use ask::Asker;
use folder::Folder;
use remote::RemoteAsker;
use setup::{Answer, Mode, Part, Setup};

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
    #[arg(long, default_value = "val", value_parser = ["val", "test"])]
    pub split: String,
    #[arg(short = 'k', long, aliases = ["ntrain", "num-fewshot"], default_value_t = 5)]
    pub shots: usize,
    #[arg(long, alias = "with-prompt")]
    pub instruct: bool,
    #[arg(long)]
    pub generate: bool,
    #[arg(long, alias = "cot")]
    pub chain_of_thought: bool,
    #[arg(long, value_delimiter = ',')]
    pub subjects: Vec<String>,
    #[arg(long)]
    pub limit: Option<usize>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(short, long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machine: Machine,
}

/// Two folders that `--output` wrote.
#[derive(Debug, Args)]
pub struct Compared {
    pub first: PathBuf,
    pub second: PathBuf,
    #[arg(long)]
    pub json: bool,
}

pub fn run(benchmark: Benchmark, arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    arguments.machine.pool.make(language)?;
    let thinks = arguments.chain_of_thought;
    ensure!(!thinks || benchmark == Benchmark::Ceval, t!(language, "evaluate-only-ceval-thinks"));
    let layout = Layout { is_instruct: arguments.instruct, thinks };
    let split = if arguments.split == "test" { Split::Test } else { Split::Val };
    let mode = match (thinks, arguments.generate) {
        (true, _) => Mode::Think,
        (false, true) => Mode::Generate,
        (false, false) => Mode::Logits,
    };
    // CMMLU's questions lie in one folder alone.
    let split = if benchmark == Benchmark::Cmmlu { Split::Test } else { split };
    let data = Data::open(benchmark, &arguments.data)?;
    let parts = read(benchmark, &data, split, layout, arguments)?;
    let all: usize = parts.iter().map(|part| part.questions.len()).sum();

    let model = match (&arguments.path, arguments.remote.name()) {
        (Some(path), _) => named(path, arguments.kind)?,
        (None, name) => name.unwrap_or_default(),
    };
    let setup = Setup {
        benchmark: benchmark.name().to_owned(),
        model,
        split: split.name().to_owned(),
        shots: arguments.shots,
        instruct: arguments.instruct,
        mode,
        seed: arguments.seed,
        limit: arguments.limit,
    };
    let mut folder = Folder::open(arguments.output.as_deref(), &setup, language)?;
    let asker = Either::start(arguments, benchmark, mode, language)?;
    let bar = bar(all, "{wide_bar} {pos}/{len} {msg} {eta}");
    bar.set_position(folder.answers().len() as u64);
    // What was answered before an interruption is no work, and would make the estimate too hopeful.
    bar.reset_eta();
    for part in &parts {
        let todo: Vec<&Question> =
            part.questions.iter().filter(|question| !folder.has(&part.subject, question.row)).collect();
        asker.ask(part, &todo, layout, &mut |answer| {
            folder.keep(answer)?;
            bar.inc(1);
            bar.set_message(running(folder.answers()));
            Ok(())
        })?;
    }
    bar.finish_and_clear();
    let judged: Vec<Judged> = folder.answers().iter().map(|answer| answer.judged.clone()).collect();
    let report = Report::new(benchmark, &judged);
    let shortened = folder.answers().iter().filter(|answer| answer.examples < arguments.shots).count();
    let has_answers = report.overall.all > 0;
    folder.finish(&setup, &report, &judged, benchmark, language)?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&folder::results(&setup, &report))?);
        return Ok(());
    }
    if has_answers {
        say!("{}", report::text(&report, language));
    } else {
        say!("{}", t!(language, "evaluate-no-answers-known"));
    }
    if shortened > 0 {
        say!("{}", t!(language, "evaluate-shortened", count = shortened));
    }
    if let Some(path) = &arguments.output {
        say!("{}", t!(language, "evaluate-written", path = path.display()));
    }
    Ok(())
}

/// Who is asked.
enum Either {
    Local(Box<Asker>),
    Remote(Box<RemoteAsker>),
}

impl Either {
    fn start(arguments: &Arguments, benchmark: Benchmark, mode: Mode, language: Language) -> anyhow::Result<Self> {
        let Arguments { remote, machine, seed, path, base, kind, .. } = arguments;
        if let Some(client) = remote.client(language)? {
            let asker = RemoteAsker::new(client, remote.parallel, (benchmark, mode), *seed, language)?;
            return Ok(Self::Remote(Box::new(asker)));
        }
        let model = Model { path: path.clone().unwrap_or_default(), base: base.clone(), kind: *kind };
        Ok(Self::Local(Box::new(Asker::start(&model, machine, benchmark, mode, *seed)?)))
    }

    fn ask(
        &self,
        part: &Part,
        questions: &[&Question],
        layout: Layout,
        each: &mut dyn FnMut(Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Local(asker) => asker.ask(part, questions, layout, each),
            Self::Remote(asker) => asker.ask(part, questions, layout, each),
        }
    }
}

fn read(
    benchmark: Benchmark,
    data: &Data,
    split: Split,
    layout: Layout,
    arguments: &Arguments,
) -> anyhow::Result<Vec<Part>> {
    let subjects = if arguments.subjects.is_empty() { data.subjects(split)? } else { arguments.subjects.clone() };
    let part = |subject: String| {
        let mut questions = data.questions(&subject, split)?;
        questions.truncate(arguments.limit.unwrap_or(usize::MAX));
        let mut examples = if arguments.shots > 0 { data.questions(&subject, Split::Dev)? } else { Vec::new() };
        examples.truncate(arguments.shots);
        let headers = (0..=examples.len()).rev().map(|count| header(benchmark, &subject, &examples[..count], layout));
        Ok(Part { headers: headers.collect(), subject, questions, examples })
    };
    subjects.into_iter().map(part).collect()
}

/// The score so far, where answers are known.
fn running(answers: &[Answer]) -> String {
    let known = answers.iter().filter_map(|answer| answer.judged.is_right());
    let (right, all) = known.fold((0usize, 0usize), |(right, all), is_right| (right + usize::from(is_right), all + 1));
    if all == 0 { String::new() } else { format!("{:.1}%", 100.0 * right as f64 / all as f64) }
}

/// Compares two evaluations question by question.
pub fn compare(arguments: &Compared, language: Language) -> anyhow::Result<()> {
    let [(first, one), (second, two)] =
        [folder::read(&arguments.first, language)?, folder::read(&arguments.second, language)?];
    ensure!(first.benchmark == second.benchmark, t!(language, "evaluate-other-benchmark"));
    let judged = |answers: Vec<Answer>| answers.into_iter().map(|answer| answer.judged).collect::<Vec<_>>();
    let difference = Difference::new(&judged(one), &judged(two));
    let Some(difference) = difference else { anyhow::bail!(t!(language, "evaluate-nothing-common")) };
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&difference)?);
    } else {
        say!("{}", report::difference(&difference, [&first.model, &second.model], language));
    }
    Ok(())
}
