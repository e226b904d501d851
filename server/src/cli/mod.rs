//! The command line. Its texts stand in `cli.ftl`, by the ids of commands and options.

pub mod admin;
pub mod backup;
mod explain;
mod help;
pub mod replay;
pub mod votes;

use arena_server::config::ServeOptions;
use arena_server::i18n::Locale;
use arena_server::inference_server::{SandboxOptions, WorkerOptions};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use explain::explain;

#[derive(Debug, Parser)]
#[command(name = "arena", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Serve(Box<ServeOptions>),
    Worker(Box<WorkerOptions>),
    /// For the service itself.
    #[command(hide = true)]
    Sandbox(SandboxOptions),
    Admin(admin::Options),
    Backup(backup::Options),
    Restore(backup::Options),
    Import(votes::ImportOptions),
    Export(votes::ExportOptions),
    Verify(votes::VerifyOptions),
    Replay(replay::Options),
}

/// Reads the command line; without a command it is `serve` with everything from the environment or by default.
/// Ends the program where help was asked for or an argument is wrong.
pub fn parse(locale: Locale) -> Command {
    let read = |arguments: &mut dyn Iterator<Item = std::ffi::OsString>| {
        let mut command = help::localised(Cli::command(), locale);
        let matches = command.try_get_matches_from_mut(arguments);
        let cli =
            matches.and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
        cli.unwrap_or_else(|error| help::exit(&error, locale)).command
    };
    read(&mut std::env::args_os()).unwrap_or_else(|| match read(&mut ["arena", "serve"].map(Into::into).into_iter()) {
        Some(command) => command,
        None => unreachable!("`arena serve` has a command"),
    })
}

#[cfg(test)]
mod tests {
    use arena_server::domain::HelpTopic;
    use arena_server::views::guide;

    use super::*;

    #[test]
    fn the_commands_of_the_pages_of_help_are_understood() {
        let mut count = 0;
        for topic in HelpTopic::ALL {
            let text = guide(*topic, Locale::En);
            let blocks = text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("sh\n"));
            for line in blocks.flat_map(str::lines).filter(|line| line.starts_with("arena ")) {
                let parsed = Cli::command().try_get_matches_from(line.split_whitespace());
                assert!(parsed.is_ok(), "{line}: {}", parsed.expect_err("refused"));
                count += 1;
            }
        }
        assert!(count >= 8, "{count}");
    }
}
