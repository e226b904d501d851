//! Connections: how many files the process may have open, and how many connections one address may.

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use rustix::net::Shutdown;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::InFlight;

/// Open files beyond this serve nobody, and some programs walk through all that they might have.
const ENOUGH_FILES: u64 = 1 << 18;
/// Connections that one address may have at most; a quarter of the file limit where that is less.
const MOST_BY_ADDRESS: u64 = 2048;

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

/// For `HttpServer::on_connect`: counts the connections of each address and shuts those beyond the bound at once, before a
/// byte of them is read. `None` where a proxy stands in front, whose address all visitors share: there the proxy counts.
#[expect(clippy::disallowed_types, reason = "what actix-web hands over")]
pub fn bound_by_address(
    file_limit: u64,
    trusted_proxies: usize,
) -> impl Fn(&dyn std::any::Any, &mut Extensions) + Clone + Send + Sync {
    let most = usize::try_from(MOST_BY_ADDRESS.min(file_limit / 4)).unwrap_or(usize::MAX);
    let open = (trusted_proxies == 0).then(|| InFlight::new(most));
    move |connection, data| {
        let (Some(open), Some(stream)) = (&open, connection.downcast_ref::<TcpStream>()) else { return };
        let Ok(peer) = stream.peer_addr() else { return };
        match open.begin(peer.ip()) {
            // Counted until the connection's data are dropped with it.
            Some(going) => _ = data.insert(going),
            None => _ = rustix::net::shutdown(stream, Shutdown::Both),
        }
    }
}
