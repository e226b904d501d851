//! What [`super::open`] is doing, for the person who waits.

use std::fmt;
use std::sync::Arc;

/// Called at every [`Stage`]; may be called from another thread.
pub type ProgressFn = Arc<dyn Fn(Stage) + Send + Sync>;

/// One step on the way to an open database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// No Postgres is on this machine; it is being fetched by the named tool.
    Obtaining(&'static str),
    /// That tool could not deliver, and why; the next one is tried.
    Failed(&'static str, String),
    /// A fresh data folder is being made.
    Initialising,
    /// The folder's last Postgres is still shutting down.
    WaitingForLast,
    /// Postgres is starting, or replaying its log after a crash.
    Starting,
    /// The schema is being brought up to date.
    Migrating,
    /// The database is ready.
    Ready,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obtaining(tool) => write!(f, "No PostgreSQL here yet: fetching it with {tool}"),
            Self::Failed(tool, why) => write!(f, "{tool} could not deliver PostgreSQL: {why}"),
            Self::Initialising => f.write_str("Making a new database folder"),
            Self::WaitingForLast => f.write_str("Waiting for the last PostgreSQL to shut down"),
            Self::Starting => f.write_str("Starting PostgreSQL"),
            Self::Migrating => f.write_str("Bringing the database schema up to date"),
            Self::Ready => f.write_str("The database is ready"),
        }
    }
}

impl Stage {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Obtaining(tool) => format!("本机还没有 PostgreSQL：正在用 {tool} 获取"),
            Self::Failed(tool, why) => format!("{tool} 未能提供 PostgreSQL:{why}"),
            Self::Initialising => "正在创建新的数据库目录".into(),
            Self::WaitingForLast => "正在等待上一个 PostgreSQL 关闭".into(),
            Self::Starting => "正在启动 PostgreSQL".into(),
            Self::Migrating => "正在更新数据库结构".into(),
            Self::Ready => "数据库已就绪".into(),
        }
    }
}

/// Whether the person at the terminal reads Chinese, by the variables that every program goes by.
#[must_use]
pub fn terminal_is_chinese() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|locale| locale.starts_with("zh"))
}

/// Tells the person at the terminal, in their language, what takes time: not what is over in a moment.
#[must_use]
pub fn tell_terminal() -> ProgressFn {
    let chinese = terminal_is_chinese();
    Arc::new(move |stage| {
        let text = if chinese { stage.zh() } else { stage.to_string() };
        match stage {
            Stage::Migrating | Stage::Ready => tracing::debug!("{text}"),
            _ => eprintln!("{text}"),
        }
    })
}
