//! nginx before three servers on one database behind PgBouncer, of which one after another is started anew.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Behaviour, Folder, Options};
use tokio::task::block_in_place;

use super::nginx::Nginx;
use super::postgres::{PgBouncer, PoolMode, Postgres};
use super::{free_address, start};
use crate::length;
use crate::visitors::{Readings, Tally, assert_kept, play, read_streams, register};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs nginx and PgBouncer, and takes a minute and more"]
async fn servers_behind_a_proxy_are_started_anew_one_by_one_without_losing_a_vote() {
    for mode in block_in_place(PoolMode::known) {
        start_anew_one_by_one(mode).await;
    }
}

async fn start_anew_one_by_one(mode: PoolMode) {
    let folder = Folder::new();
    let postgres = block_in_place(|| Postgres::primary(&folder));
    let bouncer = block_in_place(|| PgBouncer::before(&postgres, mode));
    // Fixed ports, so that the proxy finds a server again.
    let ports: Vec<SocketAddr> = (0..3).map(|_| free_address()).collect();
    let begin = |at: SocketAddr| {
        let options = Options { listen: Some(at), ..Options::bare().variable("ARENA_TRUSTED_PROXIES", "1") };
        start(&bouncer.url(), options)
    };
    let mut servers: Vec<Arena> = block_in_place(|| ports.iter().map(|at| begin(*at)).collect());
    let store = postgres.store().await;
    let endpoint = register(&store).await;
    endpoint.model("right", Behaviour::counts(60, Duration::from_millis(30)));
    let nginx = Nginx::before(&ports);
    let address = Arc::new(RwLock::new(nginx.address));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (tally, readings) = (Tally::default(), Readings::default());
    let visitors: Vec<_> = (0..6).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let readers: Vec<_> =
        (0..4).map(|_| tokio::spawn(read_streams(nginx.address, tally.is_over.clone(), readings.clone()))).collect();
    let (mut restarts, began) = (0, Instant::now());
    while began.elapsed() < length() {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let old = servers.remove(0);
        let at = old.address();
        let (status, _) = block_in_place(|| old.stop());
        assert!(status.success(), "{status}");
        servers.push(block_in_place(|| begin(at)));
        restarts += 1;
    }
    tally.is_over.store(true, Ordering::Relaxed);
    for task in visitors.into_iter().chain(readers) {
        task.await.expect("a visitor ends");
    }
    println!("{restarts} restarts behind nginx, through PgBouncer ({mode:?}), in {:?}", began.elapsed());
    readings.tell();
    assert_kept(&store, &tally).await;
    drop((servers, endpoint));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer"]
async fn a_pooler_that_loses_prepared_statements_is_named_at_the_start() {
    let folder = Folder::new();
    let postgres = block_in_place(|| Postgres::primary(&folder));
    let bouncer = block_in_place(|| PgBouncer::before(&postgres, PoolMode::TransactionWithoutStatements));
    let data = Folder::new();
    let mut command = std::process::Command::new(arena_tests::harness::arena_binary());
    command.args(["serve", "--listen", "127.0.0.1:0", "--devices", "none", "--no-demo", "--data"]).arg(data.path());
    command.env("DATABASE_URL", bouncer.url()).env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8");
    let told = block_in_place(|| command.output()).expect("it runs");
    let said = String::from_utf8_lossy(&told.stderr);
    assert!(!told.status.success() && said.contains("pool_mode = session"), "{said}");
    println!("in transaction mode, without prepared statements: {}", said.trim());
}
