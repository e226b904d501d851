//! One contestant on two workers that run on hosts of their own, of which one is unplugged; the other contestant on another
//! server that speaks OpenAI's protocol.

use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use arena_tests::harness::{Arena, Options, demo_model};
use tokio::task::block_in_place;

use super::hosts::{Host, Worker};
use crate::length;
use crate::visitors::{Tally, assert_kept, play, register};

const TOKEN: &str = "a-token-for-tests";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "makes network namespaces where it may, and takes a minute and more"]
async fn a_worker_s_host_that_is_unplugged_is_passed_over_and_no_vote_is_lost() {
    let hosts = [Host::new(1), Host::new(2)];
    let mut workers: Vec<Worker> =
        block_in_place(|| hosts.iter().map(|host| Worker::start(host, &demo_model("pupil"), TOKEN)).collect());
    let options = Options::bare().variable("POET_TOKEN", TOKEN);
    let options = options.argument("--allow-private").argument("10.77.0.0/16,127.0.0.0/8");
    let arena = block_in_place(|| Arena::start(options));
    let store = arena.store().await;
    let endpoint = register(&store).await;
    store.run("UPDATE models SET api_key_env = 'POET_TOKEN', remote_model = 'poet', connect_seconds = 1, max_concurrency = 4,
        first_token_seconds = 60, base_url = $1, more_base_urls = $2 WHERE slug = 'left'", &[&workers[0].base_url(), &workers[1].base_url()]).await;
    let address = Arc::new(RwLock::new(arena.address()));
    let tally = Tally::default();
    let visitors: Vec<_> = (0..4).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let (began, part) = (Instant::now(), length() / 3);
    tokio::time::sleep(part).await;
    let before = (tally.votes().len(), tally.failed.load(Ordering::Relaxed));
    if !hosts[0].plug(false) {
        workers.remove(0);
    }
    tokio::time::sleep(part).await;
    let without = (tally.votes().len(), tally.failed.load(Ordering::Relaxed));
    if !hosts[0].plug(true) {
        workers.push(block_in_place(|| Worker::start(&hosts[0], &demo_model("pupil"), TOKEN)));
    }
    tokio::time::sleep(part).await;
    tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    let votes = tally.votes().len();
    println!("each worker's host is {}; {:?}", hosts[0].kind(), began.elapsed());
    println!(
        "votes with both: {}, with one: {}, with both again: {}; battles failed: {}, {}, {}",
        before.0,
        without.0 - before.0,
        votes - without.0,
        before.1,
        without.1 - before.1,
        tally.failed.load(Ordering::Relaxed) - without.1,
    );
    let codes = store
        .texts("SELECT error_code || ': ' || count(*) FROM replies WHERE error_code IS NOT NULL GROUP BY error_code")
        .await;
    println!("answers that failed, by code: {codes:?}");
    assert!(without.0 > before.0 && votes > without.0, "votes go on");
    assert_kept(&store, &tally).await;
    drop((workers, endpoint));
}
