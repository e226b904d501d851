//! Puts the texts into the command line, by id: `command-COMMAND` and `option-COMMAND-OPTION`.

use arena_server::i18n::{Locale, Message};
use clap::{Arg, ArgAction, Command};

/// The command line with its texts in a language.
pub fn localised(command: Command, locale: Locale) -> Command {
    let command = command
        .long_about(format!("{}\n\n{}", locale.text("command-arena"), locale.text("command-arena-default")))
        .after_long_help(locale.text("command-arena-examples"))
        .disable_version_flag(true)
        .arg(Arg::new("version").short('V').long("version").action(ArgAction::Version));
    let mut command = describe(command, "arena", locale);
    // Building adds the command `help`, whose text is clap's own.
    command.build();
    describe_help(command, locale)
}

fn describe_help(command: Command, locale: Locale) -> Command {
    command.mut_subcommands(|sub| match sub.get_name() {
        "help" => sub.about(locale.text("help-subcommand")),
        _ => describe_help(sub, locale),
    })
}

/// Gives a command of this key, and those below it, their texts.
fn describe(command: Command, key: &str, locale: Locale) -> Command {
    command
        .about(locale.text(&format!("command-{key}")))
        .help_template(template(locale))
        .subcommand_help_heading(heading("help-commands", locale))
        .disable_help_flag(true)
        .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help))
        .mut_args(|argument| describe_argument(argument, key, locale))
        .mut_subcommands(|sub| {
            let name = sub.get_name();
            let key = if key == "arena" { name.to_owned() } else { format!("{key}-{name}") };
            describe(sub, &key, locale)
        })
}

fn describe_argument(argument: Arg, command: &str, locale: Locale) -> Arg {
    let above = if argument.is_positional() { "help-arguments" } else { "help-options" };
    let id = argument.get_id().as_str();
    let mut text = match id {
        "help" | "version" => locale.text(&format!("help-{id}")),
        _ => locale.text(&format!("option-{command}-{}", id.replace('_', "-"))),
    };
    let takes_value = argument.get_action().takes_values();
    let mut add = |message: Message| text = format!("{text} [{}]", message.text(locale));
    if takes_value {
        let possible: Vec<String> =
            argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if !possible.is_empty() {
            add(Message::new("help-values").with("values", possible.join(", ")));
        }
        let defaults: Vec<String> =
            argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
        if !defaults.is_empty() {
            add(Message::new("help-default").with("value", defaults.join(",")));
        }
    }
    if let Some(variable) = argument.get_env() {
        add(Message::new("help-env").with("variable", variable.to_string_lossy()));
    }
    let argument = argument.help(text).help_heading(heading(above, locale)).hide_env(true);
    if takes_value { argument.hide_possible_values(true).hide_default_value(true) } else { argument }
}

/// A heading. clap keeps it for the life of the program, and so does this.
fn heading(key: &str, locale: Locale) -> &'static str {
    locale.text(key).leak()
}

/// clap's own template, with the word for usage in the language.
fn template(locale: Locale) -> String {
    let usage = Message::new("help-usage").with("usage", "{usage}").text(locale);
    format!("{{before-help}}{{about-with-newline}}\n{usage}\n\n{{all-args}}{{after-help}}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::super::Cli;
    use super::*;

    /// The keys that a command and those below it need.
    fn needed(command: &Command, key: &str, keys: &mut BTreeSet<String>) {
        keys.insert(format!("command-{key}"));
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if !matches!(id, "help" | "version") {
                keys.insert(format!("option-{key}-{}", id.replace('_', "-")));
            }
        }
        for sub in command.get_subcommands() {
            let name = sub.get_name();
            let key = if key == "arena" { name.to_owned() } else { format!("{key}-{name}") };
            needed(sub, &key, keys);
        }
    }

    #[test]
    fn every_command_and_option_has_a_text_in_both_languages_and_none_is_left_over() {
        let mut keys = BTreeSet::from(["command-arena-default".to_owned(), "command-arena-examples".to_owned()]);
        needed(&Cli::command(), "arena", &mut keys);
        for language in ["en", "zh"] {
            let path = format!("{}/../templates/locales/{language}/cli.ftl", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let there: BTreeSet<String> = text
                .lines()
                .filter_map(|line| line.split_once(" ="))
                .map(|(key, _)| key.to_owned())
                .filter(|key| key.starts_with("command-") || key.starts_with("option-"))
                .collect();
            assert_eq!(there, keys, "{language}");
        }
    }

    #[test]
    fn help_is_whole_and_in_one_language() {
        for (locale, usage, of_the_other) in
            [(Locale::En, "Usage: arena", "用法"), (Locale::Zh, "用法：arena", "Usage")]
        {
            let command = localised(Cli::command(), locale);
            let mut commands = vec![command];
            while let Some(mut command) = commands.pop() {
                if command.get_name() == "help" {
                    continue;
                }
                let help = command.render_long_help().to_string();
                assert!(help.contains(usage), "{help}");
                assert!(!help.contains(of_the_other) && !help.contains("Unknown localization"), "{help}");
                if locale == Locale::Zh {
                    for word in ["Options", "Arguments", "Commands", "Print", "default:", "env:", "possible values"] {
                        assert!(!help.contains(word), "{word}: {help}");
                    }
                }
                commands.extend(command.get_subcommands().cloned());
            }
        }
    }

    #[test]
    fn an_option_says_its_default_and_its_variable() {
        let mut command = localised(Cli::command(), Locale::En);
        let serve = command.find_subcommand_mut("serve").unwrap().render_help().to_string();
        let serve = serve.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(serve.contains("[default: 127.0.0.1:8080] [env: ARENA_LISTEN]"), "{serve}");
        assert!(serve.contains("[possible values: text, json] [default: text]"), "{serve}");
    }
}
