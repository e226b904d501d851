//! `mixtral`: run, inspect, measure, convert, quantise and train models of the Mixtral family.

#[macro_use]
mod output;
#[macro_use]
mod i18n;

mod bench;
mod chat;
mod choices;
mod command;
mod conversations;
mod convert;
mod endpoint;
mod evaluate;
mod hub;
mod imatrix;
mod info;
mod interrupt;
mod journal;
mod judge;
mod longbench;
mod make_random;
mod merge;
mod models;
mod needle;
mod options;
mod perplexity;
mod picture;
mod poetry;
mod prepare;
mod print_config;
mod progress;
mod quantize;
mod selftest;
mod settings;
mod train;
mod train_tokenizer;
mod windows;
mod wordnet;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use command::Arguments;
use i18n::Language;

fn main() -> ExitCode {
    let language = Language::of_terminal();
    let parsed = i18n::command(Arguments::command(), language)
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => match i18n::usage_error(&error, language) {
            Some(text) => {
                eprintln!("{}", t!(language, "error", what = text));
                return ExitCode::from(2);
            }
            None => {
                terminal_i18n::show(&error, language.into());
                return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            }
        },
    };
    match arguments.command.run(language) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", t!(language, "error", what = i18n::described(&error, language)));
            ExitCode::FAILURE
        }
    }
}
