//! Everything that a larger site is made of: nginx, several servers, PgBouncer, Postgres with a standby, workers on other hosts.

mod failover;
mod hosts;
mod nginx;
mod postgres;
mod restarts;
mod unplugged;

use std::net::{SocketAddr, TcpListener};

use arena_tests::harness::{Arena, Options};

/// The secret that the servers share.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port")
}

/// A server on this database.
fn start(database_url: &str, options: Options) -> Arena {
    let beside = Some((database_url.to_owned(), SECRET.to_owned()));
    Arena::start(Options { beside, ..options })
}
