//! The data folder of our own Postgres: who may use it, what lies in it, what a crash left there.
//!
//! ```text
//! DATA/postgres.lock   held as long as an arena and its Postgres live
//! DATA/postgres/       the cluster, mode 0700
//! DATA/run/            the socket, mode 0700 (elsewhere when DATA's path is too long for one)
//! DATA/postgres.log    what Postgres says
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use rustix::process::{Pid, Signal, test_kill_process};
use sha2::{Digest, Sha256};

use super::DatabaseError;
use super::account::{self, Account};
use super::binaries::Binaries;
use super::child::die_with_this_thread;
use super::stage::{ProgressFn, Stage};

/// The name of the socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";
/// What `sun_path` holds, less the closing zero.
const SOCKET_PATH_LIMIT: usize = 107;
/// How long a Postgres that is already shutting down may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one that got the signal may take to say that it is shutting down.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(3);

/// A data folder that is ours alone for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    pub cluster: PathBuf,
    pub run: PathBuf,
    pub log: PathBuf,
    pub account: Option<Account>,
    _lock: Lock,
}

impl Folder {
    /// Takes the folder for this process and waits until its last Postgres is gone.
    pub fn claim(data_dir: &Path, progress: &ProgressFn) -> Result<Self, DatabaseError> {
        let root = rustix::process::geteuid().is_root();
        // Others may pass through (Postgres' account must), not look around.
        let mode = if root { 0o711 } else { 0o700 };
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(mode).create(data_dir).map_err(DatabaseError::io(data_dir))?;
        let data_dir = data_dir.canonicalize().map_err(DatabaseError::io(data_dir))?;
        let lock = lock(&data_dir)?;
        let cluster = data_dir.join("postgres");
        let account = account::choose(&cluster)?;
        let run = run_folder(&data_dir, account.as_ref())?;
        let folder = Self { log: data_dir.join("postgres.log"), cluster, run, account, _lock: lock };
        folder.clear_away_last(progress)?;
        Ok(folder)
    }

    /// The major version that made the cluster; none yet in a new folder.
    pub fn version(&self) -> Result<Option<u32>, DatabaseError> {
        let path = self.cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DatabaseError::io(&path)(error)),
        }
    }

    /// Makes the cluster beside its place and moves it there in one step, so that an interrupted
    /// start leaves no half cluster.
    pub fn initialise(&self, binaries: &Binaries) -> Result<(), DatabaseError> {
        self.remove_incomplete();
        let fresh = self.cluster.with_extension(format!("new-{}", std::process::id()));
        private(&fresh, self.account.as_ref())?;
        let mut initdb = account::command(&binaries.dir.join("initdb"), self.account.as_ref());
        initdb.arg("-D").arg(&fresh).args(["-U", "arena", "-E", "UTF8", "--locale=C.UTF-8"]);
        initdb.args(["-A", "trust"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        die_with_this_thread(&mut initdb, Signal::TERM);
        let answer = initdb.output().map_err(DatabaseError::io(&binaries.dir))?;
        if !answer.status.success() {
            _ = fs::remove_dir_all(&fresh);
            let said = String::from_utf8_lossy(&answer.stderr);
            return Err(DatabaseError::program("initdb", &self.cluster, &said));
        }
        fs::rename(&fresh, &self.cluster).map_err(DatabaseError::io(&self.cluster))?;
        let parent = self.cluster.parent().unwrap_or(&self.cluster);
        let synced = File::open(parent).and_then(|parent| parent.sync_all());
        synced.map_err(DatabaseError::io(parent))
    }

    /// Removes what interrupted starts left. Best effort: they are in nobody's way.
    fn remove_incomplete(&self) {
        let entries = self.cluster.parent().and_then(|parent| fs::read_dir(parent).ok());
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().as_bytes().starts_with(b"postgres.new-") {
                _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Waits for a Postgres that a killed arena left shutting down, and removes what a crash of
    /// the machine may have left: a pid file whose number now belongs to somebody else.
    fn clear_away_last(&self, progress: &ProgressFn) -> Result<(), DatabaseError> {
        let path = self.cluster.join("postmaster.pid");
        let start = Instant::now();
        let mut told = false;
        while let Some(last) = PidFile::read(&path) {
            if !last.runs_on(&self.cluster) {
                // Postgres itself clears a dead one's file and checks its shared memory as well;
                // it only gives up on a number that is alive.
                if Pid::from_raw(last.pid).is_some_and(|pid| test_kill_process(pid).is_ok()) {
                    fs::remove_file(&path).map_err(DatabaseError::io(&path))?;
                }
                break;
            }
            let patience = if last.is_stopping() { SHUTDOWN_TIMEOUT } else { SIGNAL_TIMEOUT };
            if start.elapsed() > patience {
                let (folder, pid) = (self.cluster.clone(), last.pid.unsigned_abs());
                return Err(DatabaseError::Foreign { folder, pid });
            }
            if !told {
                progress(Stage::WaitingForLast);
                told = true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        for leftover in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
            _ = fs::remove_file(self.run.join(leftover));
        }
        Ok(())
    }

    /// Whether Postgres, running as `pid`, takes connections.
    pub fn is_ready(&self, pid: u32) -> bool {
        PidFile::read(&self.cluster.join("postmaster.pid"))
            .is_some_and(|file| file.pid.unsigned_abs() == pid && file.state == "ready")
    }
}

/// What Postgres writes about itself: its pid in line 1, its state in line 8.
struct PidFile {
    pid: i32,
    state: String,
}

impl PidFile {
    fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        Some(Self { pid, state: lines.nth(6).unwrap_or_default().trim().to_owned() })
    }

    fn is_stopping(&self) -> bool {
        self.state == "stopping"
    }

    /// Whether that process lives and works in `cluster`; pids are used again, folders are not.
    fn runs_on(&self, cluster: &Path) -> bool {
        let Some(pid) = Pid::from_raw(self.pid) else {
            return false;
        };
        if Path::new("/proc/self/cwd").exists() {
            return fs::read_link(format!("/proc/{}/cwd", self.pid)).is_ok_and(|cwd| cwd == cluster);
        }
        test_kill_process(pid).is_ok()
    }
}

/// Takes the lock; the system lets go of it when this process ends, however it ends.
fn lock(data_dir: &Path) -> Result<Lock, DatabaseError> {
    let path = data_dir.join("postgres.lock");
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(DatabaseError::io(data_dir))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(DatabaseError::Busy { folder: data_dir.to_owned(), pid: holder(&mut file) });
        }
        Err(TryLockError::Error(error)) => return Err(DatabaseError::io(&path)(error)),
    }
    let noted = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    noted.map_err(DatabaseError::io(data_dir))?;
    Ok(Lock(file))
}

/// The lock on a data folder. It is let go of by name: closing the file alone would leave it to a child process that is
/// just being started and still holds a copy of the descriptor.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// Who holds the lock. It notes its number just after it has taken it, and a file system may be slow: one who comes in
/// between waits for the number a little rather than leave it out of the error.
fn holder(file: &mut File) -> Option<u32> {
    for _ in 0..100 {
        let mut text = String::new();
        if file.rewind().and_then(|()| file.read_to_string(&mut text)).is_err() {
            return None;
        }
        // The line's end tells a whole number from the beginning of one; a dead process's is left from before.
        let pid = text.strip_suffix('\n').and_then(|number| number.parse().ok());
        if pid.is_some_and(alive) {
            return pid;
        }
        thread::sleep(Duration::from_millis(20));
    }
    None
}

fn alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The socket's folder: in the data folder, or, where that path is too long for a socket, in the
/// runtime or temporary folder under a name that only this data folder has.
fn run_folder(data_dir: &Path, account: Option<&Account>) -> Result<PathBuf, DatabaseError> {
    let length = |run: &Path| run.join(SOCKET).as_os_str().as_bytes().len();
    let near = data_dir.join("run");
    if length(&near) <= SOCKET_PATH_LIMIT {
        private(&near, account)?;
        return Ok(near);
    }
    let digest = Sha256::digest(data_dir.as_os_str().as_bytes());
    let name = format!("arena-{}", hex::encode(&digest[..8]));
    let runtime = env::var_os("XDG_RUNTIME_DIR").filter(|_| account.is_none()).map(PathBuf::from);
    for base in runtime.into_iter().chain([env::temp_dir()]) {
        let run = base.join(&name);
        if length(&run) <= SOCKET_PATH_LIMIT && private(&run, account).is_ok() {
            tracing::info!(run = %run.display(), "the data folder's path is too long for a socket");
            return Ok(run);
        }
    }
    Err(DatabaseError::SocketPath { length: length(&near), path: near.join(SOCKET) })
}

/// Makes a folder that only `account` may enter, or checks that it is one.
fn private(path: &Path, account: Option<&Account>) -> Result<(), DatabaseError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return account::give(path, account),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(DatabaseError::io(path.parent().unwrap_or(path))(error)),
    }
    let found = fs::symlink_metadata(path).map_err(DatabaseError::io(path))?;
    let uid = account.map_or_else(|| rustix::process::geteuid().as_raw(), |account| account.uid);
    if found.is_dir() && found.uid() == uid && found.mode().trailing_zeros() >= 6 {
        return Ok(());
    }
    let source = io::Error::other("it is there already and open to others");
    Err(DatabaseError::NotWritable { path: path.to_owned(), source })
}
