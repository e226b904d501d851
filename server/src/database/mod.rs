//! The database: the arena's own Postgres, or the one that `DATABASE_URL` names.
//!
//! [`open`] finds or obtains Postgres binaries, prepares the data folder, starts the server on a
//! Unix socket and brings the schema up to date. The returned [`Database`] owns that server:
//! closing or dropping it shuts Postgres down cleanly, and a killed arena takes it down as well.
//!
//! # Why a launcher of our own
//! The crates that embed Postgres were tried, and none keeps what a service of record needs:
//! `postgresql_embedded` (0.22) always passes `-F`, so that a committed vote may be lost with the
//! power; it refuses to run as root, as containers do; after a `kill -9` its Postgres lives on as
//! an orphan, and the next start fails; a second instance stops the server of the first.
//! `pglite-oxide` (0.5) serves one connection, without fsync too. Here fsync is on, root steps down
//! to an unprivileged account ([`account`]), Postgres ends with the thread that started it
//! ([`child`]), what a crash left is waited for and cleared, and a lock keeps a second instance
//! out ([`folder`]). Several hosts in `DATABASE_URL` are one primary and its standbys ([`hosts`]).

mod account;
mod archive;
mod backup;
mod binaries;
mod child;
mod error;
mod folder;
mod hosts;
mod in_time;
mod pooler;
mod pools;
mod provision;
mod running;
mod server;
mod stage;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod version;

use std::path::Path;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::{MigrateDatabase, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub use backup::Summary;
pub use binaries::Search;
pub use error::DatabaseError;
pub use in_time::{in_time, says_nothing};
pub use pools::Pools;
pub use server::{Durability, Server};
pub use stage::{ProgressFn, Stage, progress_printer};
pub use version::OLDEST_POSTGRES;

/// The schema, compiled into the binary.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// An open database and, when it is our own, the server behind it.
///
/// Not `Clone`: who owns it decides when Postgres stops. Share the [`PgPool`] instead.
#[derive(Debug)]
pub struct Database {
    url: String,
    options: PgConnectOptions,
    /// Every host, where `DATABASE_URL` names several.
    hosts: Vec<PgConnectOptions>,
    server: Option<Server>,
}

/// Opens the database at `url`, or starts our own Postgres with its data below `data_dir`,
/// and migrates it.
///
/// # Errors
/// Says what is missing or in the way, in words meant for the person at the terminal.
pub async fn open(url: Option<&str>, data_dir: &Path, progress: ProgressFn) -> Result<Database, DatabaseError> {
    let database = match url {
        Some(url) => Database::remote(url).await?,
        None => Database::embedded(data_dir, Search::from_environment(), progress.clone()).await?,
    };
    progress(Stage::Migrating);
    database.create_if_missing().await?;
    if url.is_some() {
        pooler::check(&database.options).await?;
    }
    let pool = database.connect(1).await?;
    let migrated = migrate(&pool).await;
    pool.close().await;
    migrated?;
    progress(Stage::Ready);
    Ok(database)
}

/// The same for a command that runs beside the service: where an arena already runs Postgres on `data_dir`, that one is
/// used.
///
/// # Errors
/// As [`open`].
pub async fn open_beside(url: Option<&str>, data_dir: &Path, progress: ProgressFn) -> Result<Database, DatabaseError> {
    match open(url, data_dir, progress).await {
        Err(DatabaseError::Busy { folder, pid }) => match running::options(&folder) {
            Some(options) => Ok(Database { url: String::new(), options, hosts: Vec::new(), server: None }),
            None => Err(DatabaseError::Busy { folder, pid }),
        },
        other => other,
    }
}

/// Makes an arena in `data_dir`, where there must be none yet, out of a backup.
///
/// # Errors
/// When the file is not a whole backup, there is an arena in the folder already, or Postgres cannot be had. Nothing of it is
/// left then.
pub async fn restore(file: &Path, data_dir: &Path, progress: ProgressFn) -> Result<Summary, DatabaseError> {
    backup::may_restore(file, data_dir)?;
    let database = Database::embedded(data_dir, Search::from_environment(), progress).await?;
    let loaded = async {
        database.create_if_missing().await?;
        let pool = database.connect(1).await?;
        let loaded = backup::load(&pool, &MIGRATOR, file, data_dir).await;
        pool.close().await;
        loaded
    };
    let loaded = loaded.await;
    let closed = database.close().await;
    if loaded.is_err() || closed.is_err() {
        backup::forget(data_dir);
    }
    closed.and(loaded)
}

/// The advisory lock of whoever migrates.
const MIGRATIONS_LOCK: i64 = 0x0061_7265_6e61_0003;

/// Brings the schema up to date, all or nothing; two callers at once wait for each other.
///
/// # Errors
/// When a migration fails, or the database was migrated by a newer arena.
pub async fn migrate(pool: &PgPool) -> Result<(), DatabaseError> {
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    // sqlx's own lock belongs to a session, which a pooler may give away between two statements.
    migrator.set_locking(false);
    let mut transaction = pool.begin().await.map_err(DatabaseError::Connect)?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATIONS_LOCK);
    lock.execute(&mut *transaction).await.map_err(DatabaseError::Connect)?;
    // Not `run`, of which the compiler cannot tell that it may be spawned.
    migrator.run_direct(None, &mut *transaction, false).await.map_err(DatabaseError::Migrate)?;
    transaction.commit().await.map_err(DatabaseError::Connect)
}

impl Database {
    /// A database that somebody else runs.
    async fn remote(url: &str) -> Result<Self, DatabaseError> {
        // sqlx would take any scheme.
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(DatabaseError::UrlScheme);
        }
        let urls = hosts::split(url)?;
        let mut hosts = Vec::with_capacity(urls.len());
        for url in &urls {
            // PgBouncer does not know `extra_float_digits`, and nothing here reads numbers as texts.
            let options = url.parse::<PgConnectOptions>().map_err(DatabaseError::Url)?.extra_float_digits(None);
            hosts.push(options);
        }
        let [only] = hosts.as_slice() else {
            let options = hosts::Watch::over(&hosts).first().await?;
            return Ok(Self { url: url.to_owned(), options, hosts, server: None });
        };
        Ok(Self { url: urls.concat(), options: only.clone(), hosts: Vec::new(), server: None })
    }

    /// Our own Postgres, started in a thread of its own.
    async fn embedded(data_dir: &Path, search: Search, progress: ProgressFn) -> Result<Self, DatabaseError> {
        let data_dir = data_dir.to_owned();
        let start = move || Server::start(&data_dir, &search, Durability::Full, &progress);
        let server = tokio::task::spawn_blocking(start).await.map_err(DatabaseError::task)??;
        Ok(Self { url: server.url(), options: server.options(), hosts: Vec::new(), server: Some(server) })
    }

    /// Where the database listens, as a URL. It may hold a password: not for logs.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same as connect options.
    #[must_use]
    pub fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Whether the arena runs this Postgres itself.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// Writes everything in it, and the secret of `data_dir`, into a new file, while others may write.
    ///
    /// # Errors
    /// When the file exists already or cannot be written, or the database fails. Nothing is left then.
    pub async fn backup(&self, data_dir: &Path, file: &Path) -> Result<Summary, DatabaseError> {
        backup::save(&self.options, data_dir, file).await
    }

    /// Opens a pool of at most `max_connections`.
    ///
    /// # Errors
    /// When the server does not answer within five seconds or refuses us.
    pub async fn connect(&self, max_connections: u32) -> Result<PgPool, DatabaseError> {
        self.connect_with(pool_options(max_connections)).await
    }

    async fn connect_with(&self, options: PgPoolOptions) -> Result<PgPool, DatabaseError> {
        options.connect_with(self.options.clone()).await.map_err(DatabaseError::Connect)
    }

    /// The pools of one server: `pages` connections for pages, few for the rest. Where there are several hosts, the pools
    /// follow the one that takes writes, until they are closed.
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub async fn pools(&self, pages: u32) -> Result<Pools, DatabaseError> {
        let moved = (!self.hosts.is_empty()).then(hosts::Moved::now);
        let open = async |most| match moved.clone() {
            Some(moved) => self.connect_with(following(pool_options(most), moved)).await,
            None => self.connect(most).await,
        };
        let pools = Pools { pages: open(pages).await?, votes: open(2).await?, repairs: open(4).await? };
        if let Some(moved) = moved {
            let watch = hosts::Watch::from(&self.hosts, &self.options);
            tokio::spawn(watch.follow(pools.clone(), moved));
        }
        Ok(pools)
    }

    /// Shuts our own Postgres down and waits until all is on disk. Close the pools first: Postgres
    /// ends what is still connected.
    ///
    /// # Errors
    /// When the server had to be ended by force; its log replays at the next start.
    pub async fn close(mut self) -> Result<(), DatabaseError> {
        let Some(server) = self.server.take() else {
            return Ok(());
        };
        tokio::task::spawn_blocking(move || server.stop()).await.map_err(DatabaseError::task)?
    }

    /// Makes the database itself on a server that does not have it yet.
    async fn create_if_missing(&self) -> Result<(), DatabaseError> {
        // Ask by connecting: a hosted account may reach its own database and no other.
        let Err(error) = self.connect(1).await else {
            return Ok(());
        };
        if !error.is_missing_database() || !self.hosts.is_empty() {
            return Err(error);
        }
        sqlx::Postgres::create_database(&self.url).await.map_err(DatabaseError::Connect)
    }
}

fn pool_options(max_connections: u32) -> PgPoolOptions {
    let options = PgPoolOptions::new().max_connections(max_connections).acquire_timeout(Duration::from_secs(5));
    // A statement that was given up may have no answer for minutes: its connection makes room for another one.
    options.after_release(|connection, _| Box::pin(async move { hosts::answers(connection).await.map(|()| true) }))
}

/// Connections that are given out only where they lead to the host that takes writes.
fn following(options: PgPoolOptions, moved: hosts::Moved) -> PgPoolOptions {
    options
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let moved = moved.clone();
            Box::pin(async move { Ok(moved.still_leads(connection, meta.age).await) })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                match hosts::timeline(connection).await? {
                    Some(_) => Ok(()),
                    // Tried again until the time is over: by then it may be known who took its place.
                    None => Err(sqlx::Error::Io(std::io::Error::other("this host takes no writes"))),
                }
            })
        })
}
