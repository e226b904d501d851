//! The command line.

pub mod admin;

use arena_server::config::ServeOptions;
use arena_server::worker::WorkerOptions;
use clap::{Parser, Subcommand};

/// Mixtral Arena: people write to two anonymous models at once, see both answers stream side by side, and vote.
///
/// Run without a command, `arena` serves the arena with its own database and the demo models.
#[derive(Debug, Parser)]
#[command(name = "arena", version, after_long_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  arena
      Serve on http://127.0.0.1:8080 with the embedded database and the demo models.
  arena serve --listen 0.0.0.0:80 --public-url https://arena.example.org --trusted-proxies 1
      Serve behind one TLS proxy.
  DATABASE_URL=postgres://arena@db.lan/arena ARENA_SECRET=… arena serve
      Serve from a Postgres of your own, shared with other servers.
  arena worker --device cpu --listen 127.0.0.1:8100 --model poet=engine/models/poet-14m-q8_0.gguf
      Serve models over the OpenAI protocol, without the arena.
  arena admin create alice
      Create an administrator and ask for a password.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the arena: the web pages, the JSON API, and the workers of local models.
    Serve(Box<ServeOptions>),
    /// Serve models over the OpenAI protocol, without the arena: on this machine for `arena serve`, or on another one to
    /// be registered as an endpoint.
    Worker(Box<WorkerOptions>),
    /// Manage administrators, also while the arena runs.
    Admin(admin::Options),
}

/// Reads the command line; without a command it is `serve` with everything from the environment or by default.
pub fn parse() -> Command {
    Cli::parse().command.unwrap_or_else(|| match Cli::parse_from(["arena", "serve"]).command {
        Some(command) => command,
        None => unreachable!("`arena serve` has a command"),
    })
}
