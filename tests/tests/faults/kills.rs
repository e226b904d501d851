//! `kill -9` of the arena and of its Postgres at random moments, while visitors vote.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Options};
use rustix::process::{Signal, kill_process};

use crate::visitors::{Tally, assert_kept, play, register};
use crate::{length, next};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a campaign of a minute and more"]
async fn kills_at_random_under_load_lose_and_double_no_vote() {
    let start = |options| tokio::task::spawn_blocking(move || Arena::start(options));
    let mut arena = start(Options::bare()).await.expect("starts");
    let endpoint = register(&arena.store().await).await;
    let address = Arc::new(RwLock::new(arena.address()));
    let tally = Tally::default();
    let visitors: Vec<_> = (0..8).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let (began, mut seed, mut kills) = (Instant::now(), 42, [0, 0]);
    while began.elapsed() < length() {
        tokio::time::sleep(Duration::from_millis(500 + next(&mut seed) % 4000)).await;
        let postgres = arena.children().into_iter().find(|(_, line)| line.contains("postgres"));
        if let Some((pid, _)) = postgres.filter(|_| next(&mut seed).is_multiple_of(2)) {
            kills[1] += 1;
            _ = kill_process(pid, Signal::KILL);
            continue;
        }
        kills[0] += 1;
        let folder = arena.kill_hard();
        arena = start(Options::bare().on(&folder)).await.expect("starts again");
        *address.write().unwrap_or_else(PoisonError::into_inner) = arena.address();
    }
    tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    println!("{} kills of the arena, {} of Postgres in {:?}", kills[0], kills[1], began.elapsed());
    // Postgres may just have been killed.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_kept(&arena.store().await, &tally).await;
    drop(endpoint);
}
