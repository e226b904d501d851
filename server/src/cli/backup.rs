//! `arena backup` and `arena restore`: the embedded database in one file.

use std::path::PathBuf;

use anyhow::bail;
use arena_server::config::default_data_folder;
use arena_server::database::{self, Summary};
use arena_server::i18n::{Locale, Message};
use clap::Args;

/// Options of both.
#[derive(Debug, Args)]
pub struct Options {
    file: PathBuf,
    #[arg(long, value_name = "DIR", env = "ARENA_DATA")]
    data: Option<PathBuf>,
}

impl Options {
    fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(std::path::absolute(folder)?),
            None => default_data_folder(),
        }
    }
}

/// Writes the backup; the arena may run.
pub fn save(options: &Options, locale: Locale) -> anyhow::Result<()> {
    let data = options.data()?;
    if !data.join("postgres").exists() {
        bail!(Message::new("terminal-no-arena").with("folder", data.display()));
    }
    actix_web::rt::System::new().block_on(async {
        let database = database::open_beside(None, &data, database::progress_printer(locale)).await?;
        let saved = database.backup(&data, &options.file).await;
        database.close().await?;
        tell("terminal-backup", options, &saved?, locale);
        Ok(())
    })
}

/// Makes an arena out of a backup, where there is none.
pub fn restore(options: &Options, locale: Locale) -> anyhow::Result<()> {
    let data = options.data()?;
    actix_web::rt::System::new().block_on(async {
        let restored = database::restore(&options.file, &data, database::progress_printer(locale)).await?;
        tell("terminal-restored", options, &restored, locale);
        Ok(())
    })
}

fn tell(key: &'static str, options: &Options, summary: &Summary, locale: Locale) {
    let told = Message::new(key).with("file", options.file.display()).with("tables", summary.tables);
    println!("{}", told.with("rows", summary.rows).text(locale));
}
