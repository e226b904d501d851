//! The texts of the command line, by id: `command-COMMAND` and `option-COMMAND-OPTION`.

use arena_server::i18n::{Locale, told_of};
use clap::{Command, Error};
use terminal_i18n::{Language, Texts};

struct InLocale(Locale);

impl Texts for InLocale {
    fn command(&self, path: &str) -> String {
        self.0.text(&format!("command-{path}"))
    }

    fn option(&self, path: &str, id: &str) -> String {
        self.0.text(&format!("option-{path}-{id}"))
    }
}

fn language(locale: Locale) -> Language {
    match locale {
        Locale::En => Language::English,
        Locale::Zh => Language::Chinese,
    }
}

/// The command line with its texts in a language.
pub fn localised(command: Command, locale: Locale) -> Command {
    terminal_i18n::localised(command, language(locale), &InLocale(locale))
        .long_about(format!("{}\n\n{}", locale.text("command-arena"), locale.text("command-arena-default")))
        .after_long_help(locale.text("command-arena-examples"))
}

/// Prints help where it was asked for, else what is wrong, and ends the program.
pub fn exit(error: &Error, locale: Locale) -> ! {
    match refusal(error, locale) {
        Some(text) => eprintln!("arena: {text}"),
        None => terminal_i18n::show(error, language(locale)),
    }
    std::process::exit(error.exit_code());
}

fn refusal(error: &Error, locale: Locale) -> Option<String> {
    terminal_i18n::refusal(error, language(locale), &|source| told_of(source, locale))
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
            keys.insert(format!("option-{key}-{}", argument.get_id().as_str().replace('_', "-")));
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

    #[test]
    fn a_wrong_command_line_is_explained_in_the_language() {
        let refused = |line: &str, locale| {
            let error = localised(Cli::command(), locale).try_get_matches_from(line.split(' ')).unwrap_err();
            refusal(&error, locale).unwrap()
        };
        for (line, en, zh) in [
            ("arena serve --lissen a", "Did you mean “--listen”?", "是否想输入“--listen”"),
            ("arena serv", "unrecognized command “serv”", "未知的命令“serv”"),
            ("arena admin create", "<NAME>", "<NAME>"),
            ("arena serve --listen", "--listen <ADDR> needs a value", "--listen <ADDR> 需要一个值"),
            ("arena serve --log xml", "text, json", "text、json"),
            ("arena serve --drain-seconds x", "“x”", "“x”"),
            ("arena serve --no-demo --no-demo", "more than once", "只能给出一次"),
        ] {
            let (english, chinese) = (refused(line, Locale::En), refused(line, Locale::Zh));
            assert!(english.contains(en) && english.contains("--help"), "{english}");
            assert!(chinese.contains(zh) && chinese.contains("详见 --help"), "{chinese}");
            assert!(!chinese.contains("Usage") && !chinese.contains("Unknown localization"), "{chinese}");
        }
    }
}
