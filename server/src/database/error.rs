//! Why the database could not be opened, said so that the reader knows what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::version::OLDEST_POSTGRES;
use crate::i18n::Message;

/// A failure to open, start, migrate or stop the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// There is no Postgres and none could be fetched.
    NoBinaries {
        /// What was tried and why it failed.
        tried: Vec<Message>,
    },
    /// The data folder needs another major version than those found.
    OtherVersion {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        version: u32,
        /// The major versions at hand.
        found: Vec<u32>,
    },
    /// Another arena uses the data folder.
    Busy {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
    },
    /// A Postgres that no arena owns uses the data folder.
    Foreign {
        /// The data folder.
        folder: PathBuf,
        /// Its postmaster.
        pid: u32,
    },
    /// A folder cannot be written.
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The account that Postgres runs as cannot reach its folder or programs.
    Unreachable {
        /// What cannot be reached.
        path: PathBuf,
        /// The account's name.
        account: String,
    },
    /// We are root and there is no account to step down to.
    NoAccount,
    /// The disk is full.
    DiskFull {
        /// The data folder.
        path: PathBuf,
    },
    /// No short enough place for the socket.
    SocketPath {
        /// The socket's path.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// A program of Postgres failed for another reason.
    Program {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The end of what it said.
        output: String,
    },
    /// Postgres did not become ready in time.
    Slow {
        /// How long we waited.
        seconds: u64,
        /// Where it logs.
        log: PathBuf,
    },
    /// Postgres had to be ended by force.
    Forced,
    /// `DATABASE_URL` has another scheme than postgres: or postgresql:.
    UrlScheme,
    /// `DATABASE_URL` is not a URL of Postgres.
    Url(#[source] sqlx::Error),
    /// `DATABASE_URL` asks for another host than one that takes writes.
    SessionAttributes(String),
    /// None of the hosts in `DATABASE_URL` takes writes.
    NoWritableHost {
        /// How many there are.
        hosts: usize,
        /// How long we waited.
        seconds: u64,
    },
    /// A pooler between us and Postgres loses prepared statements.
    Pooler,
    /// The server does not answer or refuses us.
    Connect(#[source] sqlx::Error),
    /// The database failed while it was backed up or restored.
    Copy(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Anything else of the file system.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread of ours ended before its time.
    Thread(String),
}

/// In English, for logs; [`DatabaseError::message`] has it in the reader's language.
impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message().fmt(f)
    }
}

impl DatabaseError {
    /// What a person is told: each text names its cause and what to do.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NoBinaries { tried } => {
                Message::new("database-no-binaries").with("oldest", OLDEST_POSTGRES).with_lines("tried", tried.clone())
            }
            Self::OtherVersion { folder, version, found } => Message::new("database-other-version")
                .with("folder", folder.display())
                .with("version", version)
                .with("count", found.len())
                .with("found", found.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")),
            Self::Busy { folder, pid: Some(pid) } => {
                Message::new("database-busy").with("folder", folder.display()).with("pid", pid)
            }
            Self::Busy { folder, pid: None } => Message::new("database-busy-unknown").with("folder", folder.display()),
            Self::Foreign { folder, pid } => {
                Message::new("database-foreign").with("folder", folder.display()).with("pid", pid)
            }
            Self::NotWritable { path, source } => {
                Message::new("database-not-writable").with("path", path.display()).with("why", source)
            }
            Self::Unreachable { path, account } => {
                Message::new("database-unreachable").with("path", path.display()).with("account", account)
            }
            Self::NoAccount => Message::new("database-no-account"),
            Self::DiskFull { path } => Message::new("database-disk-full").with("path", path.display()),
            Self::SocketPath { path, length } => {
                Message::new("database-socket-path").with("path", path.display()).with("length", length)
            }
            Self::Program { program, output } => {
                Message::new("database-program").with("program", program).with("output", output)
            }
            Self::Slow { seconds, log } => {
                Message::new("database-slow").with("seconds", seconds).with("log", log.display())
            }
            Self::Forced => Message::new("database-forced"),
            Self::UrlScheme => Message::new("database-url-scheme"),
            Self::Url(why) => Message::new("database-url").with("why", why),
            Self::SessionAttributes(asked) => Message::new("database-session-attributes").with("asked", asked),
            Self::NoWritableHost { hosts, seconds } => {
                Message::new("database-no-writable-host").with("hosts", hosts).with("seconds", seconds)
            }
            Self::Pooler => Message::new("database-pooler"),
            Self::Copy(why) => Message::new("database-copy").with("why", why),
            Self::Connect(why) => Message::new("database-connect").with("why", why),
            Self::Migrate(why) => Message::new("database-migrate").with("why", why),
            Self::Io { path, source } => Message::new("database-io").with("path", path.display()).with("why", source),
            Self::Thread(why) => Message::new("database-thread").with("why", why),
        }
    }

    /// A failure on `path`, named by its cause where the cause is a common one.
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self + Copy + '_ {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path: path.to_owned() },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path: path.to_owned(), source }
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }

    /// A failed program of Postgres, named by its cause where its output shows a common one.
    pub(super) fn program(program: &'static str, folder: &Path, output: &str) -> Self {
        if output.contains("No space left on device") || output.contains("Disk quota exceeded") {
            return Self::DiskFull { path: folder.to_owned() };
        }
        let lines: Vec<&str> = output.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].join("\n");
        Self::Program { program, output: tail }
    }

    /// A background task that did not come back.
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
    pub(super) fn task(error: tokio::task::JoinError) -> Self {
        Self::Thread(error.to_string())
    }

    /// Whether the server is there and only the database on it is not.
    pub(super) fn is_missing_database(&self) -> bool {
        matches!(self, Self::Connect(sqlx::Error::Database(e)) if e.code().as_deref() == Some("3D000"))
    }
}
