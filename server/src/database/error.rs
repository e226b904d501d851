//! Why the database could not be opened, said so that the reader knows what to do next.

use std::io;
use std::path::{Path, PathBuf};

use super::OLDEST_POSTGRES;

/// A failure to open, start, migrate or stop the database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// There is no Postgres and none could be fetched.
    #[error(
        "PostgreSQL {OLDEST_POSTGRES} or newer was not found and could not be fetched. Install the package \
         `postgresql` (Debian, Ubuntu: `apt-get install postgresql`), or point PG_BIN_DIR at its \
         programs, or DATABASE_URL at a server.{}", list(.tried)
    )]
    NoBinaries {
        /// What was tried and why it failed.
        tried: Vec<String>,
    },
    /// The data folder needs another major version than those found.
    #[error(
        "The database folder {} was made by PostgreSQL {version}, but this machine has {}. Install \
         the package `postgresql-{version}`, or point PG_BIN_DIR at version {version}.", .folder.display(), versions(.found, "no PostgreSQL", " and ")
    )]
    OtherVersion {
        /// The data folder.
        folder: PathBuf,
        /// The major version that made it.
        version: u32,
        /// The major versions at hand.
        found: Vec<u32>,
    },
    /// Another arena uses the data folder.
    #[error(
        "Another arena already runs on the data folder {}{}. Stop that one, or give this one another folder with --data; to let \
         several share one database, set DATABASE_URL.", .folder.display(), process(*.pid, " (process ", ")")
    )]
    Busy {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
    },
    /// A Postgres that no arena owns uses the data folder.
    #[error(
        "A PostgreSQL server (process {pid}) that this arena did not start runs on {}. Stop it with `kill -INT {pid}`, then \
         start again.", .folder.display()
    )]
    Foreign {
        /// The data folder.
        folder: PathBuf,
        /// Its postmaster.
        pid: u32,
    },
    /// A folder cannot be written.
    #[error("The folder {} cannot be written ({source}). Make it writable for this account, or choose another with --data.", .path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The account that Postgres runs as cannot reach its folder or programs.
    #[error(
        "PostgreSQL does not run as root, and the account `{account}` that it uses instead cannot reach {}. Choose a data folder that \
         every account may enter, such as /var/lib/mixtral-arena, with --data.", .path.display()
    )]
    Unreachable {
        /// What cannot be reached.
        path: PathBuf,
        /// The account's name.
        account: String,
    },
    /// We are root and there is no account to step down to.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither the account `postgres` nor `nobody`. Start the arena as another user."
    )]
    NoAccount,
    /// The disk is full.
    #[error("The disk that holds {} is full. Free some space (a new database takes about 50 MB) and start again.", .path.display())]
    DiskFull {
        /// The data folder.
        path: PathBuf,
    },
    /// No short enough place for the socket.
    #[error("The path of the database socket would be {length} bytes, and the system allows 107: {}. Choose a data folder with a shorter path with --data.", .path.display())]
    SocketPath {
        /// The socket's path.
        path: PathBuf,
        /// Its length.
        length: usize,
    },
    /// A program of Postgres failed for another reason.
    #[error("`{program}` failed:\n{output}")]
    Program {
        /// `initdb` or `postgres`.
        program: &'static str,
        /// The end of what it said.
        output: String,
    },
    /// Postgres did not become ready in time.
    #[error("PostgreSQL was not ready after {seconds} s; its log is {}.", .log.display())]
    Slow {
        /// How long we waited.
        seconds: u64,
        /// Where it logs.
        log: PathBuf,
    },
    /// Postgres had to be ended by force.
    #[error("PostgreSQL did not shut down in time and was ended by force; it will replay its log at the next start.")]
    Forced,
    /// `DATABASE_URL` is not a URL of Postgres.
    #[error("DATABASE_URL is not understood: {0}")]
    Url(#[source] sqlx::Error),
    /// The server does not answer or refuses us.
    #[error("The database cannot be reached: {0}")]
    Connect(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("The database schema could not be brought up to date: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Anything else of the file system.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread of ours ended before its time.
    #[error("the thread that keeps PostgreSQL ended early: {0}")]
    Thread(String),
}

impl DatabaseError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NoBinaries { tried } => format!(
                "未找到 PostgreSQL {OLDEST_POSTGRES} 或更新版本，也未能自动获取。请安装软件包 `postgresql`（Debian、Ubuntu：`apt-get install postgresql`），\
                 或用 PG_BIN_DIR 指定其程序目录，或用 DATABASE_URL 指定数据库服务器。{}",
                list(tried)
            ),
            Self::OtherVersion { folder, version, found } => format!(
                "数据库目录 {} 由 PostgreSQL {version} 创建，而本机{}。请安装软件包 `postgresql-{version}`，或用 PG_BIN_DIR 指定 {version} 版的程序目录。",
                folder.display(),
                if found.is_empty() {
                    "没有 PostgreSQL".into()
                } else {
                    format!("只有 {}", versions(found, "", "、"))
                }
            ),
            Self::Busy { folder, pid } => format!(
                "数据目录 {} 已被另一个 arena 使用{}。请先停止它，或用 --data 另选目录；若要多个服务共用一个数据库，请设置 DATABASE_URL。",
                folder.display(),
                process(*pid, "（进程 ", "）")
            ),
            Self::Foreign { folder, pid } => format!(
                "目录 {} 上运行着一个并非由本程序启动的 PostgreSQL（进程 {pid}）。请先用 `kill -INT {pid}` 停止它，再重新启动。",
                folder.display()
            ),
            Self::NotWritable { path, source } => {
                format!("目录 {} 无法写入（{source}）。请让当前账户可写，或用 --data 另选目录。", path.display())
            }
            Self::Unreachable { path, account } => format!(
                "PostgreSQL 不能以 root 身份运行，而它所用的账户 `{account}` 无法进入 {}。请用 --data 选择任何账户都可进入的数据目录，例如 /var/lib/mixtral-arena。",
                path.display()
            ),
            Self::NoAccount => {
                "PostgreSQL 不能以 root 身份运行，而本机既没有账户 `postgres` 也没有 `nobody`。请用其他用户启动 arena。"
                    .into()
            }
            Self::DiskFull { path } => {
                format!("{} 所在的磁盘已满。请腾出空间（新数据库约需 50 MB）后重新启动。", path.display())
            }
            Self::SocketPath { path, length } => format!(
                "数据库套接字的路径长 {length} 字节，超过系统允许的 107 字节：{}。请用 --data 选择路径更短的数据目录。",
                path.display()
            ),
            Self::Program { program, output } => format!("`{program}` 失败：\n{output}"),
            Self::Slow { seconds, log } => format!("PostgreSQL 在 {seconds} 秒后仍未就绪；日志见 {}。", log.display()),
            Self::Forced => "PostgreSQL 未能及时关闭，已被强制结束；下次启动时会重放日志。".into(),
            Self::Url(error) => format!("无法识别 DATABASE_URL:{error}"),
            Self::Connect(error) => format!("无法连接数据库：{error}"),
            Self::Migrate(error) => format!("无法更新数据库结构：{error}"),
            Self::Io { path, source } => format!("{}:{source}", path.display()),
            Self::Thread(why) => format!("管理 PostgreSQL 的线程提前结束：{why}"),
        }
    }

    /// The error in the language of the terminal, for `main` to print.
    #[must_use]
    pub fn for_terminal(&self) -> anyhow::Error {
        let text = if super::stage::terminal_is_chinese() { self.zh() } else { self.to_string() };
        // A text alone: each already names its cause, and `{:#}` would name it again.
        anyhow::Error::msg(text)
    }

    /// A failure on `path`, named by its cause where the cause is a common one.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
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

fn list(tried: &[String]) -> String {
    tried.iter().map(|line| format!("\n  - {line}")).collect()
}

fn versions(found: &[u32], none: &str, and: &str) -> String {
    if found.is_empty() {
        return none.to_owned();
    }
    found.iter().map(u32::to_string).collect::<Vec<_>>().join(and)
}

fn process(pid: Option<u32>, before: &str, after: &str) -> String {
    pid.map(|pid| format!("{before}{pid}{after}")).unwrap_or_default()
}
