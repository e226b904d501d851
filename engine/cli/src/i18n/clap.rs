//! The texts of the command line: a command's is `command-NAME`, an argument's `option-COMMAND-ID` where the command has its
//! own, else `option-ID`.

use clap::{Command, Error};
use mixtral_engine::Error as EngineError;
use terminal_i18n::Texts;

use super::{Language, errors};

/// A command line in a language.
pub fn command(command: Command, language: Language) -> Command {
    terminal_i18n::localised(command, language.into(), &language)
}

impl Texts for Language {
    fn command(&self, path: &str) -> String {
        t!(*self, &format!("command-{path}"))
    }

    fn option(&self, path: &str, id: &str) -> String {
        t!(*self, &key(path, id))
    }
}

/// The key of an argument's text.
pub fn key(path: &str, id: &str) -> String {
    // What has an earlier name too has its texts under the present one.
    let path = match path {
        "recite" => "evaluate-poetry",
        "data-poetry" => "prepare-chinese-poetry",
        // The benchmarks of choices have the same options.
        "evaluate-cmmlu" | "evaluate-mmlu" => "evaluate-ceval",
        other => other,
    };
    let id = id.replace('_', "-");
    let own = format!("option-{path}-{id}");
    if Language::English.find(&own, &[]).is_some() { own } else { format!("option-{id}") }
}

/// What is wrong with a command line, or nothing where clap's own text (help, version) is wanted.
pub fn usage_error(error: &Error, language: Language) -> Option<String> {
    let reason = |source: &(dyn std::error::Error + 'static)| {
        source.downcast_ref::<EngineError>().map(|error| errors::engine(error, language))
    };
    terminal_i18n::refusal(error, language.into(), &reason)
}
