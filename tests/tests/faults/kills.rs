//! `kill -9` of the arena, of its worker and of its Postgres at random moments, while visitors vote.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arena_tests::harness::{Arena, Options};
use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::visitors::{Tally, assert_kept, call, new_visitor, play, register};
use crate::{length, next};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a campaign of a minute and more"]
async fn kills_at_random_under_load_lose_and_double_no_vote() {
    let start = |options| tokio::task::spawn_blocking(move || Arena::start(options));
    let mut arena = start(Options::demo()).await.expect("starts");
    let store = arena.store().await;
    let endpoint = register(&store).await;
    // Battles are between the two that answer at once; the worker's models are asked directly.
    store.execute("UPDATE models SET sampling_weight = 0 WHERE kind = 'local'").await;
    let local = store.texts("SELECT slug FROM models WHERE kind = 'local' ORDER BY slug").await.swap_remove(0);
    drop(store);
    let address = Arc::new(RwLock::new(arena.address()));
    let tally = Tally::default();
    let visitors: Vec<_> = (0..8).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let asked = tokio::spawn(ask(address.clone(), tally.clone(), local));
    let (began, mut seed, mut kills) = (Instant::now(), 42, [0, 0, 0]);
    while began.elapsed() < length() {
        // What is killed before anybody could vote proves nothing.
        votes_go_on(&tally).await;
        tokio::time::sleep(Duration::from_millis(next(&mut seed) % 4000)).await;
        let part = next(&mut seed) % 3;
        let is_postgres = |line: &str| line.contains("postgres");
        let victim = arena.children().into_iter().find(|(_, line)| match part {
            0 => is_postgres(line),
            1 => line.split(' ').nth(1) == Some("worker"),
            _ => false,
        });
        if let Some((pid, line)) = victim {
            kills[if is_postgres(&line) { 1 } else { 2 }] += 1;
            _ = kill_process(pid, Signal::KILL);
            continue;
        }
        kills[0] += 1;
        let folder = arena.kill_hard();
        arena = start(Options::demo().on(&folder)).await.expect("starts again");
        *address.write().unwrap_or_else(PoisonError::into_inner) = arena.address();
    }
    votes_go_on(&tally).await;
    tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    let answered = asked.await.expect("it ends");
    let [arenas, databases, workers] = kills;
    println!("{arenas} kills of the arena, {databases} of Postgres, {workers} of the worker in {:?}", began.elapsed());
    println!("the worker's model answered {} of {} times", answered.0, answered.1);
    assert_kept(&arena.store().await, &tally).await;
    let votes = tally.votes().len() as u64;
    assert!(votes >= 5 * (arenas + databases + workers), "too few votes between the kills to prove anything");
    drop(endpoint);
}

/// Waits until a vote is acknowledged.
async fn votes_go_on(tally: &Tally) {
    let (voted, since) = (tally.votes().len(), Instant::now());
    while tally.votes().len() == voted {
        assert!(since.elapsed() < Duration::from_secs(90), "no vote gets through any more");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks a local model again and again; how often it answered, and was asked.
async fn ask(address: Arc<RwLock<SocketAddr>>, tally: Tally, model: String) -> (u64, u64) {
    let (mut answered, mut asked) = (0, 0);
    while !tally.is_over.load(Ordering::Relaxed) {
        asked += 1;
        let at = *address.read().unwrap_or_else(PoisonError::into_inner);
        answered += u64::from(direct(at, &model).await.is_some());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (answered, asked)
}

async fn direct(address: SocketAddr, model: &str) -> Option<()> {
    let visitor = new_visitor(address).await?;
    let body = json!({ "kind": "direct", "prompt": "春", "model": model, "parameters": { "max_tokens": 16 } });
    let (_, begun) = call(&visitor, "POST", "/api/v1/battles", Some(&body)).await?;
    let path = format!("/api/v1/battles/{}", begun["id"].as_str()?);
    for _ in 0..200 {
        let (_, state) = call(&visitor, "GET", &path, None).await?;
        if state["running"] == false {
            return (state["turns"][0]["replies"][0]["status"] == "done").then_some(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    None
}
