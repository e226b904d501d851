//! Puts texts into a command line.

use clap::{Arg, ArgAction, Command};

use crate::Language;

/// The texts of a program's commands and options.
pub trait Texts {
    /// What a command does. `path` is its name after those above it, without the program's: `evaluate-poetry`; the program
    /// itself is its own name.
    fn command(&self, path: &str) -> String;

    /// What an argument of this command is. `id` is clap's, with hyphens: `max-tokens`.
    fn option(&self, path: &str, id: &str) -> String;
}

/// A command line with its texts in a language.
#[must_use]
pub fn localised(command: Command, language: Language, texts: &dyn Texts) -> Command {
    let root = command.get_name().to_owned();
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let described = Described { language, texts, root: &root, headings: Headings::of(language) };
    let mut command = described.command(command.disable_version_flag(true).arg(version), &root);
    // Building adds `help` to each command that has others below it; its text is clap's own.
    command.build();
    help_commands(command, language)
}

fn help_commands(command: Command, language: Language) -> Command {
    command.mut_subcommands(|sub| match sub.get_name() {
        "help" => sub.about(language.text("help-subcommand", &[])),
        _ => help_commands(sub, language),
    })
}

/// What stands over the parts of a help. clap keeps it for the program's life, and so does this.
#[derive(Clone, Copy)]
struct Headings {
    commands: &'static str,
    command: &'static str,
    arguments: &'static str,
    options: &'static str,
}

impl Headings {
    fn of(language: Language) -> Self {
        let kept = |key: &str| -> &'static str { language.text(key, &[]).leak() };
        Self {
            commands: kept("help-commands"),
            command: kept("help-command"),
            arguments: kept("help-arguments"),
            options: kept("help-options"),
        }
    }
}

struct Described<'a> {
    language: Language,
    texts: &'a dyn Texts,
    root: &'a str,
    headings: Headings,
}

impl Described<'_> {
    fn command(&self, command: Command, path: &str) -> Command {
        // clap's own template, with the word for usage in the language.
        let usage = self.language.text("help-usage", &[("usage", "{usage}")]);
        let template = format!("{{before-help}}{{about-with-newline}}\n{usage}\n\n{{all-args}}{{after-help}}");
        command
            .about(self.texts.command(path))
            .help_template(template)
            .subcommand_help_heading(self.headings.commands)
            .subcommand_value_name(self.headings.command)
            .disable_help_flag(true)
            .arg(Arg::new("help").short('h').long("help").action(ArgAction::Help))
            .mut_args(|argument| self.argument(argument, path))
            .mut_subcommands(|sub| {
                let name = sub.get_name();
                let path = if path == self.root { name.to_owned() } else { format!("{path}-{name}") };
                self.command(sub, &path)
            })
    }

    fn argument(&self, argument: Arg, path: &str) -> Arg {
        let language = self.language;
        let heading = if argument.is_positional() { self.headings.arguments } else { self.headings.options };
        let mut text = match argument.get_id().as_str() {
            "help" => language.text("help-help", &[]),
            "version" => language.text("help-version", &[]),
            id => self.texts.option(path, &id.replace('_', "-")),
        };
        let mut add = |key, name, value: &str| text = language.text(key, &[("text", &text), (name, value)]);
        let takes_value = argument.get_action().takes_values();
        if takes_value {
            let separator = language.text("list-separator", &[]);
            let possible = argument.get_possible_values();
            let possible: Vec<&str> = possible.iter().map(clap::builder::PossibleValue::get_name).collect();
            if !possible.is_empty() {
                add("help-values", "values", &possible.join(&separator));
            }
            let defaults = argument.get_default_values();
            let defaults: Vec<_> = defaults.iter().map(|value| value.to_string_lossy()).collect();
            if !defaults.is_empty() {
                add("help-default", "value", &defaults.join(" "));
            }
        }
        if let Some(variable) = argument.get_env() {
            add("help-env", "variable", &variable.to_string_lossy());
        }
        let argument = argument.help(text).help_heading(heading).hide_env(true);
        if takes_value { argument.hide_possible_values(true).hide_default_value(true) } else { argument }
    }
}

/// clap writes a heading with a colon of its own, where Chinese has a wide one. No text of ours has the narrow one.
pub(crate) fn wide_colons(help: String, language: Language) -> String {
    if language == Language::English {
        return help;
    }
    let Headings { commands, arguments, options, .. } = Headings::of(language);
    let wide = |help: String, heading| help.replace(&format!("{heading}:"), &format!("{heading}："));
    [commands, arguments, options].into_iter().fold(help, wide)
}
