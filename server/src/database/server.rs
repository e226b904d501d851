//! Our own Postgres, from start to stop.
//!
//! A thread of its own starts the server, watches it and stops it. The thread must live as long
//! as the server: the system signals a child when the *thread* that forked it ends, and that
//! signal is how Postgres shuts down, in order, after a `kill -9` of the arena.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;

use super::DatabaseError;
use super::account;
use super::binaries::{Binaries, Search};
use super::child::die_with_this_thread;
use super::folder::Folder;
use super::stage::{ProgressFn, Stage};

/// Replaying the log after a crash may take this long.
const START_TIMEOUT: Duration = Duration::from_secs(300);
/// How long an orderly shutdown may take, and then again an immediate one.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// How often the watching thread looks whether the server still lives.
const WATCH: Duration = Duration::from_millis(500);
/// A log larger than this is set aside at the next start.
const LOG_LIMIT: u64 = 16 << 20;

/// Whether a committed transaction is on disk when it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Always, for everything that is not a test.
    Full,
    /// Never waits for the disk: for tests, whose data nobody will miss.
    None,
}

/// A running Postgres; dropping it shuts it down and waits.
#[derive(Debug)]
pub struct Server {
    run: PathBuf,
    /// Closed to ask for the stop.
    stop: Option<SyncSender<()>>,
    keeper: Option<JoinHandle<Result<(), DatabaseError>>>,
}

impl Server {
    /// Starts Postgres on `data_dir`, making the cluster when it is new. Blocks until it is ready.
    ///
    /// # Errors
    /// When the folder is taken or unusable, or Postgres cannot be had or does not start.
    pub fn start(
        data_dir: &Path,
        search: &Search,
        durability: Durability,
        progress: &ProgressFn,
    ) -> Result<Self, DatabaseError> {
        let folder = Folder::claim(data_dir, progress)?;
        let binaries = prepare(&folder, search, progress)?;
        progress(Stage::Starting);
        let run = folder.run.clone();
        let (stop, stopped) = sync_channel::<()>(0);
        let (ready, started) = sync_channel(1);
        let keeper = thread::Builder::new()
            .name("postgres".into())
            .spawn(move || keep(&folder, &binaries, durability, &ready, &stopped))
            .map_err(|error| DatabaseError::Thread(error.to_string()))?;
        let mut server = Self { run, stop: Some(stop), keeper: Some(keeper) };
        if started.recv().is_err() {
            server.end()?;
            return Err(DatabaseError::Thread("it never started".into()));
        }
        Ok(server)
    }

    /// Where the server listens.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.run).port(5432).username("arena").database("arena")
    }

    /// The same as a URL, for other programs.
    #[must_use]
    pub fn url(&self) -> String {
        let run = self.run.to_string_lossy();
        let host: String = url::form_urlencoded::byte_serialize(run.as_bytes()).collect();
        // Form encoding writes a blank as `+`, which a URL's reader may take for a plus.
        format!("postgres://arena@localhost:5432/arena?host={}", host.replace('+', "%20"))
    }

    /// Shuts Postgres down and waits until everything is on disk.
    ///
    /// # Errors
    /// When it had to be ended by force.
    pub fn stop(mut self) -> Result<(), DatabaseError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), DatabaseError> {
        drop(self.stop.take());
        let Some(keeper) = self.keeper.take() else {
            return Ok(());
        };
        keeper.join().unwrap_or_else(|_| Err(DatabaseError::Thread("it panicked".into())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!(%error, "PostgreSQL did not stop in order");
        }
    }
}

/// Finds the programs that fit the folder and makes its cluster where there is none.
fn prepare(folder: &Folder, search: &Search, progress: &ProgressFn) -> Result<Binaries, DatabaseError> {
    let version = folder.version()?;
    let binaries = search.find(&folder.cluster, version, progress)?;
    account::probe(folder.account.as_ref(), &binaries.dir, &folder.run)?;
    if version.is_none() {
        progress(Stage::Initialising);
        folder.initialise(&binaries)?;
    }
    Ok(binaries)
}

/// The life of the thread: start, say so, watch, stop.
fn keep(
    folder: &Folder,
    binaries: &Binaries,
    durability: Durability,
    ready: &SyncSender<()>,
    stopped: &Receiver<()>,
) -> Result<(), DatabaseError> {
    let mut child = launch(folder, binaries, durability)?;
    let mut pause = WATCH;
    _ = ready.send(());
    loop {
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return shut_down(&mut child),
        }
        let Ok(Some(status)) = child.try_wait() else {
            continue;
        };
        // Somebody ended it, or the system ran out of memory. Pools reconnect by themselves.
        tracing::error!(%status, log = %folder.log.display(), "PostgreSQL ended by itself; starting it again");
        match launch(folder, binaries, durability) {
            Ok(again) => (child, pause) = (again, WATCH),
            Err(error) => {
                tracing::error!(%error, "PostgreSQL does not start again");
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
    }
}

/// Starts the server and waits until it takes connections.
fn launch(folder: &Folder, binaries: &Binaries, durability: Durability) -> Result<Child, DatabaseError> {
    let (log, offset) = open_log(&folder.log)?;
    let copy = log.try_clone().map_err(DatabaseError::io(&folder.log))?;
    let program = binaries.dir.join("postgres");
    let mut command = account::command(&program, folder.account.as_ref());
    command.arg("-D").arg(&folder.cluster).arg("-k").arg(&folder.run);
    for setting in settings(durability) {
        command.arg("-c").arg(setting);
    }
    command.stdout(log).stderr(copy);
    // For Postgres, SIGINT is a fast and orderly shutdown.
    die_with_this_thread(&mut command, Signal::INT);
    let mut child = command.spawn().map_err(DatabaseError::io(&program))?;
    let deadline = Instant::now() + START_TIMEOUT;
    while !folder.is_ready(child.id()) {
        if let Ok(Some(_)) = child.try_wait() {
            let said = read_from(&folder.log, offset);
            return Err(DatabaseError::program("postgres", &folder.cluster, &said));
        }
        if Instant::now() > deadline {
            _ = shut_down(&mut child);
            let (seconds, log) = (START_TIMEOUT.as_secs(), folder.log.clone());
            return Err(DatabaseError::Slow { seconds, log });
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(child)
}

/// Settings that stand above whatever the cluster's own files say.
fn settings(durability: Durability) -> Vec<&'static str> {
    let mut settings = vec![
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "max_connections=200",
        "logging_collector=off",
        "log_destination=stderr",
        // Rows hold what people wrote; a log must not.
        "log_error_verbosity=terse",
        "timezone=UTC",
    ];
    settings.extend(match durability {
        Durability::Full => ["fsync=on", "full_page_writes=on", "synchronous_commit=on"],
        Durability::None => ["fsync=off", "full_page_writes=off", "synchronous_commit=off"],
    });
    settings
}

/// SIGINT, then SIGQUIT, then SIGKILL, each with time to act. After the first all is on disk as
/// a clean shutdown leaves it; after the others the log is replayed at the next start.
fn shut_down(child: &mut Child) -> Result<(), DatabaseError> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for (signal, patience) in [(Signal::INT, STOP_TIMEOUT), (Signal::QUIT, STOP_TIMEOUT)] {
        let deadline = Instant::now() + patience;
        if let Some(pid) = pid {
            _ = kill_process(pid, signal);
        }
        while Instant::now() < deadline {
            if let Ok(Some(_)) = child.try_wait() {
                return if signal == Signal::INT { Ok(()) } else { Err(DatabaseError::Forced) };
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
    _ = child.kill();
    _ = child.wait();
    Err(DatabaseError::Forced)
}

/// Opens the log for more, and tells where this run's part begins.
fn open_log(path: &Path) -> Result<(File, u64), DatabaseError> {
    if fs::metadata(path).is_ok_and(|log| log.len() > LOG_LIMIT) {
        _ = fs::rename(path, path.with_extension("log.old"));
    }
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let log = opened.map_err(DatabaseError::io(path))?;
    let length = log.metadata().map_err(DatabaseError::io(path))?.len();
    Ok((log, length))
}

fn read_from(path: &Path, offset: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut log) = File::open(path) {
        _ = log.seek(SeekFrom::Start(offset));
        _ = log.take(64 << 10).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
