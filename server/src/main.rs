//! `arena`: the service, its workers, and its administration.

mod cli;

use std::process::ExitCode;

use arena_server::app::Application;
use arena_server::config::{Config, ServeOptions};
use arena_server::worker::{self, WorkerOptions};
use cli::Command;

fn main() -> ExitCode {
    let done = match cli::parse() {
        Command::Serve(options) => serve(*options),
        Command::Worker(options) => serve_models(*options),
        Command::Admin(options) => cli::admin::run(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("arena: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: ServeOptions) -> anyhow::Result<()> {
    arena_server::app::start_logging(options.log);
    let config = Config::try_from(options)?;
    actix_web::rt::System::new().block_on(async move {
        let application = Application::build(config).await?;
        application.run_until_stopped().await
    })
}

fn serve_models(options: WorkerOptions) -> anyhow::Result<()> {
    arena_server::app::start_logging(options.log);
    actix_web::rt::System::new().block_on(worker::run(options))
}
