//! The commands of the program. Their texts stand in `locales/*/help.ftl`.

use clap::{Parser, Subcommand};

use mixtral_evaluation::Benchmark;

use crate::i18n::Language;
use crate::prepare::Package;
use crate::{
    bench, chat, choices, convert, evaluate, hub, imatrix, info, judge, longbench, make_random, merge, needle,
    perplexity, prepare, print_config, quantize, selftest, train, train_tokenizer,
};

#[derive(Debug, Parser)]
#[command(name = "mixtral", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Chat(chat::Arguments),
    Info(info::Arguments),
    Download(hub::Arguments),
    Perplexity(perplexity::Arguments),
    /// Measurements of a task.
    #[command(subcommand)]
    Evaluate(Evaluate),
    Judge(judge::Arguments),
    Quantize(quantize::Arguments),
    Imatrix(imatrix::Arguments),
    Convert(convert::Arguments),
    Merge(merge::Arguments),
    MakeRandom(make_random::Arguments),
    Train(train::Arguments),
    #[command(alias = "tokenizer")]
    TrainTokenizer(train_tokenizer::Arguments),
    /// Training files from public sources.
    #[command(subcommand)]
    Prepare(Prepare),
    /// Measurements of speed.
    #[command(subcommand)]
    Bench(Bench),
    Selftest(selftest::Arguments),

    // What earlier versions called them, for one version more.
    #[command(hide = true)]
    Recite(evaluate::Arguments),
    #[command(hide = true)]
    Recipe(print_config::Arguments),
    #[command(hide = true, subcommand)]
    Data(Data),
}

#[derive(Debug, Subcommand)]
pub enum Evaluate {
    Ceval(choices::Arguments),
    Cmmlu(choices::Arguments),
    Mmlu(choices::Arguments),
    Longbench(longbench::Arguments),
    Needle(needle::Arguments),
    Poetry(evaluate::Arguments),
    Wordnet(evaluate::wordnet::Arguments),
    Compare(choices::Compared),
}

#[derive(Debug, Subcommand)]
pub enum Bench {
    Inference(bench::inference::Arguments),
    Kernels(bench::kernels::Arguments),
    Train(bench::train::Arguments),
}

#[derive(Debug, Subcommand)]
pub enum Prepare {
    ChinesePoetry(prepare::Arguments),
    Wordnet(prepare::Arguments),
}

/// `data poetry`.
#[derive(Debug, Subcommand)]
pub enum Data {
    Poetry(prepare::Arguments),
}

impl Command {
    pub fn run(mut self, language: Language) -> anyhow::Result<()> {
        self.locate_models(language)?;
        match self {
            Self::Chat(arguments) => chat::run(arguments, language),
            Self::Info(arguments) => info::run(&arguments, language),
            Self::Download(arguments) => hub::run(&arguments, language),
            Self::Perplexity(arguments) => perplexity::run(&arguments, language),
            Self::Evaluate(Evaluate::Poetry(arguments)) | Self::Recite(arguments) => {
                evaluate::run(&arguments, language)
            }
            Self::Evaluate(Evaluate::Wordnet(arguments)) => evaluate::wordnet::run(&arguments, language),
            Self::Evaluate(Evaluate::Ceval(arguments)) => choices::run(Benchmark::Ceval, &arguments, language),
            Self::Evaluate(Evaluate::Cmmlu(arguments)) => choices::run(Benchmark::Cmmlu, &arguments, language),
            Self::Evaluate(Evaluate::Mmlu(arguments)) => choices::run(Benchmark::Mmlu, &arguments, language),
            Self::Evaluate(Evaluate::Longbench(arguments)) => longbench::run(&arguments, language),
            Self::Evaluate(Evaluate::Needle(arguments)) => needle::run(&arguments, language),
            Self::Evaluate(Evaluate::Compare(arguments)) => choices::compare(&arguments, language),
            Self::Judge(arguments) => judge::run(&arguments, language),
            Self::Quantize(arguments) => quantize::run(&arguments, language),
            Self::Imatrix(arguments) => imatrix::run(&arguments, language),
            Self::Convert(arguments) => convert::run(&arguments, language),
            Self::Merge(arguments) => merge::run(&arguments, language),
            Self::MakeRandom(arguments) => make_random::run(&arguments, language),
            Self::Train(arguments) => train::run(&arguments, language),
            Self::TrainTokenizer(arguments) => train_tokenizer::run(&arguments, language),
            Self::Prepare(Prepare::ChinesePoetry(arguments)) | Self::Data(Data::Poetry(arguments)) => {
                prepare::run(Package::ChinesePoetry, &arguments, language)
            }
            Self::Prepare(Prepare::Wordnet(arguments)) => prepare::run(Package::Wordnet, &arguments, language),
            Self::Bench(Bench::Inference(arguments)) => bench::inference::run(&arguments, language),
            Self::Bench(Bench::Kernels(arguments)) => bench::kernels::run(&arguments, language),
            Self::Bench(Bench::Train(arguments)) => bench::train::run(&arguments, language),
            Self::Selftest(arguments) => selftest::run(&arguments, language),
            Self::Recipe(arguments) => print_config::run(arguments.kind, language),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::i18n::{self, keys};

    /// The keys of a command's texts, and of those below it.
    fn collect(command: &clap::Command, path: &str, out: &mut BTreeSet<String>) {
        out.insert(format!("command-{path}"));
        out.extend(command.get_arguments().map(|argument| i18n::key(path, argument.get_id().as_str())));
        for sub in command.get_subcommands() {
            let path = if path == "mixtral" { sub.get_name().to_owned() } else { format!("{path}-{}", sub.get_name()) };
            collect(sub, &path, out);
        }
    }

    #[test]
    fn every_command_and_argument_has_a_text_and_no_text_is_left_over() {
        Arguments::command().debug_assert();
        let mut wanted = BTreeSet::new();
        collect(&Arguments::command(), "mixtral", &mut wanted);
        let known: BTreeSet<String> = keys("command-").union(&keys("option-")).cloned().collect();
        assert_eq!(wanted.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "they have no text");
        assert_eq!(known.difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "they are used nowhere");
    }

    #[test]
    fn the_whole_help_is_in_the_language() {
        for (language, word) in [(Language::English, "Usage:"), (Language::Chinese, "用法：")] {
            let mut command = i18n::command(Arguments::command(), language);
            command.clone().debug_assert();
            let help = command.render_help().to_string();
            assert!(help.contains(word) && help.contains(&t!(language, "command-chat")), "{help}");
            let evaluate = command.find_subcommand_mut("evaluate").expect("evaluate").render_help().to_string();
            assert!(evaluate.contains(&t!(language, "command-evaluate-poetry")), "{evaluate}");
            let train = command.find_subcommand_mut("train").expect("train").render_help().to_string();
            assert!(train.contains(word) && train.contains(&t!(language, "option-train-resume")), "{train}");
            for foreign in ["Options:", "Commands:", "Arguments:", "[default", "Print"] {
                assert!(
                    language == Language::English || !(help.clone() + &train).contains(foreign),
                    "{foreign}: {train}"
                );
            }
        }
    }

    #[test]
    fn a_wrong_command_line_is_refused_in_the_language_with_what_was_meant() {
        let refused = |line: &str, language| {
            let command = i18n::command(Arguments::command(), language);
            let error = command.try_get_matches_from(line.split(' ')).expect_err("refused");
            i18n::usage_error(&error, language).unwrap_or_else(|| error.to_string())
        };
        for (line, english, chinese) in [
            ("mixtral chat", "required but not given: <MODEL>", "缺少必需的参数：<MODEL>"),
            ("mixtral chat a --temperatur 1", "“--temperature”", "是否想输入“--temperature”"),
            ("mixtral chat a --temperature x", "for --temperature <TEMPERATURE>: not a number", "不是数字"),
            ("mixtral chat a --top-k 1.5", "not a whole number", "不是整数"),
            ("mixtral chat a --device tpu", "“tpu”", "“tpu”无效"),
            ("mixtral chta", "unrecognized command “chta”", "未知的命令“chta”"),
            ("mixtral train --print-config fulll", "possible values: full, lora, qlora", "可选的值：full、lora、qlora"),
            ("mixtral train x --data d --base b --tokenizer t", "cannot be used with", "不能与"),
            ("mixtral chat a --seed", "--seed <SEED> needs a value", "--seed <SEED> 需要一个值"),
        ] {
            for (language, wanted) in [(Language::English, english), (Language::Chinese, chinese)] {
                let text = refused(line, language);
                assert!(text.contains(wanted) && text.contains("--help"), "{line}: {text}");
            }
        }
    }

    #[test]
    fn earlier_names_are_understood_for_one_version_more() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).map(|arguments| arguments.command);
        assert!(matches!(parse("mixtral recite m h --data d"), Ok(Command::Recite(_))));
        assert!(matches!(parse("mixtral recipe qlora"), Ok(Command::Recipe(_))));
        assert!(matches!(parse("mixtral data poetry f --held-out 5"), Ok(Command::Data(Data::Poetry(_)))));
        assert!(matches!(parse("mixtral tokenizer f t --size 300 --longest 2"), Ok(Command::TrainTokenizer(_))));
        let Ok(Command::Train(train)) = parse("mixtral train o --base b --data d --recipe r --minutes 3") else {
            panic!("a training")
        };
        assert!(train.config.is_some() && train.max_minutes == Some(3.0));
        let line = "mixtral chat m --temp 0.5 --repeat-penalty 1.1 --n-predict 7 --ctx-size 64 --system-prompt s";
        let Ok(Command::Chat(chat)) = parse(line) else { panic!("a conversation") };
        assert_eq!((chat.max_tokens, chat.machine.context, chat.sampling.temperature), (7, Some(64), 0.5));
        let Ok(Command::Train(train)) = parse("mixtral train --print-config lora") else { panic!("a configuration") };
        assert!(train.print_config.is_some() && train.out.is_none());
    }
}
