//! What [`super::open`] is doing, for the person who waits.

use std::sync::Arc;

use crate::i18n::{Locale, Message};

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

impl Stage {
    /// What a person is told of it.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Obtaining(tool) => Message::new("database-stage-obtaining").with("tool", tool),
            Self::Failed(tool, why) => Message::new("database-stage-failed").with("tool", tool).with("why", why),
            Self::Initialising => Message::new("database-stage-initialising"),
            Self::WaitingForLast => Message::new("database-stage-waiting"),
            Self::Starting => Message::new("database-stage-starting"),
            Self::Migrating => Message::new("database-stage-migrating"),
            Self::Ready => Message::new("database-stage-ready"),
        }
    }
}

/// Prints to standard error what takes time, not what is over in a moment.
#[must_use]
pub fn progress_printer(locale: Locale) -> ProgressFn {
    Arc::new(move |stage| {
        let text = stage.message().text(locale);
        match stage {
            Stage::Migrating | Stage::Ready => tracing::debug!("{text}"),
            _ => eprintln!("{text}"),
        }
    })
}
