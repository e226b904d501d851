//! A database on several hosts, of which one takes writes: which one it is, now and after a failover.
//!
//! `DATABASE_URL` names them as libpq does: `postgres://user@host1:5432,host2:5432/arena?target_session_attrs=read-write`.
//! The host that takes writes is asked for on all of them. Where two say that they do, the old primary came back without
//! having been told of its successor: the one on the newer timeline counts, for a promotion begins a new one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{sleep, timeout};

use super::error::DatabaseError;
use super::in_time::says_nothing;
use super::pools::Pools;

/// How often all hosts are asked.
const EACH: Duration = Duration::from_millis(500);
/// How long a host may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a start waits for a host that takes writes: a failover may be under way.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Nothing on a standby or where transactions cannot write, else the file that is written to, which begins with the
/// timeline.
const LOOK: &str = "SELECT CASE WHEN pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean THEN NULL
    ELSE pg_walfile_name(pg_current_wal_lsn()) END";

/// The URLs of single hosts that a URL of several comes to. One host gives its own URL.
///
/// # Errors
/// When `target_session_attrs` asks for anything but a host that takes writes.
pub(super) fn split(url: &str) -> Result<Vec<String>, DatabaseError> {
    let (scheme, rest) = url.split_once("://").ok_or(DatabaseError::UrlScheme)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let user = if authority.contains('@') { format!("{user}@") } else { String::new() };
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("target_session_attrs", "read-write" | "primary")) => {}
            Some(("target_session_attrs", other)) => return Err(DatabaseError::SessionAttributes(other.to_owned())),
            _ => kept.push(pair),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    Ok(hosts.split(',').map(|host| format!("{scheme}://{user}{host}{path}{query}")).collect())
}

/// When the pools were last led to another host. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Moved(Arc<Mutex<Instant>>);

impl Moved {
    pub(super) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn again(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Whether a connection of this age was opened before.
    fn is_after(&self, age: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < age
    }

    /// Whether a connection that was idle leads where it should, and answers.
    pub(super) async fn still_leads(&self, connection: &mut PgConnection, age: Duration) -> bool {
        !self.is_after(age) && answers(connection).await.is_ok()
    }
}

/// Whether the other end answers at this moment.
pub(super) async fn answers(connection: &mut PgConnection) -> sqlx::Result<()> {
    timeout(ANSWER_TIMEOUT, connection.ping()).await.unwrap_or_else(|_| Err(says_nothing()))
}

/// Whether the other end takes writes, and on which timeline; `None` on a standby.
pub(super) async fn timeline(connection: &mut PgConnection) -> sqlx::Result<Option<u32>> {
    let file: Option<String> = sqlx::query_scalar(LOOK).fetch_one(connection).await?;
    Ok(file.and_then(|name| u32::from_str_radix(name.get(..8)?, 16).ok()))
}

/// The hosts, and a connection to each while it answers.
pub(super) struct Watch {
    hosts: Vec<(PgConnectOptions, Option<PgConnection>)>,
    current: usize,
}

impl Watch {
    pub(super) fn over(hosts: &[PgConnectOptions]) -> Self {
        Self { hosts: hosts.iter().map(|host| (host.clone(), None)).collect(), current: 0 }
    }

    /// The same, of which this one is known to take writes.
    pub(super) fn from(hosts: &[PgConnectOptions], current: &PgConnectOptions) -> Self {
        let is_current =
            |host: &PgConnectOptions| (host.get_host(), host.get_port()) == (current.get_host(), current.get_port());
        Self { current: hosts.iter().position(is_current).unwrap_or(0), ..Self::over(hosts) }
    }

    /// Waits for a host that takes writes.
    ///
    /// # Errors
    /// When none does for so long.
    pub(super) async fn first(&mut self) -> Result<PgConnectOptions, DatabaseError> {
        let began = Instant::now();
        loop {
            let seen = self.look().await;
            if let Some(found) = newest(&seen, None) {
                self.current = found;
                return Ok(self.hosts[found].0.clone());
            }
            if began.elapsed() > START_TIMEOUT {
                return Err(DatabaseError::NoWritableHost { hosts: seen.len(), seconds: START_TIMEOUT.as_secs() });
            }
            sleep(EACH).await;
        }
    }

    /// Leads the pools to whichever host takes writes, until they are closed.
    pub(super) async fn follow(mut self, pools: Pools, moved: Moved) {
        while !pools.pages.is_closed() {
            sleep(EACH).await;
            let seen = self.look().await;
            let Some(found) = newest(&seen, Some(self.current)).filter(|found| *found != self.current) else {
                continue;
            };
            let options = &self.hosts[found].0;
            tracing::warn!(
                host = options.get_host(),
                port = options.get_port(),
                "the database has moved to another host"
            );
            for pool in [&pools.pages, &pools.votes, &pools.repairs] {
                pool.set_connect_options(options.clone());
            }
            // After the options, so that no connection counts as new that leads to the old host.
            moved.again();
            self.current = found;
        }
    }

    /// The timelines of the hosts that take writes.
    async fn look(&mut self) -> Vec<Option<u32>> {
        let looks = self.hosts.iter_mut().map(|(options, connection)| async move {
            let seen = timeout(ANSWER_TIMEOUT, ask(options, connection)).await;
            seen.ok().and_then(sqlx::Result::ok).flatten()
        });
        join_all(looks).await
    }
}

/// Whether a host takes writes, and on which timeline. A connection that fails is not used again.
async fn ask(options: &PgConnectOptions, connection: &mut Option<PgConnection>) -> sqlx::Result<Option<u32>> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => options.connect().await?,
    };
    let seen = timeline(&mut open).await?;
    *connection = Some(open);
    Ok(seen)
}

/// The host on the newest timeline; among equals the current one, else the first.
fn newest(seen: &[Option<u32>], current: Option<usize>) -> Option<usize> {
    let newest = seen.iter().flatten().max()?;
    let is_newest = |at: &usize| seen.get(*at).is_some_and(|timeline| timeline.as_ref() == Some(newest));
    current.filter(is_newest).or_else(|| (0..seen.len()).find(is_newest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_several_hosts_is_one_url_for_each() {
        let split = |url| split(url).unwrap();
        assert_eq!(
            split("postgres://u:p%40@h1:5432,[::1]:5433,h3/db?target_session_attrs=read-write&sslmode=require"),
            [
                "postgres://u:p%40@h1:5432/db?sslmode=require",
                "postgres://u:p%40@[::1]:5433/db?sslmode=require",
                "postgres://u:p%40@h3/db?sslmode=require",
            ]
        );
        assert_eq!(split("postgres:///db?host=/run/pg"), ["postgres:///db?host=/run/pg"]);
        assert_eq!(split("postgres://h/db"), ["postgres://h/db"]);
        let error = super::split("postgres://a,b/db?target_session_attrs=any").unwrap_err();
        assert!(matches!(error, DatabaseError::SessionAttributes(asked) if asked == "any"));
    }

    #[test]
    fn the_newest_timeline_counts_and_nothing_moves_without_need() {
        assert_eq!(newest(&[None, None], Some(0)), None);
        assert_eq!(newest(&[Some(1), None], None), Some(0));
        assert_eq!(newest(&[Some(1), Some(2)], Some(0)), Some(1), "the old primary came back beside the new one");
        assert_eq!(newest(&[Some(2), Some(2)], Some(1)), Some(1));
        assert_eq!(newest(&[None, Some(3)], Some(0)), Some(1));
    }

    #[test]
    fn connections_from_before_a_move_are_known() {
        let moved = Moved::now();
        assert!(moved.is_after(Duration::from_secs(60)));
        assert!(!moved.is_after(Duration::ZERO));
    }
}
