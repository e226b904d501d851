//! Connections: how many files the process may have open, how many connections one address may, and how long one may stay
//! that brings no request and takes no answer.
//!
//! actix-web bounds the time of the first request's head and of a connection at rest. A later head that comes byte by byte,
//! and an answer that is not taken, have no bound of their own there: they are cut here.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream;
#[cfg(target_os = "linux")]
use rustix::net::sockopt;
use rustix::net::{Shutdown, shutdown};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::sleep;

use super::held::hold;
use crate::limits::{Going, InFlight};

/// Open files beyond this serve nobody, and some programs walk through all that they might have.
const ENOUGH_FILES: u64 = 1 << 18;
/// Connections that one address may have at most; an eighth of the file limit where that is less: each takes two.
const MOST_BY_ADDRESS: u64 = 2048;
/// How long a connection may stay without a request under way: its next head has this long, and so has the rest of an answer
/// that the other end takes slowly.
const MAX_IDLE: Duration = Duration::from_secs(60);
/// How long the other end may take nothing of what it is sent, in milliseconds.
#[cfg(target_os = "linux")]
const MAX_STALL_MS: u32 = 60_000;
/// How often somebody looks.
const LOOK_EACH: Duration = Duration::from_secs(5);

/// Raises the soft limit of open files as far as the system lets us. Gives the limit.
pub fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(ENOUGH_FILES).min(ENOUGH_FILES);
    let now = limit.current.unwrap_or(u64::MAX);
    if now >= most {
        return now;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(most), maximum: limit.maximum }) {
        Ok(()) => most,
        Err(error) => {
            tracing::warn!(%error, limit = now, "the limit of open files stays as it is");
            now
        }
    }
}

/// The connections of a server. Clones share them.
#[derive(Debug, Clone)]
pub struct Connections {
    by_address: Option<InFlight>,
    open: Open,
    opened: Arc<AtomicU64>,
}

type Open = Arc<Mutex<HashMap<u64, Arc<Connection>>>>;

/// A connection, seen from beside it.
#[derive(Debug)]
struct Connection {
    stream: OwnedFd,
    requests: Mutex<Requests>,
}

/// How many of its requests are under way, and since when there are so many.
#[derive(Debug)]
struct Requests {
    count: usize,
    since: Instant,
}

/// Among a connection's data, and dropped with them.
struct Entry {
    number: u64,
    connection: Arc<Connection>,
    open: Open,
    _going: Option<Going>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.open).remove(&self.number);
    }
}

/// A request under way.
struct UnderWay(Arc<Connection>);

impl UnderWay {
    fn on(connection: &Arc<Connection>) -> Self {
        connection.count(|count| count + 1);
        Self(connection.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.count(|count| count.saturating_sub(1));
    }
}

impl Connection {
    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut requests = lock(&self.requests);
        *requests = Requests { count: change(requests.count), since: Instant::now() };
    }

    fn is_idle(&self, longest: Duration) -> bool {
        let requests = lock(&self.requests);
        requests.count == 0 && requests.since.elapsed() > longest
    }
}

impl Connections {
    /// None yet. Behind a proxy, whose address all visitors share, addresses are not counted: there the proxy counts.
    pub fn new(file_limit: u64, trusted_proxies: usize) -> Self {
        let most = usize::try_from(MOST_BY_ADDRESS.min(file_limit / 8)).unwrap_or(usize::MAX);
        let by_address = (trusted_proxies == 0).then(|| InFlight::new(most));
        Self { by_address, open: Arc::default(), opened: Arc::default() }
    }

    /// For `HttpServer::on_connect`: counts the connections of each address and shuts those beyond the bound at once, before
    /// a byte of them is read.
    #[expect(clippy::disallowed_types, reason = "what actix-web hands over")]
    pub fn begin(&self, connection: &dyn std::any::Any, data: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
        match self.entry(stream) {
            Some(entry) => _ = data.insert(entry),
            None => _ = shutdown(stream, Shutdown::Both),
        }
    }

    /// What is noted of a connection; `None` where there are too many, or it is gone already.
    fn entry(&self, stream: &TcpStream) -> Option<Entry> {
        let peer = stream.peer_addr().ok()?;
        let going = match &self.by_address {
            Some(by_address) => Some(by_address.begin(peer.ip())?),
            None => None,
        };
        #[cfg(target_os = "linux")]
        sockopt::set_tcp_user_timeout(stream, MAX_STALL_MS).ok()?;
        let beside = stream.as_fd().try_clone_to_owned().ok()?;
        let requests = Mutex::new(Requests { count: 0, since: Instant::now() });
        let connection = Arc::new(Connection { stream: beside, requests });
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        lock(&self.open).insert(number, connection.clone());
        Some(Entry { number, connection, open: self.open.clone(), _going: going })
    }

    /// Cuts those that stay for nothing, for as long as the service runs.
    pub async fn watch(self) {
        loop {
            sleep(LOOK_EACH).await;
            let idle = lock(&self.open).values().filter(|one| one.is_idle(MAX_IDLE)).cloned().collect::<Vec<_>>();
            for connection in idle {
                _ = shutdown(&connection.stream, Shutdown::Both);
            }
        }
    }
}

/// Notes the request as under way until its answer is sent.
pub async fn note_request(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let under_way = request.conn_data::<Entry>().map(|entry| UnderWay::on(&entry.connection));
    Ok(hold(next.call(request).await?, under_way))
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
