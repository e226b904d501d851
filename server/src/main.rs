//! `arena`: the service, its workers, and its administration.

mod cli;

use std::process::ExitCode;

use arena_server::app::Application;
use arena_server::config::{Config, ServeOptions};
use arena_server::i18n::Locale;
use arena_server::inference_server::{self, WorkerOptions};
use cli::Command;

fn main() -> ExitCode {
    let locale = Locale::from_terminal();
    let done = match cli::parse(locale) {
        Command::Serve(options) => serve(*options),
        Command::Worker(options) => serve_models(*options),
        Command::Sandbox(options) => inference_server::run_sandbox(&options),
        Command::Admin(options) => cli::admin::run(options, locale),
        Command::Backup(options) => cli::backup::save(&options, locale),
        Command::Restore(options) => cli::backup::restore(&options, locale),
        Command::Import(options) => cli::votes::import(&options, locale),
        Command::Export(options) => cli::votes::export(&options, locale),
        Command::Verify(options) => cli::votes::verify(&options, locale),
        Command::Replay(options) => cli::replay::run(&options, locale),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("arena: {}", cli::explain(&error, locale));
            ExitCode::FAILURE
        }
    }
}

fn serve(options: ServeOptions) -> anyhow::Result<()> {
    arena_server::telemetry::start_logging(options.log);
    let config = Config::try_from(options)?;
    actix_web::rt::System::new().block_on(async move {
        let application = Application::build(config).await?;
        application.run_until_stopped().await
    })
}

fn serve_models(options: WorkerOptions) -> anyhow::Result<()> {
    arena_server::telemetry::start_logging(options.log);
    actix_web::rt::System::new().block_on(inference_server::run(options))
}
