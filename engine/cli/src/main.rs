//! `mixtral`: talk with a model in the terminal, look into a model file, measure perplexity, quantise; make
//! training data, vocabularies and models.

#[macro_use]
mod output;

mod arguments;
mod bench;
mod chat;
mod convert;
mod data;
mod help;
mod imatrix;
mod info;
mod interrupt;
mod language;
mod merge;
mod options;
mod perplexity;
mod poetry;
mod progress;
mod quantize;
mod recipe;
mod recite;
mod settings;
mod tokenizer;
mod train;
mod windows;

use std::process::ExitCode;

use clap::FromArgMatches;

use arguments::{Arguments, Command};
use language::Language;

fn main() -> ExitCode {
    let language = Language::from_environment();
    let matches = help::command(language).get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let done = match arguments.command {
        Command::Chat(arguments) => chat::run(arguments, language),
        Command::Info(arguments) => info::run(&arguments, language),
        Command::Perplexity(arguments) => perplexity::run(&arguments, language),
        Command::Imatrix(arguments) => imatrix::run(&arguments, language),
        Command::Quantize(arguments) => quantize::run(&arguments, language),
        Command::Convert(arguments) => convert::run(&arguments, language),
        Command::Merge(arguments) => merge::run(&arguments, language),
        Command::Recite(arguments) => recite::run(&arguments, language),
        Command::Data(arguments) => data::run(&arguments, language),
        Command::Tokenizer(arguments) => tokenizer::run(&arguments, language),
        Command::Recipe(arguments) => recipe::run(&arguments, language),
        Command::Bench(arguments) => bench::run(&arguments, language),
        Command::Train(arguments) => train::run(&arguments, language),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}{}", language.pick("error: ", "错误："), told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes. Those that already stand in what comes before are not said again.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |text, cause| match text.as_str() {
        "" => cause,
        before if before.contains(&cause) => text,
        _ => format!("{text}: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    #[test]
    fn a_cause_is_said_once() {
        let inner = || anyhow::anyhow!("no such file");
        let told = |error: anyhow::Error| super::told(&error);
        assert_eq!(told(inner()), "no such file");
        assert_eq!(told(inner().context("a.gguf: no such file")), "a.gguf: no such file");
        let outer: anyhow::Result<()> = Err(inner()).context("a.gguf").context("reading");
        assert_eq!(told(outer.expect_err("an error")), "reading: a.gguf: no such file");
    }
}
