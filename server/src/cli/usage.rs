//! What is wrong with a command line, in the language of the terminal.

use std::error::Error as _;

use arena_server::i18n::{Locale, Message};
use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Prints help where it was asked for, else what is wrong, and ends the program.
pub fn exit(error: &Error, locale: Locale) -> ! {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Where the reader of a pipe is gone there is nobody to tell.
        _ = error.print();
    } else {
        eprintln!("{}", refusal(error, locale));
    }
    std::process::exit(error.exit_code());
}

/// The whole refusal: what is wrong, what was probably meant, and how the command is used.
fn refusal(error: &Error, locale: Locale) -> String {
    let mut text = format!("arena: {}", what(error).text(locale));
    let suggestions = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    for suggestion in suggestions.iter().filter_map(|kind| said(error, *kind)) {
        let tip = Message::new("usage-suggestion").with("suggestion", suggestion);
        text = format!("{text}\n\n  {}", tip.text(locale));
    }
    if let Some(usage) = said(error, ContextKind::Usage) {
        let usage = usage.strip_prefix("Usage:").unwrap_or(&usage).trim();
        text = format!("{text}\n\n{}", Message::new("help-usage").with("usage", usage).text(locale));
    }
    format!("{text}\n\n{}", locale.text("usage-more"))
}

fn what(error: &Error) -> Message {
    let with = |key, arguments: &[(&'static str, ContextKind)]| {
        arguments
            .iter()
            .fold(Message::new(key), |message, (name, kind)| message.with(name, said(error, *kind).unwrap_or_default()))
    };
    match error.kind() {
        ErrorKind::UnknownArgument => with("usage-unknown-argument", &[("argument", ContextKind::InvalidArg)]),
        ErrorKind::InvalidSubcommand => with("usage-unknown-command", &[("command", ContextKind::InvalidSubcommand)]),
        ErrorKind::MissingSubcommand => with("usage-command-missing", &[("commands", ContextKind::ValidSubcommand)]),
        ErrorKind::MissingRequiredArgument => with("usage-required", &[("arguments", ContextKind::InvalidArg)]),
        ErrorKind::ArgumentConflict => with("usage-repeated", &[("argument", ContextKind::InvalidArg)]),
        ErrorKind::InvalidValue if said(error, ContextKind::InvalidValue).is_none_or(|value| value.is_empty()) => {
            with("usage-value-missing", &[("argument", ContextKind::InvalidArg)])
        }
        ErrorKind::InvalidValue => with(
            "usage-value-unknown",
            &[
                ("argument", ContextKind::InvalidArg),
                ("value", ContextKind::InvalidValue),
                ("values", ContextKind::ValidValue),
            ],
        ),
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            let arguments = [("argument", ContextKind::InvalidArg), ("value", ContextKind::InvalidValue)];
            with("usage-value-refused", &arguments).with("why", why)
        }
        // What this command line cannot meet (values with `=` alone, fixed numbers of values), in clap's words.
        kind => Message::new("usage-other").with("why", kind),
    }
}

/// What clap says of the error under this heading; several values are joined.
fn said(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::{Cli, help};
    use super::*;

    fn refused(arguments: &[&str], locale: Locale) -> String {
        let arguments = std::iter::once(&"arena").chain(arguments);
        refusal(&help::localised(Cli::command(), locale).try_get_matches_from(arguments).unwrap_err(), locale)
    }

    #[test]
    fn a_wrong_command_line_is_explained_in_the_language() {
        for (arguments, en, zh) in [
            (&["serve", "--lissen", "a"][..], "no option --lissen", "没有选项 --lissen"),
            (&["serv"], "no command serv", "没有命令 serv"),
            (&["admin", "create"], "<NAME>", "<NAME>"),
            (&["serve", "--listen"], "--listen <ADDR> needs a value", "--listen <ADDR> 需要一个值"),
            (&["serve", "--log", "xml"], "text, json", "text, json"),
            (&["serve", "--drain-seconds", "x"], "“x”", "“x”"),
            (&["serve", "--no-demo", "--no-demo"], "only once", "只能给出一次"),
        ] {
            let (english, chinese) = (refused(arguments, Locale::En), refused(arguments, Locale::Zh));
            assert!(english.contains(en) && english.contains("--help"), "{english}");
            assert!(chinese.contains(zh) && chinese.contains("用 --help"), "{chinese}");
            assert!(!chinese.contains("Usage") && !chinese.contains("Unknown localization"), "{chinese}");
        }
        assert!(refused(&["serve", "--lissen", "a"], Locale::En).contains("--listen"));
    }
}
