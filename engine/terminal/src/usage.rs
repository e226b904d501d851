//! What is wrong with a command line.

use std::error::Error as StdError;
use std::io::{IsTerminal as _, Write as _};
use std::net::AddrParseError;
use std::num::{ParseFloatError, ParseIntError};

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::Language;
use crate::help::wide_colons;

/// What clap has to show that is no error: help, or the version.
fn shown(error: &Error, language: Language, is_styled: bool) -> String {
    let text = error.render();
    wide_colons(if is_styled { text.ansi().to_string() } else { text.to_string() }, language)
}

/// Prints what clap has to show and is no error: help where it was asked for, or the version.
pub fn show(error: &Error, language: Language) {
    // Where the reader of a pipe is gone there is nobody to tell.
    _ = if error.use_stderr() {
        let mut out = std::io::stderr();
        write!(out, "{}", shown(error, language, out.is_terminal()))
    } else {
        let mut out = std::io::stdout();
        write!(out, "{}", shown(error, language, out.is_terminal()))
    };
}

/// What is wrong with a command line, what was probably meant, and how the command is used; nothing where clap's own text
/// is wanted ([`show`]). `reason` words a program's own errors of values.
pub fn refusal(
    error: &Error,
    language: Language,
    reason: &dyn Fn(&(dyn StdError + 'static)) -> Option<String>,
) -> Option<String> {
    let mut out = what(error, language, reason)?;
    let similar = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    if let Some(name) = similar.into_iter().map(|kind| said(error, kind, language)).find(|text| !text.is_empty()) {
        out = format!("{out}\n\n{}", language.text("usage-similar", &[("name", &name)]));
    }
    let usage = said(error, ContextKind::Usage, language);
    if !usage.is_empty() {
        let usage = usage.strip_prefix("Usage:").unwrap_or(&usage).trim();
        out = format!("{out}\n\n{}", language.text("help-usage", &[("usage", usage)]));
    }
    Some(format!("{out}\n\n{}", language.text("usage-help", &[])))
}

fn what(
    error: &Error,
    language: Language,
    reason: &dyn Fn(&(dyn StdError + 'static)) -> Option<String>,
) -> Option<String> {
    let said = |kind| said(error, kind, language);
    let (argument, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
    let with_argument = |key| language.text(key, &[("argument", &argument)]);
    Some(match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            return None;
        }
        ErrorKind::UnknownArgument => with_argument("usage-unknown-argument"),
        ErrorKind::InvalidSubcommand => {
            language.text("usage-unknown-command", &[("command", &said(ContextKind::InvalidSubcommand))])
        }
        ErrorKind::MissingSubcommand => {
            language.text("usage-missing-command", &[("commands", &said(ContextKind::ValidSubcommand))])
        }
        ErrorKind::MissingRequiredArgument => with_argument("usage-missing-argument"),
        ErrorKind::InvalidValue | ErrorKind::NoEquals if value.is_empty() => with_argument("usage-missing-value"),
        ErrorKind::TooFewValues => with_argument("usage-too-few-values"),
        ErrorKind::InvalidValue => {
            let values = said(ContextKind::ValidValue);
            let key = if values.is_empty() { "usage-value" } else { "usage-value-known" };
            language.text(key, &[("argument", &argument), ("value", &value), ("values", &values)])
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(|source| own(source, language, reason)).unwrap_or_default();
            language.text("usage-value-why", &[("argument", &argument), ("value", &value), ("why", &why)])
        }
        ErrorKind::ArgumentConflict => {
            let other = said(ContextKind::PriorArg);
            let key = if other.is_empty() || other == argument { "usage-twice" } else { "usage-conflict" };
            language.text(key, &[("argument", &argument), ("other", &other)])
        }
        // What these command lines cannot meet (values with `=` alone, fixed numbers of values), in clap's words.
        kind => language.text("usage-other", &[("why", &kind.to_string())]),
    })
}

/// Why a value was refused.
fn own(
    source: &(dyn StdError + 'static),
    language: Language,
    reason: &dyn Fn(&(dyn StdError + 'static)) -> Option<String>,
) -> String {
    if source.is::<ParseIntError>() {
        language.text("usage-no-whole-number", &[])
    } else if source.is::<ParseFloatError>() {
        language.text("usage-no-number", &[])
    } else if source.is::<AddrParseError>() {
        language.text("usage-no-address", &[])
    } else {
        reason(source).unwrap_or_else(|| source.to_string())
    }
}

/// What clap says of the error under this heading; several values are joined.
fn said(error: &Error, kind: ContextKind, language: Language) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(&language.text("list-separator", &[])),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command, value_parser};

    use super::*;
    use crate::help::{Texts, localised};

    struct Named;

    impl Texts for Named {
        fn command(&self, path: &str) -> String {
            format!("<{path}>")
        }

        fn option(&self, path: &str, id: &str) -> String {
            format!("<{path} {id}>")
        }
    }

    fn command() -> Command {
        let count = Arg::new("count").long("count").value_parser(value_parser!(u32)).default_value("3");
        let kind = Arg::new("kind_of").long("kind").value_parser(["text", "json"]).env("KIND");
        let address = Arg::new("listen").long("listen").value_parser(value_parser!(std::net::SocketAddr));
        let serve = Command::new("serve").arg(count).arg(kind).arg(address).arg(Arg::new("file").required(true));
        Command::new("tool").version("1").subcommand_required(true).subcommand(serve)
    }

    fn parsed(line: &str, language: Language) -> Error {
        let command = localised(command(), language, &Named);
        command.try_get_matches_from(line.split(' ')).expect_err("help or a refusal")
    }

    #[test]
    fn help_is_in_the_language_with_the_programs_texts() {
        for (language, usage, headings) in [
            (Language::English, "Usage: tool serve", ["Arguments:", "Options:"]),
            (Language::Chinese, "用法：tool serve", ["参数：", "选项："]),
        ] {
            for is_styled in [true, false] {
                let help = shown(&parsed("tool serve --help", language), language, is_styled);
                assert!(headings.iter().all(|heading| help.contains(heading)) && help.contains("<serve>"), "{help}");
                assert!(help.contains("<serve kind-of>") && help.contains("KIND") && help.contains("text"), "{help}");
                assert_eq!(help.contains('\u{1b}'), is_styled, "{help}");
            }
            let help = shown(&parsed("tool serve --help", language), language, false);
            assert!(help.contains(usage), "{help}");
            let chinese = ["用法", "默认", "可选", "：", "［"].iter().any(|word| help.contains(word));
            let english =
                ["Usage", "default", "possible", "env", "Print", ":\n"].iter().any(|word| help.contains(word));
            assert_eq!((english, chinese), (language == Language::English, language == Language::Chinese), "{help}");
            let all = shown(&parsed("tool --help", language), language, false);
            assert!(all.contains("<tool>") && all.contains("<serve>") && all.contains("--version"), "{all}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_refused_in_the_language() {
        for (line, english, chinese) in [
            ("tool", "a command is required", "请给出命令"),
            ("tool serv", "Did you mean “serve”?", "是否想输入“serve”"),
            ("tool serve", "required but not given: <file>", "缺少必需的参数：<file>"),
            ("tool serve a --count x", "invalid value “x” for --count <count>: not a whole number", "：不是整数"),
            ("tool serve a --kind xml", "possible values: text, json", "可选的值：text、json"),
            ("tool serve a --listen here", "such as 127.0.0.1:8080", "例如 127.0.0.1:8080"),
            ("tool serve a --count", "--count <count> needs a value", "--count <count> 需要一个值"),
            ("tool serve a --kind text --kind json", "more than once", "只能给出一次"),
            ("tool serve a --cuont 1", "Did you mean “--count”?", "是否想输入“--count”"),
        ] {
            for (language, wanted) in [(Language::English, english), (Language::Chinese, chinese)] {
                let error = parsed(line, language);
                let text = refusal(&error, language, &|_| None).unwrap_or_else(|| shown(&error, language, false));
                assert!(text.contains(wanted) && text.contains("--help"), "{line}: {text}");
                assert!(language == Language::English || !text.contains("Usage"), "{text}");
            }
        }
    }

    #[test]
    fn a_programs_own_reason_is_worded_by_the_program() {
        #[derive(Debug)]
        struct Own;
        impl std::fmt::Display for Own {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("own")
            }
        }
        impl StdError for Own {}
        let option = Arg::new("a").long("a").value_parser(|_: &str| Err::<u8, _>(Own));
        let error = Command::new("tool").arg(option).try_get_matches_from(["tool", "--a", "1"]).expect_err("refused");
        let said = |reason: Option<&str>| {
            refusal(&error, Language::English, &|source| {
                source.is::<Own>().then(|| reason.map(str::to_owned)).flatten()
            })
        };
        assert!(said(Some("worded")).expect("a refusal").contains("for --a <a>: worded"));
        assert!(said(None).expect("a refusal").contains("for --a <a>: own"));
    }
}
