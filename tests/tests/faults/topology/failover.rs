//! The primary dies, its standby takes its place, and the old primary comes back as if nothing had happened.

use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Folder, Options};
use tokio::task::block_in_place;

use super::nginx::Nginx;
use super::postgres::Postgres;
use super::start;
use crate::length;
use crate::visitors::{Tally, assert_kept, play, register};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs nginx and Postgres's own programs, and takes a minute and more"]
async fn a_failover_to_the_standby_loses_no_acknowledged_vote() {
    fail_over("the power cut", |primary| Box::new(primary.cut())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs nginx and Postgres's own programs, and takes a minute and more"]
async fn a_primary_that_hangs_is_left_for_its_standby_and_loses_no_acknowledged_vote() {
    fail_over("it hung", |primary| {
        let frozen = primary.freeze();
        Box::new(|| {
            drop(frozen);
            primary
        })
    })
    .await;
}

/// Makes the primary fail, and gives what brings it back.
type Failure = fn(Postgres) -> Box<dyn FnOnce() -> Postgres + Send>;

async fn fail_over(what: &str, fail: Failure) {
    let folder = Folder::new();
    let (primary, standby) = block_in_place(|| {
        let primary = Postgres::primary(&folder);
        let standby = primary.standby(&folder);
        (primary.again_with_standby(), standby)
    });
    let hosts = format!("{},{}", primary.address, standby.address);
    let url = format!("postgres://arena@{hosts}/arena?target_session_attrs=read-write");
    let servers: Vec<Arena> = block_in_place(|| (0..2).map(|_| start(&url, Options::bare())).collect());
    let endpoint = register(&primary.store().await).await;
    let ports: Vec<_> = servers.iter().map(Arena::address).collect();
    let nginx = Nginx::before(&ports);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let address = Arc::new(RwLock::new(nginx.address));
    let tally = Tally::default();
    let visitors: Vec<_> = (0..8).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let part = length() / 3;
    tokio::time::sleep(part).await;
    let again = block_in_place(|| fail(primary));
    let (before, cut) = (tally.votes().len(), Instant::now());
    block_in_place(|| standby.promote());
    let promoted = cut.elapsed();
    while tally.votes().len() < before + 3 {
        assert!(cut.elapsed() < Duration::from_secs(60), "no votes on the new primary");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("promoted after {promoted:.1?}; votes go on {:.1?} after {what}", cut.elapsed());
    tokio::time::sleep(part).await;
    // It still thinks that it is the primary; its timeline says that it is not.
    let at_return = tally.votes().len();
    let old = block_in_place(again);
    tokio::time::sleep(part).await;
    let after = tally.votes().len();
    tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    println!("votes before: {before}, until the old primary came back: {at_return}, at the end: {after}");
    assert!(after > at_return, "votes go on beside an old primary");
    assert_kept(&standby.store().await, &tally).await;
    drop((servers, endpoint, old));
}
