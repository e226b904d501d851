//! Describes every SQL query of the server for builds without a database: writes `.sqlx`.
//!
//! ```text
//! cargo run -p arena-tests --bin prepare-queries             after a change of a query or the schema
//! cargo run -p arena-tests --bin prepare-queries -- --check  fails where .sqlx is out of date
//! ```
//!
//! It makes a scratch database, on the server that DATABASE_URL names or else on a Postgres of its
//! own, migrates it, and lets `cargo check` ask it for the types of each query. It knows nothing of
//! the server's crate, which does not compile while `.sqlx` is out of date.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, fs, io};

use sqlx::migrate::{MigrateDatabase, Migrator};
use sqlx::{Connection, PgConnection, Postgres};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let check = env::args().skip(1).any(|argument| argument == "--check");
    match prepare(check) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("prepare-queries: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Describes all queries. False when this was a check and `.sqlx` is out of date.
fn prepare(check: bool) -> Result<bool, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the crate has no folder above it")?;
    let (url, _server) = match env::var("DATABASE_URL") {
        Ok(url) => (url, None),
        Err(_) => {
            let server = Server::start()?;
            (server.url(), Some(server))
        }
    };
    let scratch = scratch_url(&url)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(migrated(&scratch, &root.join("migrations")))?;
    let fresh = tempfile::tempdir()?;
    let described = describe(root, &scratch, fresh.path());
    runtime.block_on(Postgres::drop_database(&scratch))?;
    described?;
    let (kept, fresh) = (files(&root.join(".sqlx"))?, files(fresh.path())?);
    if fresh.is_empty() {
        return Err("no query was described: is the server's crate without queries?".into());
    }
    if kept == fresh {
        println!(".sqlx is up to date: {} queries", fresh.len());
        return Ok(true);
    }
    if check {
        let changed = fresh.iter().filter(|(name, text)| kept.get(*name) != Some(text)).count();
        let stale = kept.keys().filter(|name| !fresh.contains_key(*name)).count();
        eprintln!(".sqlx is out of date: {changed} queries are new or changed, {stale} are gone.");
        eprintln!("Run: cargo run -p arena-tests --bin prepare-queries");
        return Ok(false);
    }
    write(&root.join(".sqlx"), &kept, &fresh)?;
    println!("wrote .sqlx: {} queries", fresh.len());
    Ok(true)
}

/// A database of this process' own on the same server.
fn scratch_url(url: &str) -> Result<String, Failure> {
    let mut url = url::Url::parse(url)?;
    url.set_path(&format!("prepare_queries_{}", std::process::id()));
    Ok(url.into())
}

async fn migrated(url: &str, migrations: &Path) -> Result<(), Failure> {
    Postgres::create_database(url).await?;
    let mut connection = PgConnection::connect(url).await?;
    Migrator::new(migrations).await?.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Compiles the server's crate, whose macros then write what they learn of their queries.
fn describe(root: &Path, url: &str, into: &Path) -> Result<(), Failure> {
    // Nothing would be compiled while nothing has changed.
    fs::File::options().write(true).open(root.join("server/src/lib.rs"))?.set_modified(SystemTime::now())?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["check", "--workspace", "--all-targets"]).current_dir(root);
    command.env("DATABASE_URL", url).env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", into);
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo check: {status}").into()) }
}

/// The descriptions in a folder, by name. A folder that is not there has none.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("json")) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(found)
}

fn write(folder: &Path, kept: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for name in kept.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in fresh.iter().filter(|(name, text)| kept.get(*name) != Some(text)) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// A Postgres of this process' own, stopped and forgotten at the end.
struct Server {
    folder: tempfile::TempDir,
    bin: PathBuf,
    account: Option<(u32, u32)>,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let bin = binaries().ok_or("no Postgres: install the package `postgresql`, or set DATABASE_URL")?;
        let folder = tempfile::tempdir()?;
        let account = account();
        if let Some((uid, gid)) = account {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let server = Self { folder, bin, account };
        server.run("initdb", &["-U", "arena", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync"])?;
        let options = format!("-k {} -c listen_addresses= -c fsync=off", server.folder.path().display());
        let log = server.folder.path().join("log").display().to_string();
        server.run("pg_ctl", &["start", "--wait", "--silent", "-l", &log, "-o", &options])?;
        Ok(server)
    }

    fn url(&self) -> String {
        format!("postgres://arena@localhost/postgres?host={}", self.folder.path().display())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(self.bin.join(program));
        command.arg("-D").arg(self.folder.path().join("data")).args(arguments);
        command.env_clear().env("LC_ALL", "C").current_dir("/").stdout(std::process::Stdio::null());
        if let Some((uid, gid)) = self.account {
            command.uid(uid).gid(gid);
        }
        let status = command.status()?;
        if status.success() { Ok(()) } else { Err(format!("{program}: {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.run("pg_ctl", &["stop", "--mode=immediate", "--silent"]) {
            eprintln!("prepare-queries: {error}");
        }
    }
}

/// The newest Postgres here: PG_BIN_DIR, Debian's folders, PATH.
fn binaries() -> Option<PathBuf> {
    let named = env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    installed.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path =
        env::split_paths(&path).filter_map(|dir| Some(dir.join("postgres").canonicalize().ok()?.parent()?.into()));
    let all = named.into_iter().chain(installed.into_iter().rev().map(|(_, dir)| dir)).chain(on_path);
    all.into_iter().find(|dir| dir.join("initdb").is_file() && dir.join("pg_ctl").is_file())
}

/// Postgres refuses to run as root.
fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let ids = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody"))
}
