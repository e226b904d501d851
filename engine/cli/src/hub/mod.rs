//! Models by their names on the Hugging Face hub: `mixtral download`, and wherever a path may stand.

mod shown;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use mixtral_engine::weights::{HubName, split_type};
use mixtral_hub::{Error, Settings, Wanted, fetch};
use tokio::runtime::Builder;

use crate::i18n::Language;
use shown::Shown;

/// What a name means where nobody says which revision.
const REVISION: &str = "main";

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(value_name = "OWNER/NAME[:TYPE|:FILE]")]
    pub name: String,
    #[arg(long, default_value = REVISION)]
    pub revision: String,
}

/// `mixtral download`: brings a model and prints its path, which is one wherever a model is asked for.
pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let name = HubName::read(&arguments.name);
    let name = name.ok_or_else(|| anyhow!(t!(language, "hub-no-name", name = &arguments.name)))?;
    say!("{}", bring(name, &arguments.revision, language)?.display());
    Ok(())
}

/// The path of a model that is named by a path or on the hub, from where it is brought. What exists here is never a name.
pub fn locate(text: &Path, language: Language) -> anyhow::Result<PathBuf> {
    let name = text.to_str().filter(|_| !split_type(text).0.exists()).and_then(HubName::read);
    let Some(name) = name else { return Ok(text.to_owned()) };
    // It may be a path with a slip in it, of which a network that fails says nothing.
    let not_here = |error: anyhow::Error| match error.downcast_ref::<Error>() {
        Some(cause) if cause.is_transient() => error.context(t!(language, "hub-not-here", name = name.repository)),
        _ => error,
    };
    bring(name, REVISION, language).map_err(not_here)
}

fn bring(name: HubName<'_>, revision: &str, language: Language) -> anyhow::Result<PathBuf> {
    let settings = Settings::from_env();
    let wanted = Wanted { repository: name.repository, revision, detail: name.detail };
    let mut shown = Shown::new(language);
    // Ctrl-C ends the program; what came stays, and the next try goes on from there.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let path = runtime.block_on(fetch(&settings, wanted, &mut |event| shown.event(&event)));
    shown.end();
    Ok(path?)
}
