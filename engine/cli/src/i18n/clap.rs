//! Help and usage errors of the command line.
//!
//! A command's text is `command-NAME`, an argument's `option-COMMAND-ID` where the command has its own, else `option-ID`.

use std::error::Error as _;
use std::num::{ParseFloatError, ParseIntError};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, Error};
use mixtral_engine::Error as EngineError;

use super::{Language, errors};
/// What stands over the parts of a help.
#[derive(Clone, Copy)]
struct Headings {
    language: Language,
    commands: &'static str,
    command: &'static str,
    arguments: &'static str,
    options: &'static str,
}

impl Headings {
    /// They are kept for the program's life, as clap wants them.
    fn new(language: Language) -> Self {
        let kept = |key: &str| -> &'static str { t!(language, key).leak() };
        Self {
            language,
            commands: kept("clap-commands"),
            command: kept("clap-command"),
            arguments: kept("clap-arguments"),
            options: kept("clap-options"),
        }
    }
}

/// A command line in a language.
pub fn command(command: Command, language: Language) -> Command {
    let headings = Headings::new(language);
    let mut command = localised(command, "mixtral", headings);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    command = command.disable_version_flag(true).arg(argument(version, "mixtral", headings));
    // Building adds `help` to each command that has others below it; its text is clap's own.
    command.build();
    describe_help(command, language)
}

fn describe_help(command: Command, language: Language) -> Command {
    command.mut_subcommands(|sub| match sub.get_name() {
        "help" => sub.about(t!(language, "command-help")),
        _ => describe_help(sub, language),
    })
}

/// `path` is the command's name and those above it: `evaluate-poetry`.
fn localised(command: Command, path: &str, headings: Headings) -> Command {
    let language = headings.language;
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help);
    let template = format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}", t!(language, "clap-usage"));
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = command
        .about(t!(language, &format!("command-{path}")))
        .disable_help_flag(true)
        .help_template(template)
        .subcommand_help_heading(headings.commands)
        .subcommand_value_name(headings.command)
        .arg(help)
        .mut_args(|arg| argument(arg, path, headings));
    names.iter().fold(command, |command, name| {
        let path = if path == "mixtral" { name.clone() } else { format!("{path}-{name}") };
        command.mut_subcommand(name, |sub| localised(sub, &path, headings))
    })
}

/// The key of an argument's text.
pub fn key(path: &str, id: &str) -> String {
    // What has an earlier name too has its texts under the present one.
    let path = match path {
        "recite" => "evaluate-poetry",
        "data-poetry" => "prepare-chinese-poetry",
        other => other,
    };
    let id = id.replace('_', "-");
    let own = format!("option-{path}-{id}");
    if Language::English.find(&own, &[]).is_some() { own } else { format!("option-{id}") }
}

fn argument(arg: Arg, path: &str, headings: Headings) -> Arg {
    let language = headings.language;
    let mut help = t!(language, &key(path, arg.get_id().as_str()));
    let heading = if arg.is_positional() { headings.arguments } else { headings.options };
    let mut arg = arg;
    if arg.get_action().takes_values() {
        arg = arg.hide_default_value(true).hide_possible_values(true);
        let listed: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if !listed.is_empty() {
            help += &t!(language, "clap-values", values = listed.join(&t!(language, "list-separator")));
        }
        let usual: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
        if !usual.is_empty() {
            help += &t!(language, "clap-default", value = usual.join(" "));
        }
    }
    arg.help(help).help_heading(heading)
}

/// What is wrong with a command line, or nothing where clap's own text (help, version) is wanted.
pub fn usage_error(error: &Error, language: Language) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(&t!(language, "list-separator")),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let what = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::UnknownArgument => t!(language, "usage-unknown-argument", argument = argument),
        ErrorKind::InvalidSubcommand => {
            t!(language, "usage-unknown-command", command = text(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingSubcommand => t!(language, "usage-missing-command"),
        ErrorKind::MissingRequiredArgument => t!(language, "usage-missing-argument", argument = argument),
        ErrorKind::InvalidValue | ErrorKind::NoEquals if value.is_empty() => {
            t!(language, "usage-missing-value", argument = argument)
        }
        ErrorKind::TooFewValues => t!(language, "usage-too-few-values", argument = argument),
        ErrorKind::InvalidValue => {
            let values = text(ContextKind::ValidValue);
            t!(language, "usage-value", argument = argument, value = value)
                + &t!(language, "usage-values", values = values)
        }
        ErrorKind::ValueValidation => {
            let reason = error.source().map_or_else(String::new, |source| reason(source, language));
            t!(language, "usage-value", argument = argument, value = value)
                + &t!(language, "usage-reason", reason = reason)
        }
        ErrorKind::ArgumentConflict => {
            let prior = text(ContextKind::PriorArg);
            if prior.is_empty() || prior == argument {
                t!(language, "usage-twice", argument = argument)
            } else {
                t!(language, "usage-conflict", argument = argument, other = prior)
            }
        }
        other => other.to_string(),
    };
    let similar = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let mut out = what;
    if let Some(similar) = similar.into_iter().map(text).find(|text| !text.is_empty()) {
        out += &format!("\n\n{}", t!(language, "usage-similar", name = similar));
    }
    if let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) {
        let usage = StyledStr::to_string(usage);
        let usage = usage.strip_prefix("Usage:").unwrap_or(&usage).trim_start().to_owned();
        out += &format!("\n\n{} {usage}", t!(language, "clap-usage"));
    }
    Some(format!("{out}\n\n{}", t!(language, "usage-help")))
}

/// Why a value was refused.
fn reason(source: &(dyn std::error::Error + 'static), language: Language) -> String {
    if source.is::<ParseIntError>() {
        t!(language, "usage-no-whole-number")
    } else if source.is::<ParseFloatError>() {
        t!(language, "usage-no-number")
    } else if let Some(error) = source.downcast_ref::<EngineError>() {
        errors::engine(error, language)
    } else {
        source.to_string()
    }
}
